import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { Departure, Json } from '../servers/hostile/departure.ts';
import {
  endless,
  html,
  json,
  redirectTo,
  resetBefore,
  resetWithin,
  silence,
  silenceAfterHeaders,
  text,
  type Reply,
} from '../servers/hostile/replies.ts';
import { paths } from '../servers/hostile/authorizationServer.ts';
import { manualClock } from '../standIns/manualClock.ts';
import { conforms } from './table.ts';
import { signInCase, type SignInCase } from './signInCase.ts';
import { assertFailure, failureOf, signIn, withTrial } from './trial.ts';

const having = (changes: Json): Departure => ({ metadata: document => ({ ...document, ...changes }) });
const answering = (reply: Reply): Departure => ({ replies: { metadata: () => reply } });

/** Nothing but metadata was asked for, and the person saw no browser. */
const stopped: SignInCase['also'] = ({ server, opened }) => {
  assert.deepEqual(opened, []);
  assert.ok(server.requests.every(({ path }) => path.includes('/.well-known/')));
};

/** 64 MiB of blanks in 64 kB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));

const cases: SignInCase[] = [
  {
    row: 'oidcc-client-test-discovery-issuer-mismatch',
    departure: having({ issuer: 'https://other.example' }),
    must: ['issuer-mismatch', /belongs to the issuer “https:\/\/other\.example”/],
  },
  {
    row: 'metadata',
    variant: 'issuer with a slash more',
    departure: { metadata: document => ({ ...document, issuer: `${String(document['issuer'])}/` }) },
    must: ['issuer-mismatch', /exactly that value/],
  },
  {
    row: 'metadata',
    variant: 'issuer in another case',
    departure: {
      path: '/Realm',
      metadata: document => ({ ...document, issuer: String(document['issuer']).toLowerCase() }),
    },
    must: ['issuer-mismatch', /exactly that value/],
  },
  {
    row: 'metadata',
    variant: 'issuer that is a link in a message',
    departure: having({ issuer: '[click](command:workbench.action.quit) “safe”' }),
    must: ['issuer-mismatch', /“\[click\] \(command:workbench\.action\.quit\) 'safe'”/],
  },
  {
    row: 'metadata',
    variant: 'http endpoint',
    departure: having({ token_endpoint: 'http://login.example.com/token' }),
    must: ['metadata-invalid', /"token_endpoint" doesn’t use https/],
  },
  {
    row: 'metadata',
    variant: 'http keys',
    departure: having({ jwks_uri: 'http://login.example.com/keys' }),
    must: ['metadata-invalid', /"jwks_uri" doesn’t use https/],
  },
  {
    row: 'metadata',
    variant: 'javascript: to be opened in the browser',
    departure: having({ authorization_endpoint: 'javascript:alert(1)' }),
    must: ['metadata-invalid', /"authorization_endpoint" can’t be used: it doesn’t start with https/],
  },
  {
    row: 'metadata',
    variant: 'endpoint with user info',
    departure: having({ token_endpoint: 'https://user:password@login.example.com/token' }),
    must: ['metadata-invalid', /"token_endpoint" can’t be used: it contains a user name/],
  },
  {
    row: 'metadata',
    variant: 'endpoint with a fragment',
    departure: having({ authorization_endpoint: 'https://login.example.com/#token' }),
    must: ['metadata-invalid', /it has a fragment/],
  },
  {
    row: 'metadata',
    variant: 'endpoint that is a link in a message',
    departure: having({ token_endpoint: 'https://login.example.com/[click](command:quit)' }),
    must: ['metadata-invalid', /characters that aren’t allowed in a URL/],
  },
  {
    row: 'metadata',
    variant: 'endpoint of another type',
    departure: having({ token_endpoint: ['https://login.example.com/token'] }),
    must: ['metadata-invalid', /"token_endpoint" is missing or of the wrong type/],
  },
  {
    row: 'metadata',
    variant: 'no issuer',
    departure: { metadata: ({ issuer: _, ...rest }) => rest },
    must: ['metadata-invalid', /"issuer" is missing/],
  },
  {
    row: 'metadata',
    variant: 'without end',
    departure: answering(endless(Buffer.alloc(64 * 1024, ' '))),
    must: ['answer-too-large', /more than 1048576 bytes/],
  },
  {
    row: 'metadata',
    variant: '64 MiB in a small gzip',
    departure: answering({
      status: 200,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: bomb,
    }),
    must: ['answer-too-large', /more than 1048576 bytes/],
  },
  {
    row: 'metadata',
    variant: 'a redirect',
    departure: answering(redirectTo('https://login.example.com/elsewhere?session=1')),
    must: ['redirected', /redirected to “https:\/\/login\.example\.com\/elsewhere”\./],
  },
  {
    row: 'metadata',
    variant: 'HTML',
    departure: answering(html()),
    must: ['metadata-not-found', /openid-configuration: not JSON/],
  },
  {
    row: 'metadata',
    variant: 'truncated JSON',
    departure: answering(text('{"issuer": "http')),
    must: ['metadata-not-found', /not JSON/],
  },
  {
    row: 'metadata',
    variant: 'nested deeply',
    departure: answering(text(`{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)),
    must: ['metadata-invalid', /nested more than 32 levels/],
  },
  {
    row: 'metadata',
    variant: '__proto__',
    departure: answering(text('{"issuer":"x","__proto__":{"token_endpoint":"https://evil.example"}}')),
    must: ['metadata-invalid', /property named "__proto__"/],
  },
  {
    row: 'metadata',
    variant: '__proto__ further down',
    departure: answering(text('{"issuer":"x","a":[{"__proto__":null}]}')),
    must: ['metadata-invalid', /property named "__proto__"/],
  },
  ...['null', '[]', '"text"', '7'].map((body): SignInCase => ({
    row: 'metadata',
    variant: body,
    departure: answering(text(body)),
    must: ['metadata-invalid', /it isn’t a JSON object/],
  })),
  {
    row: 'metadata',
    variant: 'not there',
    departure: answering(json({}, 404)),
    must: ['metadata-not-found', /status 404/],
  },
  {
    row: 'metadata',
    variant: 'server in trouble',
    departure: answering(text('Traceback: secret', 'text/plain', 500)),
    must: ['server-failed', /has a problem \(HTTP 500\)/],
  },
  {
    row: 'metadata',
    variant: '429',
    departure: answering(json({}, 429)),
    must: ['rate-limited', /limiting requests/],
  },
  {
    row: 'metadata',
    variant: 'a status that does not exist',
    departure: answering(json({}, 999)),
    must: ['response-invalid', /999 isn’t an HTTP status/],
  },
  {
    row: 'metadata',
    variant: 'connection reset',
    departure: answering(resetBefore),
    must: ['unreachable', /the connection was interrupted/],
  },
  {
    row: 'metadata',
    variant: 'connection reset within',
    departure: answering(resetWithin('{"issuer":')),
    must: ['unreachable', /the connection was interrupted/],
  },
];

describe('discovery', () => {
  for (const one of cases) signInCase({ ...one, also: stopped });

  conforms('oidcc-client-test-discovery-openid-config', '', () =>
    withTrial({}, async trial => {
      const grant = await signIn(trial);
      assert.equal(grant.binding.tokenEndpoint, `${trial.server.issuer}${paths.token}`);
      assert.equal(trial.server.requestsTo('metadata').length, 1);
      return 'signed in by its endpoints';
    }),
  );

  conforms('oidcc-client-test-discovery-openid-config', 'issuer with a path', () =>
    withTrial({ path: '/realms/staff' }, async trial => {
      const grant = await signIn(trial);
      assert.equal(grant.binding.issuer, trial.server.issuer);
      return 'signed in by its endpoints';
    }),
  );

  conforms('oidcc-client-test-discovery-jwks-uri-keys', '', () =>
    withTrial({}, async trial => {
      await signIn(trial);
      await signIn(trial);
      assert.equal(trial.server.requestsTo('keys').length, 1);
      return 'signed in twice, keys fetched once';
    }),
  );

  for (const [variant, reply] of [
    ['30 s of silence', silence],
    ['silence after the headers', silenceAfterHeaders],
  ] as const) {
    conforms('metadata', variant, () => {
      const clock = manualClock();
      return withTrial(
        answering(reply),
        async trial => {
          const asked = trial.server.asked('metadata');
          const failing = failureOf(trial, signIn(trial));
          await asked;
          await clock.advance(15_000);
          const got = assertFailure(await failing, 'timed-out', /within 15 seconds/);
          await trial.server.quiet();
          assert.equal(clock.pending, 0, 'no timer is left');
          return got;
        },
        { clock },
      );
    });
  }

  conforms('PKCE not advertised', '', () =>
    withTrial({ metadata: ({ code_challenge_methods_supported: _, ...rest }) => rest }, async trial => {
      // The server refuses a request without PKCE, and a wrong verifier.
      await signIn(trial);
      assert.match(trial.log.text(), /warn .*doesn’t declare support for PKCE/);
      return 'signed in with PKCE, warned in the log';
    }),
  );
});
