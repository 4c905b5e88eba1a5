import { l10n } from '../../platform/shown.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { claimsOfVerified } from '../../protocol/tokens/idToken.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { AccountProfile } from '../../sessions/grant/events.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { accountOf, identify, type Identity } from '../identity/identity.ts';
import { connectFor, type GrantServices } from '../client/grantConnection.ts';
import { identifyService } from '../identity/serviceIdentity.ts';
import { lackingClaim } from '../identity/requiredClaims.ts';

/** Claims about the sign-in itself. A refresh doesn't change them (OpenID Connect Core 1.0 section 12.2). */
const signInClaims = ['acr', 'amr', 'auth_time'];

/**
 * Reads what a provider says about the account of a grant after a refresh: the claims as with the sign-in, from the new
 * ID token if there is one, and from the endpoints that the settings name. What an unreachable source said before
 * stays.
 *
 * @returns a refusal if the new tokens seem to belong to another user, or undefined if the grant has never had an ID
 * token and the settings require one.
 * @throws Failure `token-untrusted` for a response that can't be trusted, and those of the HTTP client.
 */
export async function refreshProfile(
  services: GrantServices,
  provider: Provider,
  grant: Grant,
  tokens: Tokens,
): Promise<AccountProfile | undefined> {
  try {
    return await askProfile(services, provider, grant, tokens);
  } catch (error) {
    if (!(error instanceof Failure && error.otherPerson)) throw error;
    const { label } = grant.account;
    services.httpContext.log.warn('the new tokens are about another person', { provider: provider.id });
    const refusal = l10n.t(
      '{0} says that the new tokens for {1} belong to another user, so they aren’t used. Sign in again.',
      provider.label,
      label,
    );
    // Nothing of what it said is taken over.
    return { claims: grant.claims, expiresAt: undefined, refusal };
  }
}

async function askProfile(
  services: GrantServices,
  provider: Provider,
  grant: Grant,
  tokens: Tokens,
): Promise<AccountProfile | undefined> {
  const { account, claims: before } = grant;
  const idTokenClaims =
    tokens.idTokenClaims ?? (grant.tokens.idToken && claimsOfVerified(grant.tokens.idToken));
  const { service } = grant.binding;
  if (!service && !idTokenClaims && provider.accountId === undefined) return undefined;
  const connection = await connectFor(services, provider, grant);
  const kept = { ...picked(before, provider.dialect.keep ?? []), ...tokens.kept };
  const identity: Identity = service
    ? // A server need not say anything of a client that signs in by itself.
      { ...(await identifyService(connection, provider, tokens)), complete: false }
    : await identify(connection, provider, { ...tokens, idTokenClaims, kept }, grant.grantedScopes);
  const named = accountOf(provider, identity.claims);
  if (!service && named?.id !== account.id) {
    const reason = l10n.t('it describes a different account');
    const otherPerson = named !== undefined;
    throw new Failure('token-untrusted', { issuer: provider.issuer, reason }, { otherPerson });
  }
  const claims = {
    ...(identity.complete ? picked(before, signInClaims) : before),
    ...identity.claims,
  };
  const lacking = lackingClaim(provider, claims);
  const refusal =
    lacking === undefined
      ? undefined
      : new Failure('claims-lacking', { account: account.label, provider: provider.label, lacking });
  return { claims, expiresAt: identity.expiresAt, refusal: refusal?.message };
}

const picked = (
  claims: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> =>
  Object.fromEntries(names.filter(name => Object.hasOwn(claims, name)).map(name => [name, claims[name]]));
