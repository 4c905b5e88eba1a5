import assert from 'node:assert/strict';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { trusting } from '../../editor/trusted.ts';
import type { Workbench } from '../../editor/workbench.ts';
import {
  accessibilityOf,
  chooseTheme,
  inEveryTheme,
  themes,
  type Accessibility,
} from '../../editor/workbench/accessible.ts';
import { createCertificateAuthority, type TestCertificate } from '../../servers/certificates.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry, startSignIn } from '../signingIn.ts';

const service = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };

/** A private key, and what the provider knows of it. */
async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { pem: await exportPKCS8(privateKey), jwk: { ...publicJwk, kid, use: 'sig' } };
}

for (const [theme, name] of themes)
  describe(`a client with two credentials, in ${theme}`, function () {
    this.timeout(300_000);
    let stage: Stage;
    let server: IdentityProvider;
    let robot: TestCertificate;
    let right: string;
    let window: Workbench;
    let accessibility: Accessibility;
    const ends: (() => Promise<void>)[] = [];

    before(async () => {
      const authority = await createCertificateAuthority('Test Authority');
      const host = 'mtls.localhost';
      const own = await authority.issue('server', { hosts: [host, '127.0.0.1'] });
      const { pem, jwk } = await newKey();
      [robot, right] = [await authority.issue('robot'), pem];
      const bound = { ...service, tls_client_certificate_bound_access_tokens: true };
      server = await startIdentityProvider({
        host,
        tls: { own, authority: authority.certificate, aliases: true },
        clients: [
          {
            ...bound,
            client_id: 'keyed',
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys: [jwk] },
          },
          {
            ...bound,
            client_id: 'secretive',
            token_endpoint_auth_method: 'client_secret_post',
            client_secret: 'the right secret',
          },
        ],
      });
      ends.push(() => server.close());
      const trusted = await trusting(authority);
      ends.push(() => trusted.remove());
      const provider = {
        issuer: server.issuer,
        signInMethod: 'client-credentials',
        certificateBoundTokens: true,
      };
      stage = await openStage({
        env: trusted.env,
        settings: {
          ...trusted.settings,
          'oidc.providers': {
            keyed: {
              ...provider,
              label: 'Keyed',
              clientId: 'keyed',
              clientAuthentication: 'private_key_jwt',
            },
            secretive: {
              ...provider,
              label: 'Secretive',
              clientId: 'secretive',
              clientAuthentication: 'client_secret_post',
            },
          },
        },
      });
      ends.push(() => stage.close());
      window = await stage.openWindow(await stage.newPerson());
      if (inEveryTheme) await chooseTheme(window, theme, name);
      accessibility = accessibilityOf(window, name);
      await accessibility.learnLists();
      accessibility.learnBoxes();
    });
    after(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    const answers = () => server.requestsTo(server.endpoints.token).map(({ status }) => status);

    /** Enters it in the box that the list leads to. */
    async function paste(title: RegExp, row: RegExp, text: string, picture?: string): Promise<void> {
      const { quickInput } = window;
      await quickInput.read(title, ({ items }) => items.length === 2);
      if (picture !== undefined) await accessibility.look(`${picture}-how`);
      await quickInput.pick(row);
      await quickInput.read(title, ({ message }) => message.includes('Kept in secret storage'));
      if (picture !== undefined) await accessibility.look(`${picture}-box`);
      await quickInput.type(text);
      await quickInput.accept();
    }
    const pasteKey = (label: string, pem: string, picture?: string) =>
      paste(new RegExp(`^Client key of ${label}`), /Paste a private key/, pem, picture);
    const pasteCertificate = (label: string, picture?: string) =>
      paste(
        new RegExp(`^Client certificate of ${label}`),
        /Paste PEM/,
        robot.certificate + robot.privateKey,
        picture,
      );

    /** Presses the button of the message that the sign-in failed, and picks the credential to replace. */
    async function replace(label: string, credential: string, buttons: readonly string[]): Promise<void> {
      const failed = new RegExp(`^Sign-in to ${label} failed\\.`);
      const { message, buttons: found } = await window.waitForNotification(failed);
      assert.match(message, /\(invalid_client\)/);
      assert.deepEqual(found, buttons);
      await window.screenshot(`credential-refused-${label}-${name}`);
      await window.pressNotification(failed, 'Replace Client Secret…');
      await window.quickInput.read(`Which credential of ${label} do you want to replace?`);
      await accessibility.look(`credential-which-${label}`);
      await window.quickInput.pick(credential);
    }

    /** Presses the button of the message that says that it was replaced. */
    async function signsIn(label: string): Promise<void> {
      await window.pressNotification(new RegExp(`of ${label} was replaced\\.$`), 'Sign In');
      await window.waitForNotification(new RegExp(`^Signed in to ${label} as service: `));
      assert.match(await accountEntry(window, label), /^service: /);
      await window.clearNotifications();
    }

    it('enters a key and a certificate, and replaces the key that is refused', async () => {
      await startSignIn(window, 'Keyed');
      await pasteKey('Keyed', (await newKey()).pem, 'credential-key');
      await pasteCertificate('Keyed', 'credential-certificate');
      await replace('Keyed', 'Private key', [
        'Show Public Keys…',
        'Replace Client Secret…',
        'Try Again',
        'Show Log',
      ]);
      await pasteKey('Keyed', right);
      await signsIn('Keyed');
      assert.deepEqual(answers(), [401, 200]);
    });

    it('enters a secret and a certificate, and replaces the secret that is refused', async () => {
      const before = answers().length;
      const enterSecret = async (secret: string, picture?: string): Promise<void> => {
        await window.quickInput.read(/^Client secret of Secretive/);
        if (picture !== undefined) await accessibility.look(picture);
        await window.quickInput.type(secret);
        await window.quickInput.accept();
      };
      await startSignIn(window, 'Secretive');
      await enterSecret('a wrong secret', 'credential-secret');
      await pasteCertificate('Secretive');
      await replace('Secretive', 'Client secret', [
        'Replace Client Secret…',
        'Open Settings',
        'Try Again',
        'Show Log',
      ]);
      await enterSecret('the right secret');
      await signsIn('Secretive');
      assert.deepEqual(answers().slice(before), [401, 200]);
    });
  });
