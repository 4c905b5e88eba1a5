import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import { systemClock } from '../../../src/platform/clock.ts';
import { secret } from '../../../src/platform/secret.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import { selfSignedCertificate } from '../../servers/certificates.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { sendings } from './sendings.ts';

const variable = 'NODE_TLS_REJECT_UNAUTHORIZED';

describe('a server whose certificate nobody vouches for, while Node accepts any', () => {
  let server: Server;
  let issuer: string;
  const secrets: string[] = [];

  before(async () => {
    const { certificate: cert, privateKey: key } = await selfSignedCertificate('evil');
    server = createServer({ cert, key }, (request, response) => {
      const isSecret = request.method !== 'GET' || request.headers.authorization !== undefined;
      if (isSecret) secrets.push(request.url ?? '');
      const named = [...secretEndpoints, 'authorization_endpoint'].map(name => [name, `${issuer}/${name}`]);
      const isMetadata = request.url?.startsWith('/.well-known/') === true;
      response
        .writeHead(isMetadata ? 200 : 400, { 'content-type': 'application/json', connection: 'close' })
        .end(JSON.stringify(isMetadata ? { issuer, ...Object.fromEntries(named) } : { error: 'invalid' }));
    });
    issuer = `https://${loopback}:${await listen(server)}`;
  });
  beforeEach(() => {
    secrets.splice(0);
    process.env[variable] = '0';
  });
  afterEach(() => delete process.env[variable]);
  after(() => stop(server));

  async function sendTo(what: string, certificates: 'unverified' | undefined): Promise<unknown> {
    const { send } = sendings[what] ?? assert.fail(what);
    const httpContext = createHttpContext({ fetch, clock: systemClock, log: recordingLog() });
    const policy = { allowLoopbackHttp: false, certificates };
    const authentication = { method: 'client_secret_basic', secret: secret('a client secret') } as const;
    const client = { issuer, id: 'editor', authentication, policy };
    const connection = await connect(httpContext, client, consentTo(issuer));
    const { metadata } = await httpContext.metadata.get(issuer, policy);
    return send(connection, metadata, consentTo(issuer)).catch((error: unknown) => error);
  }

  // The browser opens the address of a sign-out, and verifies certificates itself.
  for (const what of Object.keys(sendings).filter(name => !name.startsWith('createLogoutRequest'))) {
    it(`gets nothing that nobody agreed to send so: ${what}`, async () => {
      const failure = await sendTo(what, undefined);
      assert.deepEqual(secrets, []);
      if (failure instanceof Failure) assert.match(failure.code, /certificate-unverified/);
    });

    it(`gets what somebody agreed to: ${what}`, async () => {
      await sendTo(what, 'unverified');
      assert.equal(secrets.length > 0, true);
    });
  }
});
