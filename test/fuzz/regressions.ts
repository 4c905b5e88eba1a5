import { serialiseGrant } from '../../src/sessions/store/storedGrant.ts';
import { someGrant } from '../unit/sessions/someGrant.ts';

/**
 * Inputs that once broke something, by target: each is tried before the random ones. A failure of the fuzzer
 * prints the line to add here.
 */
export const regressions: Readonly<Record<string, readonly unknown[]>> = {
  'text of a server': [
    // The editor would have made a command of it.
    '[a](command:workbench.action.quit)',
    // It would have ended the quotation.
    'fine” said “nobody',
  ],
  'claims to be shown': [
    // Was looked through anew from each of its places: the window stood still for a minute.
    { claims: { a: '-ey'.repeat(80_000) }, token: 'a' },
    // Likewise, for a token in it.
    { claims: { a: 'a'.repeat(260_000) }, token: `${'a'.repeat(30_000)}b${'a'.repeat(30_000)}` },
  ],
  WebFinger: [
    // Its message would have filled the screen.
    { identifier: 'x'.repeat(5000), body: '{}' },
  ],
  'token response': [
    // Said that the ID token was malformed.
    '{"access_token":"a","token_type":"Bearer","expires_in":null}',
  ],
  'challenge, as sent': [
    // Went into a request as it was.
    { status: 401, header: 'Bearer scope="a\\b "' },
  ],
  'protected resource of a challenge': [
    // A place that has no origin was looked for at one.
    {
      address: 'https://api.example.com/.well-known/oauth-protected-resource/v1',
      body: '{"resource":"javascript:alert(1)"}',
      known: false,
    },
    {
      address: 'https://api.example.com/.well-known/oauth-protected-resource/v1',
      body: '{"resource":"https://a@api.example.com/v1"}',
      known: false,
    },
  ],
  'activity file': [
    // It would have written a line of its own into what is shown.
    '{"at":1700000000,"event":"failure","provider":"oidc","account":"a\\nb","scopes":[]}',
    // No Date can tell that time: nothing would have been shown at all.
    '{"at":1e300,"event":"failure","provider":"oidc","account":"a","scopes":[]}',
  ],
  'stored grant': [
    // One more than this is the same number: no change would ever have been newer.
    '{"version":1,"id":"grant-0002","revision":1e300,"providerId":"oidc","binding":{"issuer":"https://a.example","clientId":"c","tokenEndpoint":"https://a.example/t"},"account":{"id":"a","label":"a"},"claims":{},"grantedScopes":[],"sessions":[[]],"tokens":{"serial":1,"accessToken":"t","receivedAt":1}}',
  ],
  introspection: [
    // Says nothing of the token, and was believed.
    '{"scope":"a b","exp":1,"sub":"alice-1"}',
    '{"active":"false","sub":"alice-1"}',
    '{"active":true,"exp":1e300,"sub":"alice-1"}',
  ],
  'outcomes of windows': [[null], [1]],
  'asked by a window': [
    // The index would have been stored with an entry that nobody can read: all of it was lost then.
    { name: 'remove', args: [[{ providerId: 'oidc', revision: 1, removed: 1 }]] },
    { name: 'record', args: [[null]] },
  ],
  'told by a window': [{ name: 'grantRemoved', args: [''] }],
  'compared with a window': [
    // Went round and round.
    { pages: [[{ id: 'grant-0002', providerId: 'oidc', revision: 1 }]], texts: [] },
    {
      pages: [[{ id: 'grant-0003', providerId: 'oidc', revision: 9 }]],
      texts: [serialiseGrant(someGrant({ id: 'grant-0002' }))],
    },
  ],
};
