import { bearerChallenge, type Caller } from './bearerTokens.ts';
import { goldAcr } from '../identityProvider/configuration.ts';

/** How a request is refused. */
export interface Refusal {
  readonly status: number;
  readonly challenge?: string;
}

export type Verdict = Refusal | 'ok';

/** @param parameters of the challenge. */
export const refusal = (status: number, parameters: Readonly<Record<string, string>>): Refusal => ({
  status,
  challenge: bearerChallenge(parameters),
});

const entraClaims = JSON.stringify({ id_token: { acr: { essential: true, values: [goldAcr] } } });
/** The provider of the tests takes no request that has nothing for the ID token. */
const claimsOfToken = (wanted: object): string =>
  JSON.stringify({ id_token: { auth_time: null }, access_token: wanted });
const claimsChallenge = (claims: string): Verdict =>
  refusal(401, { error: 'insufficient_claims', claims: Buffer.from(claims).toString('base64url') });
const stepUp = { error: 'insufficient_user_authentication', error_description: 'Sign in, better' };

/** What each place needs beyond a valid token. */
export const places: Readonly<Record<string, (caller: Caller, now: number) => Verdict>> = {
  '/whoami': () => 'ok',
  '/write': ({ scopes }) =>
    scopes.includes('api:write') ? 'ok' : refusal(403, { error: 'insufficient_scope', scope: 'api:write' }),
  '/admin': ({ scopes }) =>
    scopes.includes('admin') ? 'ok' : refusal(403, { error: 'insufficient_scope', scope: 'admin' }),
  '/vault': ({ acr }) => (acr === goldAcr ? 'ok' : refusal(401, { ...stepUp, acr_values: goldAcr })),
  '/unreachable-vault': () => refusal(401, { ...stepUp, acr_values: 'urn:example:platinum' }),
  '/recent': ({ authTime }, now) =>
    authTime !== undefined && now - authTime <= 60 ? 'ok' : refusal(401, { ...stepUp, max_age: '60' }),
  '/claims': ({ acr }) =>
    acr === goldAcr
      ? 'ok'
      : refusal(401, {
          error: 'insufficient_claims',
          claims: Buffer.from(entraClaims).toString('base64'),
        }),
  '/unreachable-claims': () =>
    claimsChallenge(claimsOfToken({ client_id: { essential: true, value: 'another-editor' } })),
  // Each time with another time, as Entra does where it evaluates access continuously.
  '/always-later': () =>
    claimsChallenge(claimsOfToken({ nbf: { essential: true, value: String(process.hrtime.bigint()) } })),
  '/never': () => refusal(401, { error: 'invalid_token' }),
  '/never-says-why': () => ({ status: 401 }),
  '/not-for-you': () => ({ status: 403 }),
  '/basic': () => ({ status: 401, challenge: 'Basic realm="x"' }),
};
