import { l10n, labelOf, type Shown } from '../../platform/shown.ts';
import * as v from 'valibot';
import type { Provider } from './provider.ts';
import { checkComplete, serverOf } from './server.ts';
import { termsOf } from './terms.ts';
import { serviceOf } from '../settings/service.ts';
import { withPreset } from '../presets/withPreset.ts';
import { withNearest } from '../settings/nearest.ts';
import { withProfile } from '../settings/profiles.ts';
import { problemOf, WrongEntry, type DefinitionProblem } from '../settings/problems.ts';
import { providerDefinitionSchema, type ProviderDefinition } from '../settings/schema.ts';

export type { DefinitionProblem } from '../settings/problems.ts';
export type { ClaimSource, Provider, WantedClaim } from './provider.ts';
export { providerDefinitionSchema, type ProviderDefinition, type SignOut } from '../settings/schema.ts';

/** The provider ID that our manifest declares. The first provider that a user adds gets it. */
export const firstProviderId = 'oidc';

/** Requested if a provider's settings don't name scopes: to identify the user and to stay signed in. */
export const defaultScopes = ['openid', 'profile', 'email', 'offline_access'] as const;

/** Claims that name an account if the settings don't list any, in order of preference. */
export const defaultLabelClaims = ['preferred_username', 'email', 'name', 'sub'] as const;

/** A provider ID: what extensions pass to `getSession`, and a part of storage keys. */
export const providerIdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, () =>
    l10n.t('must be 1 to 64 letters, digits, dots, hyphens or underscores'),
  ),
);

export type ParsedDefinition =
  /** `adjusted`: the settings that aren't used as they are written. */
  | { readonly ok: true; readonly provider: Provider; readonly adjusted: readonly DefinitionProblem[] }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] };

/** Explains why this can't be the ID of a provider or MCP server, or returns undefined if it can. */
export function providerIdProblem(id: string): Shown | undefined {
  const parsed = v.safeParse(providerIdSchema, id);
  return parsed.success ? undefined : l10n.t('The ID {0}', parsed.issues[0].message);
}

/** Checks one entry. Never throws: what is wrong is returned, by field. */
export function parseDefinition(
  providerId: string,
  definition: unknown,
  contributedBy?: string,
): ParsedDefinition {
  const written = v.safeParse(providerDefinitionSchema, definition);
  const near = written.success ? undefined : withNearest(providerId, definition, written.issues);
  const parsed = near ? v.safeParse(providerDefinitionSchema, near.entry) : written;
  try {
    const wrongId = providerIdProblem(providerId);
    if (wrongId !== undefined) throw new WrongEntry(undefined, wrongId);
    if (!parsed.success) {
      return { ok: false, problems: parsed.issues.map(issue => problemOf(providerId, issue)) };
    }
    const provider = providerOf(providerId, parsed.output, contributedBy);
    return { ok: true, provider, adjusted: near?.adjusted ?? [] };
  } catch (error) {
    if (!(error instanceof WrongEntry)) throw error;
    const { field, reason } = error;
    return { ok: false, problems: [{ providerId, field, reason }] };
  }
}

/** @throws WrongEntry */
function providerOf(id: string, entry: ProviderDefinition, contributedBy: string | undefined): Provider {
  const definition = withProfile(withPreset(entry));
  const server = serverOf(definition);
  checkComplete(definition, server);
  const { scopeSeparator, scopeParameter, account, redirect } = definition;
  const { scopeSeparator: answerScopeSeparator, ...answers } = definition.answers ?? {};
  const fields: Omit<Provider, 'terms'> = {
    ...server,
    id,
    label: labelOf(definition.label ?? new URL(server.issuer).host),
    clientId: definition.clientId,
    profile: definition.profile,
    clientAuthentication: definition.clientAuthentication ?? 'none',
    certificateBoundTokens: definition.certificateBoundTokens ?? false,
    assertionAudience: definition.assertionAudience ?? 'issuer',
    assertionAlgorithm: definition.assertionAlgorithm ?? 'ES256',
    dpop: definition.dpop,
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
