import { untilDeadline } from '../../platform/deadline.ts';
import { l10n } from '../../platform/shown.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { refreshTokens } from '../../protocol/grants/codeAndRefresh.ts';
import { revokeTokens, type Revocation } from '../../protocol/tokens/revocation.ts';
import type { RefreshAnswer } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { narrowedScopes } from '../../sessions/grant/outcome.ts';
import { resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';
import { connectFor, type GrantServices } from '../client/grantConnection.ts';
import { endSession, type EndSessionRequest } from './endSession.ts';
import { serviceTokens } from '../client/serviceTokens.ts';
import type { SubjectServices } from '../client/subject.ts';

/**
 * Gets new tokens for a grant, its main access token or a derived one: with its refresh token, or with a new token
 * request for a service client.
 *
 * @param derived the scopes of the derived one, pseudo-scopes included. Undefined: the main one.
 * @param beforeSending called right before the refresh token leaves. Throws to keep it here.
 * @throws Failure as {@link refreshTokens} and {@link serviceTokens}, or `endpoint-changed` if the refresh token would
 * go to another token endpoint than the one that the grant is bound to.
 */
export async function refreshGrant(
  services: SubjectServices,
  provider: Provider,
  grant: Grant,
  beforeSending: () => void,
  derived?: readonly string[],
): Promise<RefreshAnswer> {
  const connection = await connectFor(services, provider, grant);
  if (connection.metadata.token_endpoint === undefined) {
    const found = connection.namedTokenEndpoint ?? 'nothing';
    throw new Failure('endpoint-changed', { issuer: provider.issuer, found });
  }
  const asked = derived ?? grant.target;
  const narrowed = derived && provider.narrowTokens ? narrowedScopes(grant, derived) : undefined;
  const { service } = grant.binding;
  if (service) {
    const account = 'from' in service ? service.account : undefined;
    const scopes = narrowed ?? grant.grantedScopes;
    const signInRequest = { service, account, scopes, asked, beforeSending };
    const { tokens } = await serviceTokens(services, connection, provider, signInRequest);
    return { refreshToken: undefined, takesTime: false, judge: () => Promise.resolve(tokens) };
  }
  if (!grant.tokens.refreshToken) {
    throw new Failure('grant-refused', {
      host: new URL(provider.issuer).host,
      error: 'no refresh token',
      said: '',
    });
  }
  const { certificate } = grant.binding;
  const answer = refreshTokens(connection, grant.tokens.refreshToken, {
    subject: subjectOf(provider, grant),
    parameters: {
      ...provider.refreshParameters,
      ...(grant.binding.redirectUri !== undefined && { redirect_uri: grant.binding.redirectUri }),
    },
    resources: resourcesOfToken(provider, asked),
    ...(narrowed && narrowed.length > 0 && { scopes: narrowed }),
    beforeSending,
  });
  return answer.catch((error: unknown) => {
    throw certificate === undefined || certificate === connection.boundTo ? error : ofCertificate(error);
  });
}

/** A refusal of a refresh token that another certificate than today's was shown for: many servers bind it to that. */
function ofCertificate(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'grant-refused') return error;
  const { host = '', error: code = '', said = '' } = error.details;
  return new Failure('certificate-mismatch', { host, error: code, said }, { oauthError: error.oauthError });
}

/** Whom a new ID token must name. A provider without ID tokens has claims of its own, and maybe no subject. */
function subjectOf({ accountId }: Provider, { account, claims }: Grant): string | undefined {
  const { sub } = claims;
  if (typeof sub === 'string') return sub;
  return accountId === undefined ? account.id : undefined;
}

/**
 * Ends the session that the user's browser has with the server, in which a grant was signed in. The redirect is closed
 * afterwards in any case.
 *
 * @throws Failure as {@link endSession}
 */
export async function endGrantSession(
  services: GrantServices,
  provider: Provider,
  grant: Grant,
  browser: Omit<EndSessionRequest, 'connection' | 'idToken'>,
): Promise<'ended' | 'opened' | 'unsupported'> {
  try {
    const connection = await connectFor(services, provider, withoutKey(grant), browser.signal);
    return await endSession({ ...browser, connection, idToken: grant.tokens.idToken });
  } finally {
    // The sign-out might have failed before it waited for the browser.
    browser.redirect?.close();
  }
}

/** A sign-out can do without a key that is damaged: few servers want it proved then. */
const withoutKey = (grant: Grant): Grant => ({ ...grant, proofKey: undefined });

/** How long a sign-out waits for the server, in seconds. */
const revocationTimeout = 5;

/**
 * Revokes a grant's tokens.
 *
 * @throws Failure if the server doesn't respond within a few seconds, or names another endpoint than the agreed one.
 */
export async function revokeGrant(
  services: GrantServices,
  provider: Provider,
  grant: Grant,
): Promise<Revocation> {
  if (provider.revocation === 'none') return 'unsupported';
  const { httpContext } = services;
  const late = (): Failure => {
    // No setting changes this time.
    const reason = l10n.t('no response within {0} seconds', revocationTimeout);
    return new Failure('unreachable', { host: new URL(provider.issuer).host, reason });
  };
  return untilDeadline({ clock: httpContext.clock, seconds: revocationTimeout, late }, async within => {
    const connectWith = (own: Grant): Promise<Connection> =>
      connectFor(services, provider, own, within, ['revocation_endpoint']);
    const connection = await connectWith(grant).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'proof-key-lost') return connectWith(withoutKey(grant));
      throw error;
    });
    const moved = connection.withheld.find(({ endpoint }) => endpoint === 'revocation_endpoint');
    if (moved) throw new Failure('destination-not-agreed', { host: moved.host });
    const derived = grant.derived.flatMap(entry => (entry.kind === 'token' ? [entry.accessToken] : []));
    return revokeTokens(connection, { ...grant.tokens, derived });
  });
}
