import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import type { AssertionAudience, ClientAuthentication } from '../../protocol/client/clientAuthentication.ts';
import type { ClientKeyAlgorithm } from '../../protocol/client/clientKeyAlgorithms.ts';
import type { Dialect } from '../../protocol/server/dialect.ts';
import { checkComplete, serverOf, type Server } from './server.ts';
import { termsOf, type Terms } from './terms.ts';
import { serviceOf } from '../settings/service.ts';
import type { ServiceSignIn } from '../settings/serviceSettings.ts';
import { withPreset } from '../presets/presets.ts';
import { problemOf, WrongEntry, type DefinitionProblem } from '../settings/problems.ts';
import type { RedirectSettings } from '../settings/redirectSettings.ts';
import { providerDefinitionSchema, type ProviderDefinition, type SignOut } from '../settings/schema.ts';
import type { claimSources } from '../settings/serverSettings.ts';
import type { ProviderMethod } from '../settings/signInMethods.ts';

export type { DefinitionProblem } from '../settings/problems.ts';
export { providerDefinitionSchema, type ProviderDefinition, type SignOut } from '../settings/schema.ts';

/** The provider id that our manifest declares; the first provider a person adds gets it. */
export const firstProviderId = 'oidc';

/** Asked for when a provider's settings do not say: who it is, and to stay signed in. */
export const defaultScopes = ['openid', 'profile', 'email', 'offline_access'] as const;

/** Claims that name an account, the most telling first, where the settings do not say. */
export const defaultLabelClaims = ['preferred_username', 'email', 'name', 'sub'] as const;

/** A provider id: what extensions pass to `getSession`, and a part of keys in storage. */
export const providerIdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, () =>
    l10n.t('must be 1 to 64 letters, digits, dots, hyphens or underscores'),
  ),
);

export type ClaimSource = (typeof claimSources)[number];

/** A value that a claim must be or contain; of several, one is enough. */
export type WantedClaim = string | number | boolean | readonly string[];

/** A provider that can be signed in to. */
export interface Provider extends Server {
  readonly id: string;
  readonly label: string;
  /** Undefined: this editor registers itself. */
  readonly clientId: string | undefined;
  readonly clientAuthentication: ClientAuthentication['method'];
  readonly assertionAudience: AssertionAudience;
  /** Of a key that is made here. */
  readonly assertionAlgorithm: ClientKeyAlgorithm;
  /** Undefined: {@link defaultScopes}, as far as the server has them. */
  readonly scopes: readonly string[] | undefined;
  /** Somebody has set them: they do not just come from a preset. */
  readonly scopesAreSet: boolean;
  readonly acceptsChangingRedirectUri: boolean;
  /** Undefined: the overall setting decides. */
  readonly signInMethod: ProviderMethod | undefined;
  /** How the client signs in by itself; undefined: a person signs in. */
  readonly service: ServiceSignIn | undefined;
  readonly redirect: RedirectSettings;
  /** `resource` of every authorization and token request (RFC 8707 section 2). */
  readonly resources: readonly string[];
  readonly audience: string | undefined;
  /** One sign-in serves all of `resources`, with an access token for each (RFC 8707 section 2.2). */
  readonly tokenPerResource: boolean;
  /** A token for the resource that an API's challenge names is asked for (RFC 9728, RFC 8707). */
  readonly resourceOfChallenge: boolean;
  /** Fewer scopes than were granted are served by an access token of their own (RFC 6749 section 6). */
  readonly narrowTokens: boolean;
  /** In seconds. */
  readonly maxAge: number | undefined;
  /** Further parameters of the authorization request, those of `prompt`, `audience` and so on included. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  readonly tokenParameters: Readonly<Record<string, string>>;
  readonly refreshParameters: Readonly<Record<string, string>>;
  readonly sendRedirectUriOnRefresh: boolean;
  readonly dialect: Dialect;
  readonly idTokenAlgorithm: string | undefined;
  readonly trustedAudiences: readonly string[];
  /** Undefined: the account is the subject of the ID token, and a sign-in without one is refused. */
  readonly accountId: string | undefined;
  readonly labelClaims: readonly string[];
  readonly claimSources: readonly ClaimSource[];
  readonly requiredClaims: Readonly<Record<string, WantedClaim>>;
  /** In seconds. */
  readonly assumedTokenLifetime: number | undefined;
  /** In seconds. */
  readonly rotationGrace: number;
  readonly refreshEndsAccessToken: boolean;
  readonly revocation: 'standard' | 'none';
  readonly signOut: SignOut;
  /** The extension whose manifest brought it; undefined: the person's settings. */
  readonly contributedBy: string | undefined;
  /** What the person agrees to with a sign-in, see terms.ts; a change of one sign-in alone does not change it. */
  readonly terms: Terms;
}

