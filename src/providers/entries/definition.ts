import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { checkAddress } from '../../protocol/http/address.ts';
import type { AssertionAudience, ClientAuthentication } from '../../protocol/client/clientAuthentication.ts';
import type { ClientKeyAlgorithm } from '../../protocol/client/clientKeyAlgorithms.ts';
import type { Dialect } from '../../protocol/server/dialect.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import {
  isIssuerTemplate,
  type NamedEndpoints,
  type ServerSource,
} from '../../protocol/server/serverSource.ts';
import { halfFilled } from './halfFilled.ts';
import { serviceOf } from '../settings/service.ts';
import type { ServiceSignIn } from '../settings/serviceSettings.ts';
import { withPreset } from '../presets/presets.ts';
import { problemOf, type DefinitionProblem } from '../settings/problems.ts';
import type { RedirectSettings } from '../settings/redirectSettings.ts';
import { providerDefinitionSchema, type ProviderDefinition, type SignOut } from '../settings/schema.ts';
import type { claimSources } from '../settings/serverSettings.ts';
import { isServiceMethod, type ProviderMethod } from '../settings/signInMethods.ts';

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
export interface Provider extends ServerSource {
  readonly id: string;
  readonly label: string;
  readonly issuer: string;
  /** Undefined: this editor registers itself. */
  readonly clientId: string | undefined;
  readonly clientAuthentication: ClientAuthentication['method'];
  readonly assertionAudience: AssertionAudience;
  /** Of a key that is made here. */
  readonly assertionAlgorithm: ClientKeyAlgorithm;
  /** Undefined: {@link defaultScopes}, as far as the server has them. */
  readonly scopes: readonly string[] | undefined;
  readonly allowLoopbackHttp: boolean;
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
  const wrongId = providerIdProblem(providerId);
  if (wrongId !== undefined) return refused(providerId, undefined, wrongId);
  const parsed = v.safeParse(providerDefinitionSchema, definition);
  if (!parsed.success) {
    return { ok: false, problems: parsed.issues.map(issue => problemOf(providerId, issue)) };
  }
  const whole = withPreset(parsed.output);
  if (!whole.ok) return refused(providerId, whole.field, whole.reason);
  const clash = clashIn(whole.definition);
  if (clash !== undefined)
    return refused(providerId, clash, l10n.t('is of no use with "refreshEndsAccessToken"'));
  const server = serverOf(whole.definition);
  if (!server.ok) return refused(providerId, server.field, server.reason);
  const lack = halfFilled(whole.definition, {
    issuer: server.issuer,
    discovery: server.source.discovery !== false,
  });
  if (lack) return refused(providerId, lack.field, lack.reason);
  const service = serviceOf(providerId, whole.definition, contributedBy);
  if (!service.ok) return refused(providerId, service.field, service.reason);
  const provider = {
    ...providerOf(providerId, server, whole.definition, contributedBy),
    service: service.service,
  };
  return { ok: true, provider };
}

const refused = (providerId: string, field: string | undefined, reason: string): ParsedDefinition => ({
  ok: false,
  problems: [{ providerId, field, reason }],
});

/** A setting that takes several access tokens side by side, for a server where each refresh ends the one before. */
const clashIn = (definition: ProviderDefinition): string | undefined =>
  definition.refreshEndsAccessToken === true
    ? (['narrowTokens', 'tokenPerResource'] as const).find(name => definition[name] === true)
    : undefined;

type Server =
  | {
      readonly ok: true;
      readonly issuer: string;
      readonly source: ServerSource & { allowLoopbackHttp: boolean };
    }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** Where the server is and how it is found out about; or what of that cannot be used. */
