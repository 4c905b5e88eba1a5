import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type { BrowserContext, Page } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertSilent, findNotification } from '../hiddenMessages.ts';
import { accountEntry, openSignIn } from '../signingIn.ts';

const plainLabel = 'Plain';

describe('a person who signs out everywhere', function () {
  this.timeout(240_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  let other: Workbench;
  /** Every refresh token that the provider gave. */
  let given: string[];

  before(async () => {
    stage = await openStage({
      faults: true,
      providers: {
        oidc: { redirect: { signedOutPath: '/signed-out' } },
        plain: { label: plainLabel, signOut: 'revoke-and-end-session' },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
    other = await stage.openWindow(person);
  });
  after(() => stage?.close());
  beforeEach(() => {
    given = [];
    const body = (text: string): string => {
      const { refresh_token } = JSON.parse(text) as { refresh_token?: string };
      if (refresh_token !== undefined) given.push(refresh_token);
      return text;
    };
    stage.faults?.on(stage.identityProvider.endpoints.token, { kind: 'replace', body }, { sticky: true });
  });
  afterEach(async () => {
    stage.faults?.heal();
    await window.clearNotifications();
    await person.clearCookies({ domain: 'idp.localhost' });
    for (const page of person.pages()) if (![window.page, other.page].includes(page)) await page.close();
  });

  const requests = (path: 'revocation' | 'endSession') =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints[path]);

  /** What the provider itself says of the refresh tokens that it gave. */
  async function areActive(): Promise<boolean[]> {
    const { clients, endpoints, address } = stage.identityProvider;
    const { clientId, clientSecret } = clients.resourceServer;
    return Promise.all(
      given.map(async token => {
        const response = await fetch(address + endpoints.introspection, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
          body: new URLSearchParams({ token, token_type_hint: 'refresh_token' }),
        });
        return ((await response.json()) as { active: boolean }).active;
      }),
    );
  }

  async function signIn(label: string, who: { login: string; password: string }): Promise<void> {
    const page = await openSignIn(window, label);
    await signInOnPage(page, who);
    await findNotification(window, new RegExp(`^Signed in to ${label} as ${who.login}\\.`));
    await page.close();
  }

  /** So that somebody else can sign in in the same browser. */
  const forgetBrowserSession = () => person.clearCookies({ domain: 'idp.localhost' });

  /** Starts **OIDC: Sign Out Everywhere**, and waits until it offers that. */
  async function askWhere(...offers: readonly RegExp[]): Promise<void> {
    await window.runCommand('OIDC: Sign Out Everywhere');
    await window.quickInput.read(
      /^Sign out of which identity provider/,
      ({ items }) =>
        offers.length === 0 ||
        (items.length === offers.length && offers.every((offer, at) => offer.test(items[at] ?? ''))),
    );
  }

  async function nobodyIn(shown: Workbench, label: string): Promise<void> {
    await waitFor(`no account of ${label} in the Accounts menu`, async () =>
      (await shown.accountsMenuEntries()).every(entry => !entry.endsWith(`(${label})`)),
    );
  }

  async function pageOf(opened: Promise<Page>, kind: string): Promise<Page> {
    const page = await opened;
    await page.locator(`main[data-page="${kind}"]`).waitFor();
    return page;
  }

  it('has several accounts, used by several extensions in several windows', async () => {
    await window.runCommand('Consumer: Who Am I?');
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    await signInOnPage(await opened, people.alice);
    await findNotification(window, new RegExp(`^You are ${people.alice.name}`));
    await window.runCommand('Second Consumer: Who Am I?');
    await window.acceptDialog('Allow');
    await window.quickInput.pick(/^alice/);
    await waitFor('the second extension to be let in', () =>
      Promise.resolve(stage.resourceServer.requestsTo('/whoami').length === 2),
    );
    await forgetBrowserSession();
    await signIn(providerLabel, people.bob);
    for (const shown of [window, other]) {
      const entries = await waitFor('both accounts', async () => {
        const found = await shown.accountsMenuEntries();
        return found.filter(entry => entry.endsWith(`(${providerLabel})`)).length === 2 && found;
      });
      assert.ok(entries.includes(`alice (${providerLabel})`) && entries.includes(`bob (${providerLabel})`));
    }
    assert.deepEqual(await areActive(), [true, true]);

    await askWhere(new RegExp(`^${providerLabel}.*(alice, bob|bob, alice)`));
    await window.screenshot('sign-out-everywhere');
    const confirming = window.nextPage();
    await window.quickInput.pick(providerLabel);
    await window.acceptDialog('Sign Out');
    await findNotification(window, new RegExp(`^Signed out of ${providerLabel}: (alice, bob|bob, alice)\\.`));

    const confirm = await pageOf(confirming, 'sign-out');
    await window.screenshot('sign-out-confirm', confirm);
    const returning = window.nextPage();
    await confirm.getByRole('button', { name: 'Sign out', exact: true }).click();
    await returning;
    const ended = `You are signed out of ${providerLabel}, here and in the browser.`;
    await findNotification(window, new RegExp(`^${ended}$`));
    await window.screenshot('signed-out-everywhere');

    for (const shown of [window, other]) await nobodyIn(shown, providerLabel);
    // The provider has taken the tokens back.
    await eventually(async () => assert.deepEqual(await areActive(), [false, false]));
    const hinted = requests('endSession').map(({ query }) => {
      assert.match(query['state'] ?? '', /^[\w-]{20,}$/);
      assert.match(query['post_logout_redirect_uri'] ?? '', /vscode-path=%2Fsigned-out/);
      return decodeJwt(query['id_token_hint'] ?? '').sub;
    });
    assert.deepEqual(hinted.sort(), [people.alice.sub, people.bob.sub].sort(), 'once for each account');
    assert.equal(new Set(requests('endSession').map(({ query }) => query['state'])).size, 2);
  });

  it('is asked by the provider for a password the next time', async () => {
    const page = await openSignIn(window, providerLabel);
    await page.locator('main[data-page="login"]').waitFor();
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(other, providerLabel), `alice (${providerLabel})`);
  });

  it('is signed out here, and told, when the provider cannot be reached', async () => {
    const pages = person.pages().length;
    const reset = { kind: 'resetBeforeForwarding' } as const;
    const down = stage.faults?.on(stage.identityProvider.endpoints.revocation, reset, { sticky: true });
    await askWhere();
    await window.quickInput.pick(providerLabel);
    await window.acceptDialog('Sign Out');
    const told = new RegExp(
      `^You are signed out of ${providerLabel} here\\. The tokens of alice couldn’t be revoked yet and will be revoked automatically later\\. Your browser might still be signed in\\. Couldn’t reach \\S+ \\([^)]*\\)\\.$`,
    );
    const { severity } = await findNotification(window, told, ['Sign Out in Browser', 'Diagnose']);
    await window.screenshot('sign-out-unreachable');
    assert.equal(severity, 'warning');
    assert.ok((down?.hits ?? 0) > 0);
    for (const shown of [window, other]) await nobodyIn(shown, providerLabel);
    assert.equal(person.pages().length, pages, 'no page was opened that nobody could load');
    await assertSilent(window, shown => shown.severity === 'warning' && !told.test(shown.message));

    stage.faults?.heal();
    // The provider has nobody to ask: its cookies are gone.
    await window.pressNotification(/Your browser might still be signed in/, 'Sign Out in Browser');
    await findNotification(
      window,
      new RegExp(`^You are signed out of ${providerLabel}, here and in the browser\\.$`),
    );
    assert.equal(
      decodeJwt(requests('endSession').at(-1)?.query['id_token_hint'] ?? '').sub,
      people.alice.sub,
    );
  });

  it('stays at the provider where nothing leads back, and is told to look there', async () => {
    await signIn(plainLabel, people.alice);
    const asked = requests('endSession').length;
    const opened = window.nextPage();
    await window.chooseAccountAction(/^alice \(Plain\)/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    const page = await pageOf(opened, 'sign-out');
    const message = `You are signed out of ${plainLabel} here. In the browser, ${plainLabel} shows whether you are signed out there.`;
    await findNotification(window, new RegExp(`^${message}$`));
    const [query, ...more] = requests('endSession')
      .slice(asked)
      .map(request => request.query);
    assert.ok(query && more.length === 0);
    assert.ok(!('post_logout_redirect_uri' in query) && !('state' in query), Object.keys(query).join(' '));
    assert.equal(decodeJwt(query['id_token_hint'] ?? '').sub, people.alice.sub);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.locator('main[data-page="signed-out"]').waitFor();
    await nobodyIn(other, plainLabel);
    await eventually(async () => assert.deepEqual(await areActive(), [false]));
  });

  it('keeps a sign-in whose provider was taken out of the settings, until it is back', async () => {
    await signIn(plainLabel, people.alice);
    const told = requests('revocation').length;
    const { plain, ...without } = stage.settings['oidc.providers'] as Record<string, unknown>;
    await stage.editor.writeSettings({ ...stage.settings, 'oidc.providers': without });
    await window.reload();
    await nobodyIn(window, plainLabel);
    await askWhere(/^plain, alice, No longer in the settings/);
    await window.screenshot('sign-out-left');
    await window.quickInput.cancel();
    await stage.editor.writeSettings({ ...stage.settings, 'oidc.providers': { ...without, plain } });
    await window.reload();
    assert.equal(await accountEntry(window, plainLabel), `alice (${plainLabel})`);
    assert.equal(requests('revocation').length, told);
    assert.deepEqual(await areActive(), [true]);
  });

  it('may decide that nothing is kept for it', async () => {
    const { plain, ...without } = stage.settings['oidc.providers'] as Record<string, unknown>;
    await stage.editor.writeSettings({ ...stage.settings, 'oidc.providers': without });
    await window.reload();
    await askWhere();
    await window.quickInput.pick(/^plain, alice/);
    await window.acceptDialog('Sign Out');
    await findNotification(window, /^Signed out of plain: alice\. The provider is no longer in the settings/);
    await stage.editor.writeSettings({ ...stage.settings, 'oidc.providers': { ...without, plain } });
    await window.reload();
    await window.runCommand('OIDC: Sign Out Everywhere');
    await window.waitForNotification('You aren’t signed in to any identity provider.');
    await nobodyIn(window, plainLabel);
  });
});
