import assert from 'node:assert/strict';
import { editorRedirectUri, type BrowserBehaviour } from '../../protocol/signingIn.ts';
import type { Departure } from '../../servers/hostile/departure.ts';
import { paths } from '../../servers/hostile/authorizationServer.ts';
import { startHostileServer } from '../../servers/hostile/server.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { conforms } from '../table.ts';
import { assertFailure, assertNoSecrets, failureOf, signIn, visit, withTrial } from '../trial.ts';

/** Responses that are not for the sign-in that waits, made of the one that is. */
const foreign: Record<
  'callback: state that is not ours' | 'callback: malformed' | 'callback: another authority',
  Record<string, (end: URL) => void>
> = {
  'callback: state that is not ours': {
    unknown: ({ searchParams }) => searchParams.set('state', 'x'.repeat(43)),
    missing: ({ searchParams }) => searchParams.delete('state'),
    empty: ({ searchParams }) => searchParams.set('state', ''),
    repeated: ({ searchParams }) => searchParams.append('state', searchParams.get('state') ?? ''),
    'repeated, the right one last': end => {
      end.search = `?state=x&${end.search.slice(1)}`;
    },
    'a part of the right one': ({ searchParams }) =>
      searchParams.set('state', (searchParams.get('state') ?? '').slice(0, -1)),
    'in another case': ({ searchParams }) =>
      searchParams.set('state', (searchParams.get('state') ?? '').toLowerCase()),
    'with an error': ({ searchParams }) => {
      searchParams.set('state', 'x');
      searchParams.set('error', 'access_denied');
    },
  },
  'callback: another authority': {
    'of another extension': end => {
      end.host = 'evil.extension';
    },
    'that begins like ours': end => {
      end.host = `${end.host}.evil`;
    },
    'with a port': end => {
      end.port = '1';
    },
    none: end => {
      end.host = '';
    },
  },
  'callback: malformed': {
    'another path': end => {
      end.pathname = '/callback/other';
    },
    'a path below': end => {
      end.pathname = `${end.pathname}/..`;
    },
    '1 MiB query': ({ searchParams }) => searchParams.set('x', 'x'.repeat(1024 * 1024)),
    '1 MiB of parameters': end => {
      end.search = `${end.search}${'&a=b'.repeat(256 * 1024)}`;
    },
    'bad escapes': end => {
      end.search = `${end.search}&x=%ff%fe`;
    },
    'bad escapes in the state': end => {
      end.search = end.search.replace('state=', 'state=%E0%A4%A');
    },
    'NUL in the code': ({ searchParams }) => searchParams.set('code', 'a\0b'),
    'CR LF in the code': ({ searchParams }) => searchParams.set('code', 'a\r\nSet-Cookie: b'),
    'CR LF in the error': ({ searchParams }) => searchParams.set('error', 'a\r\nb'),
    'CR LF in a name': ({ searchParams }) => searchParams.set('a\r\nb', 'c'),
    'bidi in the issuer': ({ searchParams }) => searchParams.append('iss', 'https://a.example/\u202eexample'),
    'bidi in the description': ({ searchParams }) => searchParams.set('error_description', '\u202eabc'),
    'NUL in the description': ({ searchParams }) => searchParams.set('error_description', 'a\0b'),
  },
};

const reversed = (): { browser: BrowserBehaviour; held: (() => boolean)[] } => {
  const held: (() => boolean)[] = [];
  return {
    held,
    async browser(address, deliver) {
      const end = await visit(address);
      held.push(() => deliver(end));
    },
  };
};

