import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../../../src/platform/clock.ts';
import { secret } from '../../../src/platform/secret.ts';
import { connect, type Client, type Connection } from '../../../src/protocol/client/client.ts';
import { consentTo, type Consent } from '../../../src/protocol/client/consent.ts';
import { confirmRegistration, registerClient } from '../../../src/protocol/client/registration.ts';
import { createState } from '../../../src/protocol/grants/authorizationRequest.ts';
import { exchangeAuthorizationCode, refreshTokens } from '../../../src/protocol/grants/codeAndRefresh.ts';
import {
  pollForTokens,
  requestDeviceAuthorization,
} from '../../../src/protocol/grants/deviceAuthorization.ts';
import { pushAuthorizationRequest } from '../../../src/protocol/grants/pushedAuthorization.ts';
import { requestServiceTokens } from '../../../src/protocol/grants/serviceGrants.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import { secretEndpoints, type SecretEndpoint } from '../../../src/protocol/server/secretEndpoints.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { introspectToken } from '../../../src/protocol/tokens/introspection.ts';
import { createLogoutRequest } from '../../../src/protocol/tokens/logout.ts';
import { revokeTokens } from '../../../src/protocol/tokens/revocation.ts';
import { requestUser } from '../../../src/protocol/tokens/userEndpoint.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';

const token = secret('a token');
const state = createState();
const authorization = {
  url: secret(''),
  state,
  codeVerifier: secret('v'.repeat(43)),
  nonce: undefined,
  redirectUri: 'http://127.0.0.1/callback',
  scopes: [],
  tokenResources: [],
  maxAge: undefined,
};
const plain = { scopes: [], resources: [], parameters: {} };
const form = { ...authorization, deviceGrant: true, method: 'none', key: undefined } as const;

interface Sending {
  /** The endpoint that it goes to. */
  readonly to: SecretEndpoint;
  /** @param named the metadata as the server has it. */
  send(connection: Connection, named: Metadata, consent: Consent): Promise<unknown>;
}

/** Every function of the protocol that sends something secret, by its name and file. */
const sendings: Readonly<Record<string, Sending>> = {
  'exchangeAuthorizationCode grants/codeAndRefresh.ts': {
    to: 'token_endpoint',
    send: connection =>
      exchangeAuthorizationCode(
        connection,
        authorization,
        new URLSearchParams({ code: 'c', state: state.reveal() }),
      ),
  },
  'refreshTokens grants/codeAndRefresh.ts': {
    to: 'token_endpoint',
    send: connection => refreshTokens(connection, token, { subject: undefined }),
  },
  'requestDeviceAuthorization grants/deviceAuthorization.ts': {
    to: 'device_authorization_endpoint',
    send: connection => requestDeviceAuthorization(connection, plain),
  },
  'pollForTokens grants/deviceAuthorization.ts': {
    to: 'token_endpoint',
    send: connection =>
      pollForTokens(
        connection,
        {
          ...{ deviceCode: token, userCode: 'A', verificationUri: '', verificationUriComplete: undefined },
          ...{ expiresAt: systemClock.now() + 60_000, interval: 0, codeVerifier: undefined },
          tokenResources: [],
        },
        { signal: AbortSignal.timeout(1000), onState: () => undefined },
      ),
  },
  'pushAuthorizationRequest grants/pushedAuthorization.ts': {
    to: 'pushed_authorization_request_endpoint',
    send: connection => pushAuthorizationRequest(connection, new URLSearchParams({ state: 'x' })),
  },
  'requestServiceTokens (client credentials) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection => requestServiceTokens(connection, { way: 'client-credentials' }, plain),
  },
  'requestServiceTokens (impersonation) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestServiceTokens(connection, { way: 'impersonation', field: 'userId', value: 'u' }, plain),
  },
  'requestServiceTokens (token exchange) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestServiceTokens(
        connection,
        { way: 'token-exchange', subjectToken: token, subjectTokenType: 'access_token' },
        plain,
      ),
  },
  'requestUserInfo tokens/userInfo.ts': {
    to: 'userinfo_endpoint',
    send: connection => requestUserInfo(connection, token, 'alice'),
  },
  'requestUser tokens/userEndpoint.ts': {
    to: 'userinfo_endpoint',
    send: connection => requestUser(connection, token),
  },
  'introspectToken tokens/introspection.ts': {
    to: 'introspection_endpoint',
    send: connection => introspectToken(connection, token, undefined),
  },
  'revokeTokens tokens/revocation.ts': {
    to: 'revocation_endpoint',
    send: connection => revokeTokens(connection, { refreshToken: token, accessToken: token }),
  },
  'createLogoutRequest tokens/logout.ts': {
    to: 'end_session_endpoint',
    // The browser sends it: here, whoever opens the address.
    async send(connection) {
      const asked = createLogoutRequest(connection, { idToken: token, redirectUri: undefined, state });
      if (asked) await fetch(asked.url.reveal());
    },
  },
  'registerClient client/registration.ts': {
    to: 'registration_endpoint',
    send: ({ httpContext, client }, metadata, consent) =>
      registerClient(httpContext, {
        metadata,
        consent,
        policy: { ...client.policy, issuer: client.issuer },
        form,
        initialAccessToken: token,
      }),
  },
};

