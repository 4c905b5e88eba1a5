import type { Connection } from '../protocol/client.ts';
import { Failure } from '../protocol/failure.ts';
import type { Tokens } from '../protocol/tokens.ts';
import { readableText } from '../protocol/serverText.ts';
import { requestUserInfo } from '../protocol/userInfo.ts';
import type { Provider } from '../providers/definition.ts';
import type { Grant } from '../sessions/grant.ts';

/** Claims that name an account, the most telling first. */
const labelClaims = ['preferred_username', 'email', 'name', 'sub'] as const;

/** Claims about the token rather than the person; they are not kept with the grant. */
const tokenClaims = new Set([
  'iss',
  'aud',
  'azp',
  'exp',
  'iat',
  'nbf',
  'jti',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'sid',
]);

/** Makes a grant of the tokens of a finished sign-in: finds out whose they are. */
export async function newGrant(
  connection: Connection,
  signedIn: {
    readonly provider: Provider;
    readonly scopes: readonly string[];
    readonly requested: readonly string[];
    readonly tokens: Tokens;
  },
): Promise<Grant> {
  const { provider, scopes, requested, tokens } = signedIn;
  const { client, metadata } = connection;
  const claims = await claimsOf(connection, tokens);
  const label = labelClaims.map(name => readableText(claims[name])).find(text => text !== undefined);
  const subject = claims['sub'];
  if (!isText(subject) || label === undefined) {
    throw new Failure('token-untrusted', { issuer: client.issuer, reason: 'it does not say who signed in' });
  }
  return {
    id: crypto.randomUUID(),
    revision: 1,
    providerId: provider.id,
    binding: { issuer: client.issuer, clientId: client.id, tokenEndpoint: metadata.token_endpoint ?? '' },
    account: { id: subject, label },
    claims,
    grantedScopes: tokens.grantedScopes ?? requested,
    sessions: [scopes],
    tokens: {
      serial: 1,
      accessToken: tokens.accessToken,
      receivedAt: tokens.receivedAt,
      expiresAt: tokens.expiresAt,
      refreshToken: tokens.refreshToken,
      idToken: tokens.idToken,
    },
    refreshSentAt: undefined,
    signInNeeded: undefined,
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/**
 * Who signed in, as the ID token says; UserInfo is asked only if that has no name for the person. Without
 * an ID token there is nobody UserInfo could be checked against, so `openid` must have been asked for.
 */
async function claimsOf(connection: Connection, tokens: Tokens): Promise<Record<string, unknown>> {
  const { client, wire } = connection;
  const idToken = tokens.idTokenClaims;
  if (!idToken) {
    throw new Failure('token-untrusted', { issuer: client.issuer, reason: 'there is none in the answer' });
  }
  const fromIdToken = Object.fromEntries(Object.entries(idToken).filter(([name]) => !tokenClaims.has(name)));
  if (labelClaims.slice(0, 3).some(name => isText(idToken[name]))) return fromIdToken;
  try {
    const userInfo = await requestUserInfo(connection, tokens.accessToken, idToken.sub);
    return { ...userInfo, ...fromIdToken };
  } catch (error) {
    // Somebody else's UserInfo is an attack; without UserInfo the account still has its `sub`.
    if (!(error instanceof Failure) || error.code === 'token-untrusted') throw error;
    wire.log.warn('UserInfo not available', { issuer: client.issuer, failure: error.code });
    return fromIdToken;
  }
}
