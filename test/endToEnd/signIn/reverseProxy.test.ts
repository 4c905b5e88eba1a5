import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { openWorkbench, type Workbench } from '../../editor/workbench.ts';
import { startPathProxy, type PathProxy } from '../../servers/pathProxy.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry, lastRequest, openSignIn } from '../signingIn.ts';

describe('behind a reverse proxy, under a path', function () {
  this.timeout(180_000);
  let stage: Stage;
  let proxy: PathProxy;
  let person: BrowserContext;
  let window: Workbench;
  let first: string;

  before(async () => {
    stage = await openStage({
      providers: {
        oidc: { label: 'Accepts' },
        registers: { label: 'Registers', clientId: undefined, acceptsChangingRedirectUri: false },
      },
    });
    proxy = await startPathProxy('/tools/editor', stage.editor.origin);
    person = await stage.newPerson();
    window = await openWorkbench(person, stage.editor.url().replace(stage.editor.origin, proxy.url));
  });
  after(async () => {
    await proxy?.close();
    await stage?.close();
  });
  afterEach(async () => {
    await window.clearNotifications();
    await person.clearCookies({ domain: 'idp.localhost' });
  });

  it('signs in by the address of the editor at a provider that accepts a changing one', async () => {
    const page = await openSignIn(window, 'Accepts');
    const redirectUri = lastRequest(stage, 'redirect_uri');
    assert.ok(redirectUri.startsWith(`${proxy.url}/stable-`), redirectUri);
    first = redirectUri;
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Accepts'), 'alice (Accepts)');
    assert.ok(page.url().startsWith(`${proxy.url}/stable-`), page.url());
  });

  it('registers the address that it has there', async () => {
    const page = await openSignIn(window, 'Registers');
    const redirectUri = lastRequest(stage, 'redirect_uri');
    assert.ok(redirectUri.startsWith(`${proxy.url}/stable-`), redirectUri);
    assert.notEqual(redirectUri, first, 'another one than before');
    await signInOnPage(page, people.bob);
    assert.equal(await accountEntry(window, 'Registers'), 'bob (Registers)');
  });

  it('is still signed in after a reload', async () => {
    await window.reload();
    assert.equal(await accountEntry(window, 'Accepts'), 'alice (Accepts)');
    assert.equal(await accountEntry(window, 'Registers'), 'bob (Registers)');
  });

  it('went through the proxy with everything', () => {
    const strayed = proxy.strayed.filter(path => path !== '/favicon.ico');
    assert.deepEqual(strayed, []);
  });
});
