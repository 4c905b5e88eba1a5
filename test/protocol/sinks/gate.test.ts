import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../../../src/platform/clock.ts';
import { secret } from '../../../src/platform/secret.ts';
import { connect, type Client } from '../../../src/protocol/client/client.ts';
import { consentTo, type Consent } from '../../../src/protocol/client/consent.ts';
import { confirmRegistration } from '../../../src/protocol/client/registration.ts';
import { requestServiceTokens } from '../../../src/protocol/grants/serviceGrants.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import { serviceGrantTypes } from '../../../src/protocol/server/serviceGrantTypes.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { sendings, token } from './sendings.ts';

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

  it('notes what a request holds as JSON, too', async () => {
    const { client, httpContext, own } = moved('registration_endpoint');
    const authentication = { method: 'client_secret_post', secret: secret('a client secret') } as const;
    const connection = await connect(httpContext, { ...client, authentication }, own);
    const user = { way: 'impersonation', field: 'userId', value: 'alice' } as const;
    const wanted = { scopes: [], resources: [], parameters: {} };
    await requestServiceTokens(connection, user, wanted).catch(() => undefined);
    const purpose = serviceGrantTypes.impersonation;
    assert.deepEqual(httpContext.sendings.take(client.issuer), [
      { host: new URL(honest.origin).host, kinds: ['client-secret'], purpose },
    ]);
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
    const found = globSync('{client,client/keys,tokens,grants}/*.ts', { cwd: folder })
      .map(file => file.replaceAll('\\', '/'))
      // The last one makes a proof with a request that stays here (test/unit/authentication/proof.test.ts).
      .filter(file => ![...others, 'tokens/keys.ts', 'client/keys/signProof.ts'].includes(file))
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
