import { connect } from '../protocol/client.ts';
import { Failure } from '../protocol/failure.ts';
import { refreshTokens } from '../protocol/grants.ts';
import { revokeTokens, type Revocation } from '../protocol/revocation.ts';
import type { Tokens } from '../protocol/tokens.ts';
import type { Wire } from '../protocol/wire.ts';
import type { Provider } from '../providers/definition.ts';
import type { Grant } from '../sessions/grant.ts';
import { clientOfGrant } from './client.ts';
import type { Registrations } from './registrations.ts';

/** What keeping a grant needs: the network, and what is known of clients that registered themselves. */
export interface GrantServices {
  readonly wire: Wire;
  readonly registrations: Registrations;
}

/**
 * Gets new tokens for a grant.
 *
 * @param beforeSending called right before the refresh token leaves; throws to keep it here.
 * @throws Failure as {@link refreshTokens}; `endpoint-changed` if it would go elsewhere than to the token
 * endpoint that the grant is bound to.
 */
export async function refreshGrant(
  { wire, registrations }: GrantServices,
  provider: Provider,
  grant: Grant,
  beforeSending: () => void,
): Promise<Tokens> {
  const connection = await connect(wire, await clientOfGrant(provider, grant, registrations));
  const found = connection.metadata.token_endpoint ?? 'nothing';
  if (found !== grant.binding.tokenEndpoint) {
    throw new Failure('endpoint-changed', { issuer: provider.issuer, found });
  }
  if (!grant.tokens.refreshToken) {
    throw new Failure('grant-refused', {
      host: new URL(provider.issuer).host,
      error: 'no refresh token',
      said: '',
    });
  }
  return refreshTokens(connection, grant.tokens.refreshToken, {
    subject: grant.account.id,
    resources: provider.resources,
    beforeSending,
  });
}

/** How long a sign-out waits for the server, in seconds. */
const revocationTimeout = 5;

/**
 * Tells the server that a grant's tokens are no longer needed.
 *
 * @throws Failure if the server could not be told in a few seconds.
 */
export async function revokeGrant(
  { wire, registrations }: GrantServices,
  provider: Provider,
  grant: Grant,
): Promise<Revocation> {
  const { host } = new URL(provider.issuer);
  const late = new AbortController();
  const cancel = wire.clock.after(revocationTimeout * 1000, () =>
    late.abort(new Failure('timed-out', { host, seconds: revocationTimeout })),
  );
  try {
    const client = await clientOfGrant(provider, grant, registrations);
    const connection = await connect(wire, client, late.signal);
    // A provider that was edited since must not learn the tokens of another.
    if (connection.metadata.token_endpoint !== grant.binding.tokenEndpoint) return 'unsupported';
    return await revokeTokens(connection, grant.tokens);
  } finally {
    cancel();
  }
}
