import { l10n, labelOf, nothing } from '../../platform/shown.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { IdTokenClaims } from '../../protocol/tokens/idToken.ts';
import { introspectToken } from '../../protocol/tokens/introspection.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import { requestUser } from '../../protocol/tokens/userEndpoint.ts';
import { requestUserInfo } from '../../protocol/tokens/userInfo.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Account } from '../../sessions/grant/grant.ts';
import { introspectionClaims, tokenClaims, without } from './identityClaims.ts';
import { claimAt } from './requiredClaims.ts';

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** An id is text, or a whole number as many APIs have it. */
const idText = (value: unknown): string | undefined =>
  isText(value) ? value : Number.isSafeInteger(value) ? String(value) : undefined;

/** The account that claims are about, or undefined if they don't say. */
export function accountOf(
  provider: Provider,
  claims: Readonly<Record<string, unknown>>,
): Account | undefined {
  const id = idText(claimAt(claims, provider.accountId ?? 'sub'));
  const label = provider.labelClaims
    .map(name => claimAt(claims, name))
    .map(value => (typeof value === 'string' ? labelOf(value) : nothing))
    .find(text => text !== nothing);
  if (id === undefined) return undefined;
  return { id, label: label ?? labelOf(id) };
}

type Claims = Record<string, unknown>;

export interface Identity {
  readonly claims: Readonly<Claims>;
  /** When the access token expires, in seconds since the epoch, if any source says it. */
  readonly expiresAt: number | undefined;
  /** False: a source couldn't be reached, and its claims are missing. */
  readonly complete: boolean;
}

/**
 * Finds out who the tokens belong to. The ID token says it. UserInfo and introspection add to it as far as the settings
 * say, and never replace it. If the settings say that the provider has no ID tokens, the provider itself is asked.
 *
 * @throws Failure `token-untrusted` if a source names another user, and those of the HTTP client if the provider itself
 * has to be asked.
 */
export async function identify(
  connection: Connection,
  provider: Provider,
  tokens: Pick<Tokens, 'accessToken' | 'expiresAt' | 'kept'> & { idTokenClaims: IdTokenClaims | undefined },
  requested: readonly string[],
): Promise<Identity> {
  const { client } = connection;
  const idToken = tokens.idTokenClaims;
  const isPlain = !idToken && provider.accountId === undefined;
  if (isPlain && requested.includes('openid')) {
    throw new Failure('token-untrusted', {
      issuer: client.issuer,
      reason: l10n.t('the response doesn’t include one'),
    });
  }
  const first = idToken
    ? without(idToken, tokenClaims)
    : await userOf(connection, tokens.accessToken, isPlain);
  const subject = idToken?.sub;
  const named = provider.labelClaims.some(name => name !== 'sub' && isText(claimAt(first, name)));
  const { claimSources: sources } = provider;
  const wantsUserInfo = subject !== undefined && (sources.includes('userinfo') || !named);
  const wantsIntrospection = sources.includes('introspection');
  const userInfo = wantsUserInfo
    ? await unlessPassing(connection, 'UserInfo', named ? 1 : 2, () =>
        requestUserInfo(connection, tokens.accessToken, subject),
      )
    : undefined;
  const introspection = wantsIntrospection
    ? await unlessPassing(connection, 'introspection', 1, () =>
        introspectToken(connection, tokens.accessToken, subject),
      )
    : undefined;
  return {
    claims: {
      ...without(introspection?.claims ?? {}, introspectionClaims),
      ...userInfo,
      ...tokens.kept,
      ...first,
    },
    expiresAt: tokens.expiresAt ?? introspection?.expiresAt,
    complete:
      (!wantsUserInfo || userInfo !== undefined) && (!wantsIntrospection || introspection !== undefined),
  };
}

/** @param isPlain a plain OAuth 2.0 server need not say who it is. */
async function userOf(
  connection: Connection,
  accessToken: Secret,
  isPlain: boolean,
): Promise<Record<string, unknown>> {
  if (!isPlain) return requestUser(connection, accessToken);
  if (connection.metadata.userinfo_endpoint === undefined) return {};
  return (await unlessPassing(connection, 'user', 2, () => requestUser(connection, accessToken))) ?? {};
}

/**
 * Treats a response about another user as an attack. Without a response, the account is still the one in the ID token.
 *
 * @param times it is asked more than once if the account would stay without a name permanently.
 */
async function unlessPassing<T>(
  { client, httpContext }: Connection,
  what: string,
  times: number,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  for (let left = times; left > 0; left--) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'token-untrusted') throw error;
      httpContext.log.warn(`${what} not available`, {
        issuer: client.issuer,
        failure: error.code,
      });
    }
  }
  return undefined;
}
