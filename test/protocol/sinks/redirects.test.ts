import assert from 'node:assert/strict';
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import { systemClock } from '../../../src/platform/clock.ts';
import { secret } from '../../../src/platform/secret.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { trustedCertificates } from '../clientCertificate/trustedCertificates.ts';
import { sendings } from './sendings.ts';

/** With these, a client repeats the request with its body (RFC 9110 section 15.4). */
const statuses = [307, 308];

describe('an agreed endpoint that redirects with the body', () => {
  const made = trustedCertificates();
  let honest: { server: Server; origin: string; status: number; target: string; redirected: number };
  const elsewhere: { secure: Server | undefined; plain: Server | undefined; requests: string[] } = {
    ...{ secure: undefined, plain: undefined },
    requests: [],
  };
  /** Where a redirect can lead, by what differs from the endpoint. */
  const targets: Record<string, string> = { 'another host': '', 'another port': '', 'plain http': '' };

  before(async () => {
    const { certificate: cert, privateKey: key } = await made.authority.issue('servers', {
      hosts: [loopback, 'localhost'],
    });
    const record: RequestListener = ({ method, url, headers }, response) => {
      elsewhere.requests.push(`${method} ${url} ${headers.authorization}`);
      response.writeHead(400).end();
    };
    elsewhere.secure = createServer({ cert, key }, record);
    elsewhere.plain = createPlainServer(record);
    const port = await listen(elsewhere.secure);
    targets['another host'] = `https://localhost:${port}`;
    targets['another port'] = `https://${loopback}:${port}`;
    targets['plain http'] = `http://${loopback}:${await listen(elsewhere.plain)}`;
    const server = createServer({ cert, key }, ({ url = '' }, response) => {
      const { origin, status, target } = honest;
      if (!url.startsWith('/.well-known/')) {
        honest.redirected++;
        response.writeHead(status, { location: `${target}${url}` }).end();
        return;
      }
      const endpoints = [...secretEndpoints, 'authorization_endpoint'].map(name => [
        name,
        `${origin}/${name}`,
      ]);
      const metadata = { issuer: origin, ...(Object.fromEntries(endpoints) as object) };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
    });
    const origin = `https://${loopback}:${await listen(server)}`;
    honest = { server, origin, status: 0, target: '', redirected: 0 };
  });
  beforeEach(() => {
    elsewhere.requests.splice(0);
    honest.redirected = 0;
  });
  after(async () => {
    for (const server of [honest.server, elsewhere.secure, elsewhere.plain]) if (server) await stop(server);
  });

  // The browser opens the address of a sign-out.
  for (const [what, { send }] of Object.entries(sendings).filter(
    ([name]) => !name.startsWith('createLogout'),
  ))
    for (const status of statuses)
      for (const target of Object.keys(targets))
        it(`is not followed to ${target}: ${status}, ${what}`, async () => {
          Object.assign(honest, { status, target: targets[target] });
          const httpContext = createHttpContext({ fetch, clock: systemClock, log: recordingLog() });
          const policy = { allowLoopbackHttp: true };
          const authentication = { method: 'client_secret_post', secret: secret('s') } as const;
          const client = { issuer: honest.origin, id: 'editor', authentication, policy };
          const connection = await connect(httpContext, client, consentTo(client.issuer));
          const { metadata } = await httpContext.metadata.get(client.issuer, policy);
          await Promise.allSettled([send(connection, metadata, consentTo(client.issuer))]);
          assert.notEqual(honest.redirected, 0, 'it was sent where it should be');
          assert.deepEqual(elsewhere.requests, []);
        });
});