export type ParsedDefinition =
  | { readonly ok: true; readonly provider: Provider }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] };

/** Why this cannot be the id of a provider, or of an MCP server; undefined if it can. */
export function providerIdProblem(id: string): string | undefined {
  const parsed = v.safeParse(providerIdSchema, id);
  return parsed.success ? undefined : l10n.t('The id {0}', parsed.issues[0].message);
}

/** Checks one entry. Never throws: what is wrong is returned, by field. */
export function parseDefinition(
  providerId: string,
  definition: unknown,
  contributedBy?: string,
): ParsedDefinition {
  const parsed = v.safeParse(providerDefinitionSchema, definition);
  try {
    const wrongId = providerIdProblem(providerId);
    if (wrongId !== undefined) throw new WrongEntry(undefined, wrongId);
    if (!parsed.success) {
      return { ok: false, problems: parsed.issues.map(issue => problemOf(providerId, issue)) };
    }
    return { ok: true, provider: providerOf(providerId, parsed.output, contributedBy) };
  } catch (error) {
    if (!(error instanceof WrongEntry)) throw error;
    const { field, reason } = error;
    return { ok: false, problems: [{ providerId, field, reason }] };
  }
}

/** @throws WrongEntry */
function providerOf(id: string, entry: ProviderDefinition, contributedBy: string | undefined): Provider {
  const definition = withPreset(entry);
  const server = serverOf(definition);
  checkComplete(definition, server);
  const { scopeSeparator, scopeParameter, account, redirect } = definition;
  const { scopeSeparator: answerScopeSeparator, ...answers } = definition.answers ?? {};
  const fields: Omit<Provider, 'terms'> = {
    ...server,
    id,
    label: definition.label ?? new URL(server.issuer).host,
    clientId: definition.clientId,
    clientAuthentication: definition.clientAuthentication ?? 'none',
    assertionAudience: definition.assertionAudience ?? 'issuer',
    assertionAlgorithm: definition.assertionAlgorithm ?? 'ES256',
    scopes: definition.scopes,
    scopesAreSet: entry.scopes !== undefined,
    acceptsChangingRedirectUri: definition.acceptsChangingRedirectUri ?? false,
    signInMethod: definition.signInMethod,
    service: serviceOf(id, definition, contributedBy),
    redirect: redirect ?? {},
    resources: definition.resource ?? [],
    audience: definition.audience,
    tokenPerResource: definition.tokenPerResource ?? false,
    resourceOfChallenge: definition.resourceOfChallenge ?? true,
    narrowTokens: definition.narrowTokens ?? false,
    maxAge: definition.maxAge,
    authorizationParameters: {
      ...definition.authorizationParameters,
      ...(definition.prompt !== undefined && { prompt: definition.prompt }),
      ...(definition.acrValues && { acr_values: definition.acrValues.join(' ') }),
      ...(definition.audience !== undefined && { audience: definition.audience }),
    },
    tokenParameters: definition.tokenParameters ?? {},
    refreshParameters: definition.refreshParameters ?? {},
    sendRedirectUriOnRefresh: definition.sendRedirectUriOnRefresh ?? false,
    dialect: { scopeSeparator, scopeParameter, answerScopeSeparator, ...answers },
    idTokenAlgorithm: definition.idTokenAlgorithm,
    trustedAudiences: definition.trustedAudiences ?? [],
    accountId: account?.id,
    labelClaims: account?.label ?? defaultLabelClaims,
    claimSources: definition.claimSources ?? [],
    requiredClaims: definition.requiredClaims ?? {},
    assumedTokenLifetime: definition.assumedTokenLifetime,
    rotationGrace: definition.rotationGrace ?? 0,
    refreshEndsAccessToken: definition.refreshEndsAccessToken ?? false,
    revocation: definition.revocation ?? 'standard',
    signOut: definition.signOut ?? 'revoke',
    contributedBy,
  };
  return { ...fields, terms: termsOf(fields) };
}
