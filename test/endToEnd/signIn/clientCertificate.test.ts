import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { trusting } from '../../editor/trusted.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually } from '../../editor/workbench/waiting.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../servers/certificates.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const client = {
  client_id: 'robot',
  token_endpoint_auth_method: 'tls_client_auth' as const,
  tls_client_auth_san_dns: 'robot.example.com',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
};

describe('a client with a certificate (RFC 8705), in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let server: IdentityProvider;
  let authority: CertificateAuthority;
  let person: BrowserContext;
  let window: Workbench;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    authority = await createCertificateAuthority('Test Authority');
    const host = 'mtls.localhost';
    server = await startIdentityProvider({
      host,
      accessTokens: 'opaque',
      tls: {
        own: await authority.issue('server', { hosts: [host, '127.0.0.1'] }),
        authority: authority.certificate,
        aliases: true,
      },
      clients: [client],
    });
    ends.push(() => server.close());
    const trusted = await trusting(authority);
    ends.push(() => trusted.remove());
    stage = await openStage({
      env: trusted.env,
      settings: {
        ...trusted.settings,
        'oidc.providers': {
          oidc: {
            label: 'Robots',
            issuer: server.issuer,
            clientId: client.client_id,
            clientAuthentication: client.token_endpoint_auth_method,
            signInMethod: 'client-credentials',
          },
        },
      },
    });
    ends.push(() => stage.close());
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const tokenRequests = () => server.requestsTo(server.endpoints.token).map(({ status }) => status);

  /** It has the title of the list before it. */
  const boxIsThere = () =>
    window.quickInput.read(/^Client certificate of Robots/, ({ message }) => /as PEM/.test(message));

  it('is told what is wrong with what is entered, and that the wrong one is refused', async () => {
    const stranger = await authority.issue('stranger');
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(/^Client certificate of Robots/);
    await window.screenshot('certificate-how');
    await window.quickInput.pick(/Paste PEM/);
    await boxIsThere();
    await window.quickInput.type(stranger.certificate);
    await window.quickInput.accept();
    await window.quickInput.read(undefined, ({ message }) =>
      message.includes('a PEM with “BEGIN PRIVATE KEY”'),
    );
    await window.screenshot('certificate-problem');
    await window.quickInput.type(stranger.certificate + stranger.privateKey);
    await window.quickInput.accept();
    const { message } = await window.waitForNotification(/^Sign-in to Robots failed\./);
    assert.match(message, /rejected the client ID or its credentials \(invalid_client\)/);
    assert.deepEqual(tokenRequests(), [401]);
    await window.clearNotifications();
  });

  it('is asked for the certificate again, and signs in with it', async () => {
    const { certificate, privateKey } = await authority.issue('robot');
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(/^Client certificate of Robots/);
    await window.quickInput.pick(/Paste PEM/);
    await boxIsThere();
    await window.quickInput.type(privateKey + certificate);
    await window.quickInput.accept();
    await window.waitForNotification('Signed in to Robots as service: robot.');
    assert.equal(await accountEntry(window, 'Robots'), 'service: robot (Robots)');
    assert.deepEqual(tokenRequests(), [401, 200]);
    const line = privateKey.split('\n')[1] ?? '';
    await eventually(async () => {
      const logs = [...(await stage.editor.readLogs())];
      assert.ok(logs.some(([, text]) => text.includes('signed in')));
      for (const [file, text] of logs) assert.ok(!text.includes(line), file);
    });
  });

  it('has it after a reload, and shows its public part', async () => {
    await window.reload();
    await window.runCommand('OIDC: Sign In');
    await window.waitForNotification('Signed in to Robots as service: robot.');
    assert.deepEqual(tokenRequests(), [401, 200, 200]);
    await window.runCommand('OIDC: Show Public Keys of a Client…');
    await window.quickInput.read(/^Show the public key of which/);
    await window.quickInput.accept();
    const shown = window.page.locator('.editor-container .monaco-editor .view-lines').first();
    await shown.filter({ hasText: 'x5t#S256' }).waitFor();
    assert.doesNotMatch(await shown.innerText(), /"d"/);
  });
});