function serverOf(definition: ProviderDefinition): Server {
  const { allowLoopbackHttp = false, metadataUrl, endpoints, allowedTenants } = definition;
  const wrong = (field: string, reason: string): Server => ({ ok: false, field, reason });
  const discovery = definition.discovery ?? (definition.issuer !== undefined || metadataUrl !== undefined);
  const issuer = definition.issuer ?? issuerBehind(metadataUrl, endpoints);
  if (issuer === undefined) {
    return metadataUrl === undefined
      ? wrong('issuer', l10n.t('is missing: the address of the provider, or a "preset"'))
      : wrong('issuer', l10n.t('is missing: it cannot be told from this "metadataUrl"'));
  }
  if (isIssuerTemplate(issuer) && metadataUrl === undefined && discovery) {
    return wrong(
      'metadataUrl',
      l10n.t('is missing: an issuer with {tenantid} does not say where its metadata is'),
    );
  }
  const isService = isServiceMethod(definition.signInMethod);
  const signsIn = isService ? endpoints?.token : (endpoints?.authorization ?? endpoints?.deviceAuthorization);
  if (!discovery && (endpoints?.token === undefined || signsIn === undefined)) {
    return wrong(
      'endpoints',
      isService
        ? l10n.t('must name "token"')
        : l10n.t('must name "token", and "authorization" or "deviceAuthorization"'),
    );
  }
  const addresses = { issuer, metadataUrl, ...prefixed(endpoints) };
  for (const [field, address] of Object.entries(addresses)) {
    if (address === undefined) continue;
    const problem =
      field === 'issuer'
        ? issuerProblem(address, allowLoopbackHttp)
        : addressProblem(address, allowLoopbackHttp);
    if (problem !== undefined) return wrong(field, problem);
  }
  return {
    ok: true,
    issuer,
    source: { allowLoopbackHttp, metadataUrl, discovery, endpoints, allowedTenants },
  };
}

const prefixed = (endpoints: NamedEndpoints = {}): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(endpoints).map(([name, address]) => [`endpoints.${name}`, address as string]),
  );

/** The issuer that a metadata address belongs to; of a server without metadata, the origin of its endpoints. */
function issuerBehind(metadataUrl: string | undefined, endpoints: NamedEndpoints = {}): string | undefined {
  if (metadataUrl !== undefined) {
    const [, issuer] =
      /^(.+?)\/?\/\.well-known\/(?:openid-configuration|oauth-authorization-server)$/.exec(metadataUrl) ?? [];
    return issuer;
  }
  return URL.parse(endpoints.token ?? endpoints.authorization ?? '')?.origin;
}

function providerOf(
  id: string,
  { issuer, source }: Server & { ok: true },
  definition: ProviderDefinition,
  contributedBy: string | undefined,
): Omit<Provider, 'service'> {
  const { scopeSeparator, scopeParameter, account, redirect } = definition;
  const { scopeSeparator: answerScopeSeparator, ...answers } = definition.answers ?? {};
  return {
    ...source,
    id,
    label: definition.label ?? new URL(issuer).host,
    issuer,
    clientId: definition.clientId,
    clientAuthentication: definition.clientAuthentication ?? 'none',
    assertionAudience: definition.assertionAudience ?? 'issuer',
    assertionAlgorithm: definition.assertionAlgorithm ?? 'ES256',
    scopes: definition.scopes,
    acceptsChangingRedirectUri: definition.acceptsChangingRedirectUri ?? false,
    signInMethod: definition.signInMethod,
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
}

/** Why an issuer cannot be used, or undefined if it can (OpenID Connect Discovery 1.0 section 2). */
export function issuerProblem(issuer: string, allowLoopbackHttp: boolean): string | undefined {
  const problem = addressProblem(issuer, allowLoopbackHttp);
  if (problem !== undefined) return problem;
  return new URL(issuer).search === '' ? undefined : l10n.t('is not an issuer: it has a query (?…)');
}

/** Why an address of the settings cannot be used, or undefined if it can. */
export function addressProblem(address: string, allowLoopbackHttp: boolean): string | undefined {
  try {
    checkAddress(address, { allowLoopbackHttp }, 'settings');
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return l10n.t('cannot be used. {0}', error.message);
    throw error;
  }
}
