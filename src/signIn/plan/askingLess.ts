import { l10n } from '../../platform/shown.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { RegisteredMethod } from '../../protocol/client/registration.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';

/**
 * Something that this extension requests on its own, and does without if the server refuses it. It is never something
 * that a user or an extension has requested.
 */
export type Concession =
  | `scope:${string}`
  | 'registration:scope'
  | 'registration:device-grant'
  /** A client that registers itself doesn't authenticate with this method. */
  | `registration:${RegisteredMethod}`
  /** The server refuses this editor's client ID metadata document, and registers the editor. */
  | 'client:document'
  /** The server accepts `localhost` as a host of this computer, but not 127.0.0.1. */
  | 'redirect:localhost'
  /** The server refuses the secret in the `Authorization` header in its standard encoding. See secretForms.ts. */
  | 'basic:body'
  | 'basic:raw';

/** Explains a concession for the log, the diagnosis and the user. */
export function explainConcession(concession: Concession): string {
  switch (concession) {
    case 'registration:scope':
      return l10n.t('this editor registers without naming scopes');
    case 'registration:device-grant':
      return l10n.t('this editor registers without the device code grant');
    case 'client:document':
      return l10n.t('this editor registers in place of its client ID metadata document');
    case 'redirect:localhost':
      return l10n.t('the redirect URI has the host localhost');
    case 'basic:body':
      return l10n.t('the client secret is sent in the body of requests');
    case 'basic:raw':
      return l10n.t('the client secret is sent without encoding');
    default: {
      const [kind = '', what = ''] = concession.split(/:(.*)/s);
      return kind === 'scope'
        ? l10n.t('the scope {0} isn’t requested', what)
        : l10n.t('this editor doesn’t register with the client authentication {0}', what);
    }
  }
}

/** What of a registration is left out. */
export type LeftOut = readonly ('registration:scope' | 'registration:device-grant')[];

const scope = 'registration:scope';
const device = 'registration:device-grant';

/**
 * The next, narrower registration after one was refused: without what the server's words are about, then without the
 * other, then without both.
 *
 * @param tried what was left out in each attempt so far.
 * @param possible what can be left out.
 * @returns undefined if nothing is left to go without.
 */
export function nextRegistration(
  tried: readonly LeftOut[],
  possible: LeftOut,
  refusal: Failure,
): LeftOut | undefined {
  const deviceFirst = /device|grant.?type/i.test(wordsOf(refusal));
  const single: LeftOut = deviceFirst ? [device, scope] : [scope, device];
  const all: LeftOut[] = [...single.map((one): LeftOut => [one]), single];
  const isTried = (candidate: LeftOut): boolean =>
    tried.some(before => before.length === candidate.length && candidate.every(one => before.includes(one)));
  return all
    .map((candidate): LeftOut => candidate.filter(one => possible.includes(one)))
    .find(candidate => candidate.length > 0 && !isTried(candidate));
}

/**
 * How a client that registers itself can authenticate: with nothing, as an editor should, otherwise with a key that
 * never leaves it, otherwise with a secret.
 *
 * @param refused what the server has registered, and then refused.
 * @param sharesStorage false: other windows don't share what this one stores, so they would lack a key.
 */
export function registrationMethods(
  metadata: Pick<
    Metadata,
    'token_endpoint_auth_methods_supported' | 'token_endpoint_auth_signing_alg_values_supported'
  >,
  refused: readonly Concession[],
  sharesStorage: boolean,
): RegisteredMethod[] {
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  const signs = metadata.token_endpoint_auth_signing_alg_values_supported?.includes('ES256') ?? true;
  const secrets = ['client_secret_basic', 'client_secret_post'] as const;
  const ordered: readonly RegisteredMethod[] = sharesStorage
    ? ['none', 'private_key_jwt', ...secrets]
    : ['none', ...secrets, 'private_key_jwt'];
  const possible = ordered.filter(
    method =>
      (listed.length === 0 ? method !== 'private_key_jwt' : listed.includes(method)) &&
      (method !== 'private_key_jwt' || signs),
  );
  const left = possible.filter(method => !refused.includes(`registration:${method}`));
  // The server might have refused them for another reason.
  return left.length > 0 ? left : possible;
}

/** True if a refusal of a registration is about how the client proves who it is. */
export const isAboutAuthentication = (refusal: Failure): boolean =>
  /auth(entication)?[_ ]?method|token_endpoint_auth/i.test(wordsOf(refusal));

/** True if a refusal is about the scopes of the request. An earlier grant with other scopes can't be helped by fewer. */
export const isAboutScopes = (refusal: Failure): boolean =>
  refusal.oauthError === 'invalid_scope' ||
  (refusal.oauthError !== undefined &&
    refusal.code !== 'scopes-differ' &&
    /scope|offline/i.test(wordsOf(refusal)));

const wordsOf = ({ details }: Failure): string =>
  `${String(details['error'] ?? '')} ${String(details['said'] ?? '')}`;

/**
 * Decides which of the default scopes to drop after a refusal: those that the server names, otherwise `offline_access`,
 * which not every client and user is allowed to have, otherwise those about the user, and finally `openid`, if the
 * server doesn't list it.
 *
 * @param requested all requested scopes.
 * @param ours those of them that only this extension requests.
 * @returns none if the refusal isn't about scopes, or nothing is left to drop.
 */
export function droppedScopes(
  refusal: Failure,
  requested: readonly string[],
  ours: readonly string[],
  { scopes_supported: supported }: Pick<Metadata, 'scopes_supported'>,
): readonly string[] {
  if (!isAboutScopes(refusal)) return [];
  const words = wordsOf(refusal).split(/[^\w:/.-]+/);
  const named = requested.filter(one => words.includes(one));
  // Words that name all of them tell nothing.
  const told = named.length < requested.length ? named : [];
  const left = ours.filter(one => requested.includes(one));
  // It is about what was asked for.
  if (told.length > 0 && !told.some(one => left.includes(one))) return [];
  const steps = [
    told,
    ['offline_access'],
    left.filter(one => one !== 'openid'),
    supported?.includes('openid') ? [] : ['openid'],
  ];
  return steps.map(step => step.filter(one => left.includes(one))).find(step => step.length > 0) ?? [];
}
