import assert from 'node:assert/strict';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import { html, json, redirectTo, resetBefore, resetWithin, text } from '../../servers/hostile/replies.ts';
import { keep, type KeptGrant } from '../keeping.ts';
import { conforms } from '../table.ts';
import { assertNoSecrets, withTrial, type Trial } from '../trial.ts';

/** Signs in at a correct server, which then becomes as `departure` says, and refreshes. */
function afterSignIn(
  departure: Departure,
  check: (found: {
    trial: Trial;
    before: Grant;
    after: Grant | undefined;
    kept: KeptGrant;
  }) => Promise<string> | string,
): Promise<string> {
  return withTrial({}, async trial => {
    const provider = trial.provider({ issuer: trial.server.issuer });
    const before = await trial.signIn(provider);
    const kept = await keep(trial, provider, before);
    trial.server.departure = departure;
    await kept.renew();
    const after = await kept.stored();
    assertNoSecrets(trial, [{ where: 'what the person was told', text: kept.told.join('\n') }]);
    return check({ trial, before, after, kept });
  });
}

const later =
  (seconds: number) =>
  (right: Json): Json => ({
    ...right,
    iat: Number(right['iat']) + seconds,
    exp: Number(right['exp']) + seconds,
  });

const reveal = (grant: Grant | undefined) => ({
  access: grant?.tokens.accessToken.reveal(),
  refresh: grant?.tokens.refreshToken?.reveal(),
  id: grant?.tokens.idToken?.reveal(),
});

/** RFC 6749 section 5.2 has the error in the body; some servers have it in the challenge alone. */
const challenged = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="x", error="invalid_client"' },
  body: '',
};

