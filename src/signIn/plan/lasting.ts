import { timeInWords } from '../../platform/language.ts';
import { joined, l10n, type Shown } from '../../platform/shown.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider, ProviderDefinition } from '../../providers/entries/definition.ts';
import { usualScopes } from '../../providers/entries/usualScopes.ts';
import { google } from '../../providers/presets/google.ts';
import { presetForAddress, type KnownHost } from '../../providers/presets/knownHosts.ts';
import { productForMetadata } from '../../providers/presets/knownMetadata.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { Grant } from '../../sessions/grant/grant.ts';

type Cured = Pick<Provider, 'issuer' | 'scopes' | 'authorizationParameters'>;

/** The parameters that some servers take in place of `offline_access`, by issuer. */
const ownParameters: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {
  [google.definition.issuer ?? '']: google.definition.authorizationParameters,
};

const promptsOf = ({ authorizationParameters: { prompt = '' } }: Cured): string[] =>
  prompt.split(' ').filter(word => word !== '');

const withScope = ({ scopes }: Cured, metadata: Metadata): Partial<ProviderDefinition> => ({
  scopes: [...(scopes ?? usualScopes(metadata)), 'offline_access'],
});

interface Remedy {
  /** What helps, as a sentence. */
  text(provider: Cured): Shown;
  /** The settings that do it. Absent: the reason is at the server. */
  fields?(provider: Cured, metadata: Metadata): Partial<ProviderDefinition>;
}

/** What helps where a server sends no refresh token, as far as is known. A grant stores it. */
export type Cure =
  'offline_access' | 'consent' | 'scope-and-consent' | 'parameters' | 'allow-scope' | 'allow-refresh';

const remedies: Readonly<Record<Cure, Remedy>> = {
  // Some servers don't list it. OpenID Connect Core 1.0 section 11.
  offline_access: {
    text: () => l10n.t('To stay signed in, add "offline_access" to "scopes".'),
    fields: withScope,
  },
  // Section 11 as well: `offline_access` is ignored unless consent is requested, or other conditions are met.
  consent: {
    text: provider => l10n.t('To stay signed in, set "prompt" to "{0}".', withConsent(provider)),
    fields: provider => ({ prompt: withConsent(provider) }),
  },
  // A request for `offline_access` MUST ask for consent (section 11).
  'scope-and-consent': {
    text: provider =>
      l10n.t(
        'To stay signed in, add "offline_access" to "scopes", and set "prompt" to "{0}".',
        withConsent(provider),
      ),
    fields: (provider, metadata) => ({ ...withScope(provider, metadata), prompt: withConsent(provider) }),
  },
  parameters: {
    text: ({ issuer }) =>
      l10n.t(
        'To stay signed in, set "authorizationParameters" to {0}.',
        JSON.stringify(ownParameters[issuer]),
      ),
    fields: ({ issuer, authorizationParameters }) => ({
      authorizationParameters: { ...authorizationParameters, ...ownParameters[issuer] },
      // It would replace the parameter.
      prompt: undefined,
    }),
  },
  'allow-scope': { text: () => askForOfflineAccess() },
  'allow-refresh': { text: () => l10n.t('Ask its administrator to allow refresh tokens for the client.') },
};

/** What to do about a refused `offline_access`: a client or a user isn't allowed to have it. */
export const askForOfflineAccess = (): Shown =>
  l10n.t('Ask its administrator to allow the scope "offline_access" for you and the client.');

const withConsent = (provider: Cured): string => [...promptsOf(provider), 'consent'].join(' ');

/** What is known of a sign-in when it has succeeded. */
export interface SignedIn {
  readonly provider: Cured & Pick<Provider, 'service'>;
  readonly grant: Pick<Grant, 'tokens'>;
  readonly metadata: Metadata;
  readonly method: SignInMethod;
  /** The scopes of the request. */
  readonly requested: readonly string[];
  /** Those that the server refused, which the user has been shown. */
  readonly dropped: readonly string[];
}

/** True for a product that issues refresh tokens for a scope. At the others, the client's own settings decide. */
const takesScope = ({ preset }: KnownHost): boolean => {
  const { scopes = [] } = presets[preset].definition;
  // The second one is Salesforce's name for the first.
  return scopes.some(scope => scope === 'offline_access' || scope === 'refresh_token');
};

/**
 * What helps against a sign-in that won't last, as far as it is known: some servers issue refresh tokens only for
 * `offline_access`, which they needn't list, others only with renewed consent. No known product wants that except
 * {@link ownParameters}.
 *
 * @returns undefined if it lasts.
 */
export function cureOf(signedIn: SignedIn): Cure | undefined {
  const { provider, grant, metadata, method, requested, dropped } = signedIn;
  if (provider.service || grant.tokens.refreshToken) return undefined;
  const own = ownParameters[provider.issuer];
  if (own) {
    const isSet = Object.entries(own).every(
      ([name, value]) => provider.authorizationParameters[name] === value,
    );
    return isSet || method === 'device-code' ? 'allow-refresh' : 'parameters';
  }
  if (dropped.includes('offline_access')) return 'allow-scope';
  const product = productForMetadata(metadata) ?? presetForAddress(metadata.issuer);
  if (product)
    return !requested.includes('offline_access') && takesScope(product) ? 'offline_access' : 'allow-refresh';
  const { scopes_supported, prompt_values_supported } = metadata;
  const prompts = promptsOf(provider);
  // A device authorization request has no prompt, and `none` can't be combined.
  const isVain = method === 'device-code' || prompts.includes('consent') || prompts.includes('none');
  const canConsent = !isVain && (prompt_values_supported?.includes('consent') ?? true);
  if (requested.includes('offline_access')) return canConsent ? 'consent' : 'allow-refresh';
  // Where the server doesn't list both, the consent might be refused. It is requested only if the scope isn't enough.
  const listsBoth = scopes_supported?.includes('offline_access') && prompt_values_supported !== undefined;
  return canConsent && listsBoth ? 'scope-and-consent' : 'offline_access';
}

/** True if requesting `next` is part of what the user wanted who chose `cure`, since that alone wasn't enough. */
export const continuesWith = (cure: string, next: string | undefined): next is Cure =>
  cure === 'offline_access' && next === 'consent';

/** Explains that a sign-in won't last, and what helps. Undefined if it lasts, if that is unknown, or was shown. */
export function notLasting(
  provider: Cured & Pick<Provider, 'label'>,
  { ending, tokens: { expiresAt } }: Pick<Grant, 'ending' | 'tokens'>,
): Shown | undefined {
  if (!ending || expiresAt === undefined || ending.cure === 'allow-scope') return undefined;
  const ends = l10n.t(
    '{0} sent no refresh token, so this sign-in expires on {1}.',
    provider.label,
    timeInWords(expiresAt),
  );
  return joined([ends, cureText(provider, ending.cure)], ' ');
}

/** What helps, as a sentence. */
export const cureText = (provider: Cured, cure: string): Shown => remedyFor(cure).text(provider);

const remedyFor = (cure: string): Remedy =>
  Object.hasOwn(remedies, cure) ? remedies[cure as Cure] : remedies['allow-refresh'];

/** True if there are settings that make sign-ins last. */
export const canCure = (cure: string): cure is Cure => remedyFor(cure).fields !== undefined;

/** The settings that make sign-ins last. None if the reason is at the server. */
export const cureFields = (provider: Cured, cure: string, metadata: Metadata): Partial<ProviderDefinition> =>
  remedyFor(cure).fields?.(provider, metadata) ?? {};