describe('the gate', () => {
  let honest: { server: Server; origin: string; metadata: object };
  let evil: { server: Server; origin: string; requests: string[] };
  before(async () => {
    const requests: string[] = [];
    const listening = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
    });
    evil = { server: listening, origin: `http://${loopback}:${await listen(listening)}`, requests };
    const server = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(honest.metadata)),
    );
    honest = { server, origin: `http://${loopback}:${await listen(server)}`, metadata: {} };
  });
  beforeEach(() => evil.requests.splice(0));
  after(async () => {
    await stop(evil.server);
    await stop(honest.server);
  });

  /** A server that has moved one endpoint to another host. */
  function moved(to: string) {
    const { origin: issuer } = honest;
    const own = Object.fromEntries(
      [...secretEndpoints, 'authorization_endpoint'].map(name => [name, `${issuer}/${name}`]),
    );
    honest.metadata = { issuer, ...own, [to]: `${evil.origin}/${to}` };
    const client: Client = {
      issuer,
      id: 'editor',
      authentication: { method: 'client_secret_basic', secret: secret('a client secret') },
      policy: { allowLoopbackHttp: true },
    };
    const httpContext = createHttpContext({ fetch, clock: systemClock, log: recordingLog() });
    return { client, httpContext, own };
  }

  async function sendAll(what: string, consent: (issuer: string) => Consent | undefined): Promise<void> {
    const { to, send } = sendings[what] ?? assert.fail(what);
    const { client, httpContext, own } = moved(to);
    const given = consent(client.issuer);
    const connection = await connect(httpContext, client, given ?? own);
    const { metadata } = await httpContext.metadata.get(client.issuer, client.policy);
    // Whether it sends what it should is tried with a consent. What else becomes of it is none of the gate's.
    await Promise.allSettled([send(connection, metadata, given ?? consentTo('https://other.example'))]);
  }

  for (const [what, { to }] of Object.entries(sendings)) {
    it(`lets nothing out to an endpoint that nobody agreed to: ${what}`, async () => {
      await sendAll(what, () => undefined);
      assert.deepEqual(evil.requests, []);
    });

    it(`lets nothing out on the consent to another issuer: ${what}`, async () => {
      await sendAll(what, () => consentTo('https://other.example'));
      assert.deepEqual(evil.requests, []);
    });

    it(`lets out what somebody agreed to: ${what}`, async () => {
      await sendAll(what, consentTo);
      assert.match(evil.requests[0] ?? '', new RegExp(`^/${to}`));
    });
  }

  it('lets the token of a registration go where it came from, and nowhere else', async () => {
    const { client, httpContext } = moved('registration_endpoint');
    const kept = { clientId: 'editor', authentication: { method: 'none' }, expiresAt: undefined } as const;
    const management = { address: `${honest.origin}/registration`, token };
    const policy = { ...client.policy, issuer: client.issuer };
    await confirmRegistration(httpContext, { ...kept, management }, policy);
    assert.deepEqual(evil.requests, []);
    const [sent] = httpContext.sendings.take(client.issuer);
    assert.deepEqual(sent, {
      host: new URL(honest.origin).host,
      kinds: ['registration-token'],
      purpose: 'registration',
    });
  });

  for (const name of ['access_token', 'token', 'refresh_token', 'id_token_hint', 'code', 'client_secret'])
    it(`takes an address with ${name} for a secret`, async () => {
      const { client, httpContext, own } = moved('token_endpoint');
      const { http } = await connect(httpContext, client, own);
      await assert.rejects(
        http(`${evil.origin}/?${name}=x`, {}),
        (error: unknown) => error instanceof Failure && error.code === 'destination-not-agreed',
      );
      assert.deepEqual(evil.requests, []);
    });

  it('is tried with everything of the protocol that sends', () => {
    const folder = join(import.meta.dirname, '..', '..', '..', 'src', 'protocol');
    /** What the gate is made of, and what reads keys that everybody can read. */
    const others = ['assertionTime', 'secretForms', 'client', 'gate'].map(name => `client/${name}.ts`);
    const found = globSync('{client,tokens,grants}/*.ts', { cwd: folder })
      .map(file => file.replaceAll('\\', '/'))
      .filter(file => ![...others, 'tokens/keys.ts'].includes(file))
      .flatMap(file => {
        const text = readFileSync(join(folder, file), 'utf8');
        const calls = [
          ...text.matchAll(/\boauth\.\w+Request\(|[^:.\w]http\(address|\bgated\(|id_token_hint/g),
        ];
        return calls.length > 0 ? [[file, calls.length] as const] : [];
      });
    const tried = Map.groupBy(Object.keys(sendings), name => name.split(' ').at(-1));
    assert.deepEqual(found.map(([file]) => file).sort(), [...tried.keys()].sort());
    for (const [file, calls] of found) {
      // The other call of this file is the one about the token of a registration.
      const expected = (tried.get(file)?.length ?? 0) + (file === 'client/registration.ts' ? 1 : 0);
      assert.ok(calls <= expected, `${file} sends in ${calls} places, and ${expected} are tried`);
    }
  });
});
