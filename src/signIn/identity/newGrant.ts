import { l10n, labelOf } from '../../platform/shown.ts';
import type { Client, Connection } from '../../protocol/client/client.ts';
import { endpointsOf } from '../../protocol/server/secretEndpoints.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Account, Grant } from '../../sessions/grant/grant.ts';
import { grantedScopes } from '../../sessions/grant/granted.ts';
import { resourcesOfSignIn, targetOf } from '../../sessions/grant/pseudoScopes.ts';
import { accountOf, identify } from './identity.ts';
import { identifyService, serviceAccount, type ServiceSignedIn } from './serviceIdentity.ts';
import { lackingClaim } from './requiredClaims.ts';

export interface SignedIn {
  readonly provider: Provider;
  readonly scopes: readonly string[];
  readonly requested: readonly string[];
  readonly tokens: Tokens;
  /** The redirect URI of the authorization request, if there was one. */
  readonly redirectUri?: string | undefined;
  /** Set if a service client signed in, without a user. */
  readonly service?: ServiceSignedIn | undefined;
  /** Names the account if the provider doesn't say who signed in. */
  readonly nameAccount?: (() => Promise<string | undefined>) | undefined;
}

/**
 * Makes a grant of the tokens of a finished sign-in: finds out whose they are, and whether they are allowed here.
 *
 * @throws Failure `token-untrusted`, `claims-lacking`, those of the HTTP client.
 */
export async function newGrant(connection: Connection, signedIn: SignedIn): Promise<Grant> {
  const { provider, scopes, requested, tokens, redirectUri, service } = signedIn;
  const { client, metadata } = connection;
  const { claims, expiresAt } = service
    ? await identifyService(connection, provider, tokens)
    : await identify(connection, provider, tokens, requested);
  const named = accountOf(provider, claims);
  const account = service
    ? serviceAccount(client.id, named, service)
    : (named ?? (await plainAccount(signedIn)));
  if (!account) {
    throw new Failure('token-untrusted', {
      issuer: client.issuer,
      reason: l10n.t('it doesn’t say who signed in'),
    });
  }
  const lacking = lackingClaim(provider, claims);
  if (lacking !== undefined) {
    throw new Failure('claims-lacking', { account: account.label, provider: provider.label, lacking });
  }
  return {
    id: crypto.randomUUID(),
    revision: 1,
    providerId: provider.id,
    binding: {
      issuer: client.issuer,
      clientId: client.id,
      tokenEndpoint: metadata.token_endpoint ?? '',
      endpoints: endpointsOf(metadata),
      terms: provider.terms,
      ...(redirectUri !== undefined && provider.sendRedirectUriOnRefresh && { redirectUri }),
      ...(connection.boundTo !== undefined && { certificate: connection.boundTo }),
      ...(service && { service: service.binding }),
    },
    account,
    claims,
    grantedScopes: grantedScopes(tokens.grantedScopes, {
      asked: requested,
      claims,
      hasIdToken: tokens.idToken !== undefined,
      hasRefreshToken: tokens.refreshToken !== undefined,
    }),
    sessions: [scopes],
    target: targetOf(scopes),
    resources: resourcesOfSignIn(provider, scopes),
    tokens: {
      serial: 1,
      accessToken: tokens.accessToken,
      receivedAt: tokens.receivedAt,
      expiresAt,
      clockOffset: tokens.clockOffset,
      refreshToken: tokens.refreshToken,
      idToken: tokens.idToken,
    },
    derived: [],
    registeredClient: registeredClientOf(provider, client),
    ...(client.proofKey && { proofKey: client.proofKey }),
    refreshSentAt: undefined,
    signInNeeded: undefined,
  };
}

/**
 * The account of a plain OAuth 2.0 server, which says nothing of who has signed in. Where an ID token was asked for, or
 * the provider is set to say it, that is a failure.
 */
async function plainAccount({ provider, requested, nameAccount }: SignedIn): Promise<Account | undefined> {
  if (provider.accountId !== undefined || requested.includes('openid')) return undefined;
  const name = await nameAccount?.();
  return name === undefined ? undefined : { id: name, label: labelOf(name) };
}

/** Other windows need not know of the registration, and yet use its grants. */
const registeredClientOf = ({ clientId }: Provider, { authentication }: Client): Grant['registeredClient'] =>
  clientId === undefined && 'secret' in authentication ? authentication : undefined;
