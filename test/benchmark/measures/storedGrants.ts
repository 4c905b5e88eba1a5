import { shown } from '../../../src/platform/shown.ts';
import { secret } from '../../../src/platform/secret.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { someGrant, someTokens } from '../../unit/sessions/someGrant.ts';

/** The settings of the provider that {@link storedGrants} are from. Nobody listens there. */
export const definition = {
  label: 'Company',
  issuer: 'https://login.example.com',
  clientId: 'editor',
} as const;

/** What an extension asks for; one grant alone can answer it, however many there are. */
export const askedScopes = ['openid', 'profile'] as const;

/** A grant as a real provider's, with tokens of the usual length that are valid for another hour. */
export function storedGrant(at: number): Grant {
  const now = Math.floor(Date.now() / 1000);
  const token = (kind: string): string => `${kind}-${at}-`.padEnd(1200, 'abcdefghij');
  const scopes = at === 0 ? askedScopes : ['openid', `team-${at}`];
  return someGrant({
    id: `grant-${String(at).padStart(6, '0')}`,
    account: { id: `person-${at}`, label: shown(`person ${at}`) },
    claims: { email: `person-${at}@example.com`, name: `Person ${at}`, groups: ['developers', 'staff'] },
    grantedScopes: scopes,
    sessions: [scopes],
    tokens: someTokens(1, {
      accessToken: secret(token('access')),
      receivedAt: now,
      expiresAt: now + 3600,
      refreshToken: secret(token('refresh').slice(0, 100)),
      idToken: secret(token('id')),
    }),
  });
}

/** Secret storage that holds so many grants, of as many people. */
export function storedGrants(amount: number): {
  readonly values: Map<string, string>;
  readonly definition: typeof definition;
} {
  const grants = Array.from({ length: amount }, (_, at) => storedGrant(at));
  const index = grants.map(({ id, providerId, revision }) => ({ id, providerId, revision }));
  const values = new Map(grants.map(grant => [`grant:${grant.id}`, serialiseGrant(grant)]));
  values.set('grants', JSON.stringify({ version: 1, grants: index }));
  return { values, definition };
}