describe('refreshing', () => {
  conforms('oidcc-client-test-refresh-token', '', () =>
    afterSignIn({}, ({ before, after, kept }) => {
      const [old, now] = [reveal(before), reveal(after)];
      assert.notEqual(now.access, old.access);
      assert.notEqual(now.refresh, old.refresh);
      assert.notEqual(now.id, old.id);
      assert.equal(after?.tokens.serial, 2);
      assert.deepEqual(kept.told, []);
      return 'refreshed, the new tokens are stored';
    }),
  );

  for (const [row, claims, reason] of [
    ['oidcc-client-test-refresh-token-invalid-issuer', { iss: 'https://evil.example' }, /"iss" claim/],
    ['oidcc-client-test-refresh-token-invalid-sub', { sub: 'bob-1' }, /names another user/],
  ] as const) {
    for (const [variant, departure] of [
      ['', {}],
      ['and its keys not to be had', { replies: { keys: () => json({}, 503) } }],
      ...('sub' in claims ? [['written as a number', { claims: { sub: 7 } }] as const] : []),
    ] as const) {
      const wrong: Departure = {
        ...departure,
        idToken: {
          claims: right => ({ ...right, ...claims, ...('claims' in departure && departure.claims) }),
        },
      };
      conforms(row, variant, () =>
        afterSignIn(wrong, ({ before, after, kept }) => {
          assert.deepEqual(reveal(after), reveal(before), 'the old grant is kept');
          assert.match(after?.signInNeeded?.reason ?? '', reason);
          assert.equal(kept.told.length, 1, 'the person is told once');
          return `kept the old grant; told: ${kept.told[0]}`;
        }),
      );
    }
  }

  conforms('refresh without a new refresh token', '', () =>
    afterSignIn({ token: ({ refresh_token: _, ...rest }) => rest }, ({ before, after }) => {
      const [old, now] = [reveal(before), reveal(after)];
      assert.notEqual(now.access, old.access);
      assert.equal(now.refresh, old.refresh);
      return 'refreshed with the old refresh token kept';
    }),
  );

  conforms('refresh without a new refresh token', 'nor a new ID token', () =>
    afterSignIn({ token: ({ refresh_token: _, id_token: __, ...rest }) => rest }, ({ before, after }) => {
      assert.equal(reveal(after).id, reveal(before).id);
      return 'refreshed with both old ones kept';
    }),
  );

  conforms('token response', 'refresh: the keys of its ID token not to be had', () =>
    withTrial({}, async trial => {
      const provider = trial.provider({ issuer: trial.server.issuer });
      const before = await trial.signIn(provider);
      const kept = await keep(trial, provider, before);
      // The server signs with a new key, and the address of its keys is in trouble.
      trial.server.departure = { idToken: { key: 'newer' }, replies: { keys: () => json({}, 503) } };
      await kept.renew();
      const after = await kept.stored();
      assert.notEqual(reveal(after).refresh, reveal(before).refresh, 'the rotated refresh token is not lost');
      assert.equal(reveal(after).id, reveal(before).id);
      assert.equal(after?.signInNeeded, undefined);
      return 'refreshed, without the ID token';
    }),
  );

  // What passes: the tokens are kept, and the person is not bothered.
  for (const [variant, reply] of [
    ['connection reset before the answer', resetBefore],
    ['connection reset within the answer', resetWithin('{"access_token":"')],
    ['500', json({}, 500)],
    ['503', json({}, 503)],
    ['429', json({ error: 'slow_down' }, 429)],
    ['HTML', html()],
    ['HTML with 403', html(403)],
    ['a redirect', redirectTo('https://evil.example/')],
    ['an empty 200', text('')],
    ['a 200 that is an error', json({ error: 'invalid_grant' })],
    ['404', text('Not found', 'text/plain', 404)],
    ['a bare 401', text('', 'text/plain', 401)],
    [
      'a bare 401 with a challenge',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: '' },
    ],
    ['an empty 400', text('', 'text/plain', 400)],
    ['a 403 of a gateway', json({ message: 'Forbidden' }, 403)],
    ['a 403 as text', text('Blocked', 'text/plain', 403)],
  ] as const) {
    conforms('token response', `refresh: ${variant}`, () =>
      afterSignIn({ replies: { token: () => reply } }, ({ before, after, kept }) => {
        assert.deepEqual(reveal(after), reveal(before), 'no token is lost');
        assert.equal(after?.signInNeeded, undefined);
        assert.deepEqual(kept.told, []);
        return 'kept the tokens, tries again later';
      }),
    );
  }

  // What is wrong with the rest of an answer costs that rest, not the refresh token in it.
  for (const [variant, departure] of [
    ['its ID token from the future', { idToken: { claims: later(3600) } }],
    ['its ID token long past', { idToken: { claims: later(-36_000) } }],
    [
      'its ID token for another client',
      { idToken: { claims: (right: Json) => ({ ...right, aud: 'another' }) } },
    ],
    ['its ID token signed by nobody', { idToken: { key: 'none' } }],
    ['its ID token signed by a stranger', { idToken: { key: 'stranger' } }],
    ['its ID token none', { token: (right: Json) => ({ ...right, id_token: 'a b' }) }],
    [
      'its ID token about another access token',
      { idToken: { claims: (right: Json) => ({ ...right, at_hash: 'x' }) } },
    ],
  ] satisfies [string, Departure][]) {
    conforms('token response', `refresh: ${variant}`, () =>
      afterSignIn(departure, ({ before, after, kept }) => {
        const [old, now] = [reveal(before), reveal(after)];
        assert.notEqual(now.access, old.access);
        assert.notEqual(now.refresh, old.refresh);
        assert.equal(now.id, old.id);
        assert.deepEqual([after?.signInNeeded, kept.told], [undefined, []]);
        return 'refreshed, without the ID token';
      }),
    );
  }
  for (const [variant, changes] of [
    ['no access token', { access_token: undefined }],
    ['an access token that is a number', { access_token: 7 }],
    ['token type mac', { token_type: 'mac' }],
  ] as const) {
    conforms('token response', `refresh: ${variant}`, () =>
      afterSignIn({ token: right => ({ ...right, ...changes }) }, async ({ trial, before, after, kept }) => {
        const [old, now] = [reveal(before), reveal(after)];
        assert.equal(now.access, old.access);
        assert.notEqual(now.refresh, old.refresh);
        assert.deepEqual([after?.signInNeeded, kept.told], [undefined, []]);
        trial.server.departure = {};
        await kept.renew();
        assert.notEqual(reveal(await kept.stored()).access, old.access);
        return 'kept the new refresh token, which works';
      }),
    );
  }

  // What is final: the tokens are kept all the same, and the person is told once.
  for (const [variant, reply] of [
    ['invalid_grant', json({ error: 'invalid_grant', error_description: 'Token is not active' }, 400)],
    ['unauthorized_client', json({ error: 'unauthorized_client' }, 400)],
    ['invalid_client behind a challenge', challenged],
    ['invalid_client', json({ error: 'invalid_client' }, 401)],
  ] as const) {
    conforms('token response', `refresh: ${variant}`, () =>
      afterSignIn({ replies: { token: () => reply } }, async ({ trial, before, after, kept }) => {
        assert.deepEqual(reveal(after), reveal(before), 'no token is lost');
        assert.equal(kept.told.length, 1);
        await kept.renew();
        assert.equal(trial.server.requestsTo('token').length, 2, 'it is not sent again');
        return `told: ${kept.told[0]}`;
      }),
    );
  }
});
