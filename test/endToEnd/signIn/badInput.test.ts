import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { changeStoredSecrets, secretKey, type StoredSecrets } from '../../editor/storedSecrets.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { listen, stop } from '../../servers/listening.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertSilent, findNotification } from '../hiddenMessages.ts';

const extensionId = 'vscode-oidc.oidc-authentication';

describe('a sign-in that goes wrong', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  /** An address at which nobody listens. */
  let nowhere: string;

  before(async () => {
    const nobody = createServer();
    nowhere = `http://down.localhost:${await listen(nobody)}`;
    await stop(nobody);
    // Short, as one of them must end by it, and long enough for all others on a slow computer.
    stage = await openStage({ settings: { 'oidc.signIn.timeout': 60 } });
    const settings = stage.settings['oidc.providers'] as { oidc: object };
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': {
        ...settings,
        down: { label: 'Down', issuer: nowhere, clientId: 'editor', allowLoopbackHttp: true },
        stranger: { ...settings.oidc, label: 'Stranger', clientId: 'nobody-knows-me' },
        patient: { ...settings.oidc, label: 'Patient' },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());

  /** Begins a sign-in from the palette; resolves when the provider has been picked. */
  async function beginSignIn(provider: string): Promise<void> {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read('Sign in with which identity provider?');
    await window.quickInput.pick(provider);
  }

  /** The same, as far as the page that it opens. */
  async function openSignIn(provider: string): Promise<Page> {
    const opened = window.nextPage();
    await beginSignIn(provider);
    const page = await opened;
    await page.waitForLoadState();
    return page;
  }

  /** Where the answer to the latest authorization request is to go, whichever way that was made. */
  function redirectUri(): string {
    const { requests, endpoints } = stage.identityProvider;
    const request = requests.findLast(
      ({ path, query, body }) =>
        (path === endpoints.authorization && 'redirect_uri' in query) ||
        (path === endpoints.pushedAuthorizationRequest && 'redirect_uri' in body),
    );
    return String(request?.query['redirect_uri'] ?? request?.body['redirect_uri']);
  }

  /** Sends an answer that no sign-in waits for, and waits until it is ignored. */
  async function sendForeignAnswer(address: string): Promise<void> {
    const ignored = async (): Promise<number> =>
      [...(await stage.editor.readLogs()).values()].join('').split('no sign-in waits for; ignored').length;
    const before = await ignored();
    const page = await person.newPage();
    await page.goto(`${address}&code=stolen&state=unknown&iss=${stage.identityProvider.issuer}`);
    await waitFor('the address to be ignored', async () => (await ignored()) > before);
    await page.close();
  }

  const progressOf = (provider: string) => new RegExp(`^Signing in to ${provider}`);

  it('because the provider does not know the client: that is told', async () => {
    await beginSignIn('Stranger');
    const buttons = ['Open Settings', 'Try Again', 'Show Log'];
    const { message } = await findNotification(window, /^Sign-in to Stranger failed\./, buttons);
    assert.match(
      message,
      /rejected the client ID or its credentials \(invalid_client\)\..* Check the provider’s client ID/,
    );
    await window.screenshot('bad-client-id');
  });

  it('because the provider cannot be reached: that is told, and it can be tried again', async () => {
    await beginSignIn('Down');
    const message = /^Sign-in to Down failed\. Couldn’t reach down\.localhost:\d+ \(the connection was/;
    const { severity, message: text } = await findNotification(window, message, ['Try Again', 'Show Log']);
    assert.equal(severity, 'error');
    assert.match(text, /Check the URL, your network, proxy, and VPN, then try again\.$/);
    await window.screenshot('bad-unreachable');
    const server = createServer((_request, response) => response.writeHead(404).end());
    await listen(server, Number(new URL(nowhere).port));
    try {
      await window.pressNotification(message, 'Try Again');
      await findNotification(
        window,
        /^Sign-in to Down failed\. Couldn’t find OpenID Connect or OAuth metadata/,
      );
    } finally {
      await stop(server);
    }
    await window.clearNotifications();
  });

  it('because the person says no at the provider: that is told, and the next time they may say yes', async () => {
    await signInOnPage(await openSignIn(providerLabel), people.alice, { consent: 'deny' });
    const message = new RegExp(`^Sign-in to ${providerLabel} failed\\. .* refused the sign-in`);
    const buttons = ['Try Again', 'Try Another Way', 'Show Log'];
    const { message: text } = await findNotification(window, message, buttons);
    assert.match(text, /Server message: “The person denied the request”\./);
    await window.screenshot('bad-access-denied');
    const opened = window.nextPage();
    await window.pressNotification(message, 'Try Again');
    await signInOnPage(await opened, people.alice);
    await waitFor('the account', async () =>
      (await window.accountsMenuEntries()).includes(`alice (${providerLabel})`),
    );
  });

  it('because the person closes the browser and cancels: then it is over, and nothing more is said', async () => {
    const page = await openSignIn(providerLabel);
    const late = redirectUri();
    await page.close();
    await window.waitForNotification(progressOf(providerLabel));
    await window.screenshot('bad-cancel');
    await window.pressNotification(progressOf(providerLabel), 'Cancel');
    await waitFor('the progress to be gone', async () =>
      (await window.notifications()).every(({ message }) => !progressOf(providerLabel).test(message)),
    );
    await assertSilent(window, ({ severity }) => severity !== 'info');

    // An answer to it that comes later goes nowhere, whoever sends it: the next sign-in does not take it for its own.
    const next = await openSignIn(providerLabel);
    assert.notEqual(redirectUri(), late);
    const tokens = stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token).length;
    await sendForeignAnswer(late);
    await window.waitForNotification(progressOf(providerLabel));
    assert.equal(
      stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token).length,
      tokens,
      'the code was not used',
    );
    await signInOnPage(next, people.alice);
    await window.waitForNotification(`Signed in to ${providerLabel} as alice.`);
  });

  it('because only a response that is not its own has come when the time is over: that is told', async function () {
    this.timeout(300_000);
    await waitFor('a foreign response in time', async () => {
      await window.clearNotifications();
      const page = await openSignIn('Patient');
      await sendForeignAnswer(redirectUri());
      await page.close();
      // On a slow computer, the time may be over by then.
      return (await window.notifications()).some(({ message }) => progressOf('Patient').test(message));
    });
    await signInOnPage(await openSignIn(providerLabel), people.alice);
    await window.waitForNotification(`Signed in to ${providerLabel} as alice.`);
    const { message } = await window.waitForNotification(/^Sign-in to Patient failed\./, {
      milliseconds: 120_000,
    });
    assert.match(message, /belong to no sign-in and weren’t used \(with another "state", 1 in all\)/);
    await window.screenshot('bad-no-answer');
  });

  it('because what was stored of it is damaged: that is told, and it is put aside', async () => {
    await window.close();
    let damaged: StoredSecrets = {};
    await changeStoredSecrets(person, stage.editor, secrets => {
      const keys = Object.keys(secrets).filter(key => key.includes(extensionId) && key.includes('grant:'));
      assert.equal(keys.length, 1, Object.keys(secrets).join(' | '));
      for (const key of keys) secrets[key] = `${secrets[key]?.slice(0, 40)} and so on`;
      damaged = Object.fromEntries(keys.map(key => [key, secrets[key] ?? '']));
    });
    window = await stage.openWindow(person);
    const { severity } = await window.waitForNotification(
      'A stored sign-in is damaged and can’t be read. It’s kept but not used.',
    );
    assert.equal(severity, 'warning');
    await window.screenshot('bad-stored-sign-in');
    await eventually(async () =>
      assert.ok(!(await window.accountsMenuEntries()).some(entry => entry.startsWith('alice'))),
    );

    await signInOnPage(await openSignIn(providerLabel), people.alice);
    await window.waitForNotification(`Signed in to ${providerLabel} as alice.`);
    await window.close();
    await changeStoredSecrets(person, stage.editor, secrets => {
      for (const [key, text] of Object.entries(damaged)) {
        const { key: name } = JSON.parse(key) as { key: string };
        assert.equal(secrets[secretKey(extensionId, `set-aside:${name}`)], text, 'it can still be looked at');
      }
      const [index] = [secrets[secretKey(extensionId, 'grants')]];
      assert.ok(index !== undefined);
      secrets[secretKey(extensionId, 'grants')] = '{"version":1,"grants":"none"}';
    });
    window = await stage.openWindow(person);
    await window.waitForNotification(/^A stored sign-in is damaged/);
  });
});
