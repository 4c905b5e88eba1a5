import type { Connection } from '../../protocol/client/client.ts';
import { labelOf, shown } from '../../platform/shown.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { introspectToken } from '../../protocol/tokens/introspection.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import { requestUser } from '../../protocol/tokens/userEndpoint.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Account, ServiceBinding } from '../../sessions/grant/grant.ts';
import { introspectionClaims, tokenClaims, without } from './identityClaims.ts';

/** A service sign-in: how it is requested again, and which user it acts for. */
export interface ServiceSignedIn {
  readonly binding: ServiceBinding;
  /** The account of the other provider, if it acts for one. */
  readonly subject: Account | undefined;
}

/**
 * Reads what the server says about a service client's token. It needn't say anything: then the identity is the client,
 * or the user that the settings name.
 *
 * @throws Failure `token-untrusted`
 */
export async function identifyService(
  connection: Connection,
  provider: Provider,
  tokens: Tokens,
): Promise<{ claims: Record<string, unknown>; expiresAt: number | undefined }> {
  const { idTokenClaims, accessToken } = tokens;
  const asksUser =
    !idTokenClaims && provider.accountId !== undefined && connection.metadata.userinfo_endpoint !== undefined;
  const user = asksUser ? await ifTold(connection, () => requestUser(connection, accessToken)) : undefined;
  const introspection = provider.claimSources.includes('introspection')
    ? await ifTold(connection, () => introspectToken(connection, accessToken, idTokenClaims?.sub))
    : undefined;
  return {
    claims: {
      ...without(introspection?.claims ?? {}, introspectionClaims),
      ...tokens.kept,
      ...user,
      ...without(idTokenClaims ?? {}, tokenClaims),
    },
    expiresAt: tokens.expiresAt ?? introspection?.expiresAt,
  };
}

/** Many servers say nothing about a token that belongs to no user. */
async function ifTold<T>({ client, httpContext }: Connection, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'token-untrusted') throw error;
    httpContext.log.info('nothing is said of the token of this client', {
      issuer: client.issuer,
      failure: error.code,
    });
    return undefined;
  }
}

/**
 * The account of a service client. Its label shows that no user signed in.
 *
 * @param named what the claims say, if they identify an account.
 */
export function serviceAccount(
  clientId: string,
  named: Account | undefined,
  { binding, subject }: ServiceSignedIn,
): Account {
  switch (binding.way) {
    case 'client-credentials':
      return { id: named?.id ?? clientId, label: labelOf(`service: ${named?.label ?? clientId}`) };
    case 'impersonation': {
      const id = named?.id ?? `${binding.field}:${binding.value}`;
      return { id, label: shown`${labelOf(named?.label ?? binding.value)} (impersonated)` };
    }
    case 'token-exchange':
    case 'identity-assertion':
      return named ?? subject ?? { id: binding.account, label: labelOf(binding.account) };
  }
}
