import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, request } from 'node:https';
import { connect } from 'node:net';
import * as vscode from 'vscode';
import { selfSignedCertificate } from '../servers/certificates.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { listen, loopback, stop } from '../servers/listening.ts';
import { accountLabels, configure, definitionOf, issuerHost, signInFromMenu, silently } from './editor.ts';
import { clearMessages, sitDown } from './outside.ts';

const set = (settings: Readonly<Record<string, unknown>>) =>
  Promise.all(
    Object.entries(settings).map(([name, value]) =>
      vscode.workspace.getConfiguration('http').update(name, value, vscode.ConfigurationTarget.Global),
    ),
  );

/** Whoever can write the person's settings sets these. */
describe('the network settings of the editor', () => {
  let company: IdentityProvider;
  let imposter: Server;
  let proxy: Server;
  let imposterPort: number;
  /** What the proxy was asked for. It hands everything https to the imposter. */
  const seen: string[] = [];

  before(async () => {
    company = await startIdentityProvider({ host: issuerHost });
    const { certificate: cert, privateKey: key } = await selfSignedCertificate('imposter');
    imposter = createSecureServer({ cert, key }, (_, response) => response.end('imposter'));
    imposterPort = await listen(imposter);
    proxy = createServer(({ method, url }, response) => {
      seen.push(`${method} ${url}`);
      response.writeHead(502).end();
    });
    proxy.on('connect', ({ url = '' }, near) => {
      seen.push(`CONNECT ${url}`);
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      const far = connect(imposterPort, loopback);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    });
    await set({ proxy: `http://${loopback}:${await listen(proxy)}`, proxyStrictSSL: false });
    await sitDown(people.alice);
  });
  beforeEach(() => seen.splice(0));
  after(async () => {
    await set({ proxy: undefined, proxyStrictSSL: undefined });
    await configure(undefined);
    await sitDown(undefined);
    await clearMessages();
    for (const server of [imposter, proxy]) await stop(server);
    await company.close();
  });

  const viaHttps = (url: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent: false }, response => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });

  for (const [what, send] of [
    ['fetch', (url: string) => fetch(url, { redirect: 'manual' })],
    ['node:https, for client certificates', viaHttps],
  ] as const) {
    it(`let nobody on the way pose as a server: ${what}`, async () => {
      await assert.rejects(send('https://login.example.test/token'));
      assert.deepEqual(seen, ['CONNECT login.example.test:443']);
      await assert.rejects(send(`https://${loopback}:${imposterPort}/token`));
    });
  }

  it('would give the proxy what is for this computer, as another extension sends it', async () => {
    const { port } = new URL(company.issuer);
    await assert.rejects(fetch(company.issuer));
    assert.deepEqual(seen, [`CONNECT ${issuerHost}:${port}`]);
  });

  it('give the proxy nothing of a sign-in to a provider on this computer', async () => {
    await configure({ oidc: definitionOf(company, { label: 'Here' }) });
    await signInFromMenu('oidc', ['openid']);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
    assert.ok(await silently('oidc', ['openid']));
    assert.deepEqual(
      seen.filter(line => line.includes(issuerHost)),
      [],
    );
  });
});
