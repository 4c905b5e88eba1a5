import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { loopbackRedirectUri } from '../../servers/identityProvider/clients.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { assertSilent, findNotification } from '../hiddenMessages.ts';
import { accountEntry, openSignIn, startSignIn } from '../signingIn.ts';

const loopback = { signInMethod: 'loopback', acceptsChangingRedirectUri: false };

describe('a person whose clients have secrets and keys', function () {
  this.timeout(240_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  let pem: string;

  before(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    pem = await exportPKCS8(privateKey);
    const publicJwk = await exportJWK(publicKey);
    const keyed = {
      client_id: 'keyed',
      client_name: 'Editor with a Key',
      application_type: 'native' as const,
      token_endpoint_auth_method: 'private_key_jwt' as const,
      token_endpoint_auth_signing_alg: 'ES256' as const,
      jwks: { keys: [{ ...publicJwk, kid: await calculateJwkThumbprint(publicJwk), use: 'sig' }] },
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code' as const],
      redirect_uris: [loopbackRedirectUri],
    };
    stage = await openStage({
      identityProvider: { clients: [keyed] },
      providers: {
        oidc: {},
        secret: {
          ...loopback,
          label: 'Secretive',
          clientId: 'editor-secret',
          clientAuthentication: 'client_secret_basic',
        },
        keyed: { ...loopback, label: 'Keyed', clientId: 'keyed', clientAuthentication: 'private_key_jwt' },
        registered: { ...loopback, label: 'Registered', clientId: undefined },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());

  const secretQuestion = /^Client secret of Secretive/;
  const keyQuestion = /^Client key of Keyed/;

  async function command(title: string, label: string): Promise<void> {
    await window.runCommand(title);
    await window.quickInput.read(/which identity provider/);
    await window.quickInput.pick(label);
  }

  /** Signs in where the browser opens, and waits until the editor says so. */
  async function finish(opened: ReturnType<Workbench['nextPage']>, label: string): Promise<void> {
    const page = await opened;
    await page.waitForURL(/^http/);
    await signInOnPage(page, people.alice);
    await findNotification(window, new RegExp(`^Signed in to ${label} as alice\\.`));
    await page.close();
    await window.clearNotifications();
  }

  async function enterSecret(secret: string): Promise<void> {
    await window.quickInput.read(secretQuestion);
    await window.quickInput.type(secret);
    await window.quickInput.accept();
  }

  /** The JSON document that is open. */
  async function openDocument(): Promise<{ text: string; keys: Record<string, unknown>[] }> {
    return waitFor('a JSON Web Key Set in the editor', async () => {
      const lines = await window.page.locator('.editor-instance .view-line').allInnerTexts();
      const text = lines.join('\n').replace(/\u00a0/g, ' ');
      try {
        return { text, ...(JSON.parse(text) as { keys: Record<string, unknown>[] }) };
      } catch (error) {
        // Not drawn to its end yet.
        if (error instanceof SyntaxError) return undefined;
        throw error;
      }
    });
  }

  const settings = async (): Promise<Record<string, unknown>> => {
    const all = JSON.parse(await readFile(stage.editor.settingsFile, 'utf8')) as Record<string, unknown>;
    return all['oidc.providers'] as Record<string, unknown>;
  };

  it('is asked for the secret in a box that hides it, and again if it was wrong', async () => {
    await startSignIn(window, 'Secretive');
    await window.quickInput.read(secretQuestion);
    await window.page.locator('.quick-input-widget .quick-input-box input[type="password"]').waitFor();
    await window.screenshot('client-secret');
    await enterSecret('wrong');
    await findNotification(window, /^Sign-in to Secretive failed\./);
    await window.clearNotifications();

    await startSignIn(window, 'Secretive');
    const opened = window.nextPage();
    await enterSecret(stage.identityProvider.clients.editorSecret.clientSecret);
    await finish(opened, 'Secretive');
    assert.equal(await accountEntry(window, 'Secretive'), 'alice (Secretive)');
  });

  it('may leave that question, and is told what is missing', async () => {
    await startSignIn(window, 'Keyed');
    await window.quickInput.read(keyQuestion);
    await window.quickInput.cancel();
    const { message } = await findNotification(window, /^Sign-in to Keyed failed\./);
    assert.match(message, /isn’t stored on this computer/);
    await window.clearNotifications();
  });

  it('replaces the secret, which the next sign-in sends', async () => {
    await command('OIDC: Replace Client Secret…', 'Secretive');
    await enterSecret('changed at the provider');
    await startSignIn(window, 'Secretive');
    await findNotification(window, /^Sign-in to Secretive failed\./);
    await window.clearNotifications();
    await command('OIDC: Replace Client Secret…', 'Secretive');
    await enterSecret(stage.identityProvider.clients.editorSecret.clientSecret);
    const opened = window.nextPage();
    await startSignIn(window, 'Secretive');
    await finish(opened, 'Secretive');
    await command('OIDC: Replace Client Secret…', 'Company');
    await findNotification(window, /^The client of Company is public/);
    await window.clearNotifications();
  });

  it('pastes a private key, is told at once if it is none, and signs in with it', async () => {
    await startSignIn(window, 'Keyed');
    await window.quickInput.read(keyQuestion);
    await window.quickInput.pick(/Paste a private key/);
    await window.quickInput.read(keyQuestion, ({ message }) => /^Private key as PEM/.test(message));
    await window.quickInput.type('-----BEGIN PUBLIC KEY-----');
    await window.quickInput.read(keyQuestion, ({ message }) => message.includes('Enter the private key'));
    await window.quickInput.type(pem);
    const opened = window.nextPage();
    await window.quickInput.accept();
    await finish(opened, 'Keyed');
  });

  it('sees the public key, and nothing of the private one', async () => {
    await command('OIDC: Show Public Keys of a Client…', 'Keyed');
    const { text, keys } = await openDocument();
    await window.screenshot('public-keys');
    assert.equal(keys[0]?.['alg'], 'ES256');
    assert.doesNotMatch(text, /"d"/);
    await window.runCommand('View: Revert and Close Editor');
    await command('OIDC: Show Public Keys of a Client…', 'Secretive');
    await findNotification(window, /^No key is stored for the client of Secretive/);
    await window.clearNotifications();
  });

  it('makes a new key, whose public part is shown to be registered', async () => {
    await command('OIDC: Replace Client Secret…', 'Keyed');
    await window.quickInput.read(keyQuestion);
    await window.quickInput.pick(/Make a new key/);
    const { text, keys } = await openDocument();
    assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    assert.doesNotMatch(text, /"d"/);
    await window.runCommand('View: Revert and Close Editor');
  });

  it('forgets a registration, and the next sign-in makes a new one', async () => {
    const { registration } = stage.identityProvider.endpoints;
    const made = () =>
      stage.identityProvider.requestsTo(registration).filter(({ method }) => method === 'POST').length;
    await finish(openSignIn(window, 'Registered'), 'Registered');
    await finish(openSignIn(window, 'Registered'), 'Registered');
    assert.equal(made(), 1);
    await command('OIDC: Forget Registration…', 'Registered');
    await window.acceptDialog('Forget');
    await findNotification(window, /^This editor’s registration with Registered is forgotten here/);
    await finish(openSignIn(window, 'Registered'), 'Registered');
    assert.equal(made(), 2);
    await command('OIDC: Forget Registration…', 'Company');
    await findNotification(window, /^This editor isn’t registered automatically with Company/);
    await window.clearNotifications();
  });

  it('edits a provider where it is written', async () => {
    await command('OIDC: Edit Identity Provider…', 'Secretive');
    const place = window.page.locator('.monaco-breadcrumb-item', { hasText: /^secret$/ });
    await place.waitFor();
    await window.screenshot('edit-provider');
    await waitFor('the settings to be closed', async () => {
      await window.page.keyboard.press('Escape');
      return !(await place.isVisible());
    });
  });

  it('takes a provider out of the settings only: who is signed in is so again when it is back', async () => {
    const before = await settings();
    await command('OIDC: Remove Identity Provider…', 'Secretive');
    await window.readDialog(/^Remove Secretive\?/);
    await window.screenshot('remove-provider');
    const { detail } = await window.acceptDialog('Remove and Keep Data', /^Remove Secretive\?/);
    assert.match(detail, /^Signed-in accounts: alice\./);
    await waitFor('no account of it', async () =>
      (await window.accountsMenuEntries()).every(entry => !entry.includes('Secretive')),
    );
    await eventually(async () =>
      assert.deepEqual(Object.keys(await settings()), ['oidc', 'keyed', 'registered']),
    );
    const { revocation, authorization } = stage.identityProvider.endpoints;
    const asked = stage.identityProvider.requestsTo(authorization).length;
    assert.deepEqual(stage.identityProvider.requestsTo(revocation), []);

    await stage.editor.writeSettings({ ...stage.settings, 'oidc.providers': before });
    await window.reload();
    assert.equal(await accountEntry(window, 'Secretive'), 'alice (Secretive)');
    assert.equal(stage.identityProvider.requestsTo(authorization).length, asked, 'without a sign-in');
  });

  it('removes it for good: the tokens are given back, with the secret that is forgotten then', async () => {
    await command('OIDC: Remove Identity Provider…', 'Secretive');
    await window.acceptDialog('Sign Out and Remove', /^Remove Secretive\?/);
    await waitFor('the setting to be gone', async () => !('secret' in (await settings())));
    await eventually(() => {
      const given = stage.identityProvider.requestsTo(stage.identityProvider.endpoints.revocation);
      // The provider cannot take back an access token that it does not keep (RFC 7009 section 2.2.1).
      const statuses = given.map(({ status }) => status);
      assert.ok(statuses.includes(200) && !statuses.includes(401), statuses.join(' '));
    });
    await assertSilent(window, ({ message }) => message.includes('couldn’t be revoked'));
  });
});