describe('callbacks', () => {
  for (const row of [
    'callback: state that is not ours',
    'callback: malformed',
    'callback: another authority',
  ] as const) {
    for (const [variant, change] of Object.entries(foreign[row])) {
      conforms(row, variant, () => {
        const delivered: boolean[] = [];
        return withTrial(
          {},
          async trial => {
            const grant = await signIn(trial);
            assert.deepEqual(delivered, [false, true]);
            return `ignored, then signed in as ${grant.account.label}`;
          },
          {
            async browser(address, deliver) {
              const end = await visit(address);
              const wrong = new URL(end);
              change(wrong);
              delivered.push(deliver(wrong), deliver(end));
            },
          },
        );
      });
    }
  }

  conforms('callback: state that is not ours', 'reused at once', () => {
    const delivered: boolean[] = [];
    return withTrial(
      {},
      async trial => {
        await signIn(trial);
        assert.deepEqual(delivered, [true, false]);
        assert.equal(trial.server.requestsTo('token').length, 1);
        return 'taken once, then ignored';
      },
      {
        async browser(address, deliver) {
          const end = await visit(address);
          delivered.push(deliver(end), deliver(end));
        },
      },
    );
  });

  conforms('callback: state that is not ours', 'reused', () => {
    const ends: URL[] = [];
    const delivered: boolean[] = [];
    return withTrial(
      {},
      async trial => {
        await signIn(trial);
        await signIn(trial);
        assert.deepEqual(delivered, [true, false, true]);
        assert.equal(trial.server.requestsTo('token').length, 2);
        return 'ignored, then signed in';
      },
      {
        async browser(address, deliver) {
          const end = await visit(address);
          // The first response again, while the second sign-in waits.
          for (const old of [...ends, end]) delivered.push(deliver(old));
          ends.push(end);
        },
      },
    );
  });

  conforms('callback: state that is not ours', 'expired', () => {
    const clock = manualClock();
    const { browser, held } = reversed();
    return withTrial(
      {},
      async trial => {
        const failing = failureOf(trial, signIn(trial));
        while (held.length === 0) await settled();
        await clock.advance(60_000);
        const got = assertFailure(await failing, 'no-response', /after 60 seconds/);
        assert.equal(held[0]?.(), false, 'the late response is ignored');
        assert.equal(trial.server.requestsTo('token').length, 0);
        assert.equal(clock.pending, 0, 'no timer is left');
        return got;
      },
      { clock, browser },
    );
  });

  conforms('mix-up', 'code of A delivered to a sign-in at B', async () => {
    const other = await startHostileServer();
    try {
      return await withTrial(
        {},
        async trial => {
          const failure = await failureOf(trial, signIn(trial));
          const got = assertFailure(failure, 'response-foreign', /so it was rejected/);
          assert.equal(other.requestsTo('token').length, 0);
          assert.equal(trial.server.requestsTo('token').length, 0);
          assertNoSecrets({ ...trial, server: other }, [{ where: 'the log', text: trial.log.text() }]);
          return got;
        },
        {
          async browser(address, deliver) {
            // B sends the browser on to A, as its own login page may, with the parameters it was given.
            const { origin } = new URL(other.issuer);
            deliver(await visit(`${origin}${paths.authorize}${new URL(address).search}`));
          },
        },
      );
    } finally {
      await other.close();
    }
  });

  conforms('mix-up', 'servers that do not name themselves', async () => {
    const silent: Departure = {
      metadata: ({ authorization_response_iss_parameter_supported: _, ...rest }) => rest,
      authorize: response => response.delete('iss'),
    };
    const other = await startHostileServer(silent);
    try {
      const delivered: boolean[] = [];
      return await withTrial(
        silent,
        async trial => {
          const grant = await signIn(trial);
          assert.deepEqual(delivered, [false, true]);
          return `ignored at the other's redirect URI, then signed in as ${grant.account.label}`;
        },
        {
          async browser(address, deliver) {
            const query = new URL(address).searchParams;
            const own = query.get('redirect_uri') ?? '';
            // Each issuer has a redirect URI of its own; that is the only one the other server answers to.
            const theirs = `${editorRedirectUri}/callback/${new URL(other.issuer).host}`;
            assert.notEqual(own, theirs);
            query.set('redirect_uri', theirs);
            const { origin } = new URL(other.issuer);
            const mixed = await visit(`${origin}${paths.authorize}?${query.toString()}`);
            delivered.push(deliver(mixed), deliver(await visit(address)));
          },
        },
      );
    } finally {
      await other.close();
    }
  });

  conforms('two sign-ins in reverse order', '', () => {
    const { browser, held } = reversed();
    return withTrial(
      {},
      async trial => {
        const first = signIn(trial);
        while (held.length < 1) await settled();
        const second = signIn(trial);
        while (held.length < 2) await settled();
        assert.deepEqual([held[1]?.(), (await second).account.label], [true, 'alice']);
        assert.deepEqual([held[0]?.(), (await first).account.label], [true, 'alice']);
        // The server has checked each code against its verifier, and each ID token carried its nonce.
        const verifiers = trial.server.requestsTo('token').map(({ body }) => body['code_verifier']);
        assert.equal(new Set(verifiers).size, 2);
        return 'both signed in';
      },
      { browser },
    );
  });
});
