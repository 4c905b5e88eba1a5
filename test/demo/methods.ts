/** What `npm start -- --method <name>` shows of each sign-in method: from the click to the answer. */
import type { Page } from 'playwright-core';
import { approveDeviceOnPage, signInOnPage } from '../manifest/client/playwright.ts';
import type { Workbench } from '../editor/workbench.ts';
import { panelOf } from '../editor/workbench/panel.ts';
import { startBridgeHost } from '../servers/bridgeHost.ts';
import { people } from '../servers/identityProvider/people.ts';
import { providerLabel, type Stage, type StageOptions } from '../stage/stage.ts';

/** Tells and shows what happens. */
export interface Report {
  say(text: string): void;
  picture(page: Page, name: string): Promise<void>;
}

/** One sign-in method. */
export interface SignInMethod {
  readonly stage?: StageOptions;
  /** When the editor has its address. */
  prepare?(stage: Stage): void;
  /** Goes on after `click`, which starts the sign-in, until the answer is on its way to the editor. */
  go(stage: Stage, window: Workbench, click: () => Promise<void>, report: Report): Promise<void>;
  close?(): Promise<void>;
  /** Who is signed in at the end; by default alice. */
  readonly who?: { readonly label: string; readonly name: string };
}

const { alice } = people;

/** Starts a sign-in, and signs in where the browser is sent. Resolves with that page when it has left the provider. */
async function inBrowser(window: Workbench, click: () => Promise<void>, report: Report): Promise<Page> {
  const opened = window.nextPage();
  await click();
  const page = await opened;
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  report.say(`The browser is at ${providerLabel}, the identity provider`);
  await report.picture(page, 'login-page');
  await report.picture(window.page, 'waiting');
  await signInOnPage(page, alice);
  report.say(`${alice.login} signed in there and allowed the access`);
  return page;
}

/** The provider accepts the changing address of an editor in the browser. */
const usual: SignInMethod = {
  async go(_stage, window, click, report) {
    await inBrowser(window, click, report);
    report.say('The browser comes back to the editor');
  },
};

/** No client id is set: the editor registers its address of the moment. */
const uriHandler: SignInMethod = {
  stage: {
    providers: {
      oidc: { signInMethod: 'uri-handler', clientId: undefined, acceptsChangingRedirectUri: false },
    },
  },
  async go({ identityProvider }, window, click, report) {
    await inBrowser(window, click, report);
    const [registration] = identityProvider.requestsTo(identityProvider.endpoints.registration);
    const [address] = (registration?.body['redirect_uris'] ?? []) as string[];
    report.say(`The editor had registered its own address, where the browser came back: ${address ?? '?'}`);
  },
};

const loopback: SignInMethod = {
  stage: { providers: { oidc: { signInMethod: 'loopback', clientId: 'editor' } } },
  async go(_stage, window, click, report) {
    const page = await inBrowser(window, click, report);
    await page.getByRole('heading').waitFor();
    report.say(`The browser ended on this computer: ${new URL(page.url()).origin}`);
    await report.picture(page, 'loopback-page');
  },
};

const paste: SignInMethod = {
  stage: { providers: { oidc: { signInMethod: 'paste', clientId: 'editor' } } },
  async go(_stage, window, click, report) {
    const failed = window.context.waitForEvent('requestfailed', request => request.url().includes('code='));
    await inBrowser(window, click, report);
    const address = (await failed).url();
    report.say(`The browser ended on a page that does not open: ${address.split('?')[0] ?? ''}?…`);
    await window.followLink(/^Signing in to/, 'Paste URL');
    await window.quickInput.read();
    await window.quickInput.type(address);
    await report.picture(window.page, 'pasted');
    await window.quickInput.accept();
    report.say('Its address was pasted into the editor');
  },
};

const deviceCode: SignInMethod = {
  stage: { providers: { oidc: { signInMethod: 'device-code' } } },
  async go(stage, window, click, report) {
    await click();
    const panel = panelOf(window.page);
    await panel.locator('#code').waitFor();
    const code = await panel.locator('#code').innerText();
    const address = await panel.locator('#address').innerText();
    report.say(`The editor shows the code ${code}, to be entered at ${address}`);
    await report.picture(window.page, 'device-code');

    const phone = await stage.browser.newContext({ viewport: { width: 390, height: 760 } });
    const page = await phone.newPage();
    await page.goto(address);
    await page.locator('input[name=user_code]').fill(code);
    await report.picture(page, 'phone');
    await approveDeviceOnPage(page, alice);
    report.say(`${alice.login} entered it on a phone, signed in there and allowed the access`);
    await report.picture(page, 'phone-done');
    await phone.close();
  },
};

/** Nobody signs in: the client has a secret, which is asked for once. */
const clientCredentials: SignInMethod = {
  stage: {
    providers: {
      oidc: {
        signInMethod: 'client-credentials',
        clientId: 'editor-secret',
        clientAuthentication: 'client_secret_basic',
      },
    },
  },
  who: { label: 'service: editor-secret', name: 'editor-secret' },
  async go({ identityProvider }, window, click, report) {
    await click();
    await window.quickInput.read(/^Client secret of/);
    await report.picture(window.page, 'client-secret');
    await window.quickInput.type(identityProvider.clients.editorSecret.clientSecret);
    await window.quickInput.accept();
    report.say('The editor asked for the client secret, once; no browser is opened');
  },
};

async function bridge(): Promise<SignInMethod> {
  const site = await startBridgeHost();
  const client = {
    client_id: 'bridged',
    client_name: 'Editor behind a Bridge',
    application_type: 'native' as const,
    token_endpoint_auth_method: 'none' as const,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
    redirect_uris: [site.bridge],
  };
  return {
    stage: {
      identityProvider: { clients: [client] },
      providers: {
        oidc: { signInMethod: 'bridge', clientId: client.client_id, redirect: { bridge: site.bridge } },
      },
    },
    prepare: stage => site.allow(stage.editor.origin),
    async go(_stage, window, click, report) {
      await inBrowser(window, click, report);
      report.say(`The browser goes by ${site.bridge}, which hands the answer on to the editor`);
    },
    close: () => site.close(),
  };
}

const methods: Readonly<Record<string, () => SignInMethod | Promise<SignInMethod>>> = {
  'uri-handler': () => uriHandler,
  loopback: () => loopback,
  bridge,
  paste: () => paste,
  'device-code': () => deviceCode,
  'client-credentials': () => clientCredentials,
};

/**
 * The method with this name; without one, the one that the planner picks for the usual provider.
 *
 * @throws {Error} that lists the names, if there is none with this one.
 */
export async function methodNamed(name: string | undefined): Promise<SignInMethod> {
  if (name === undefined) return usual;
  const method = methods[name];
  if (!method)
    throw new Error(`There is no method “${name}”. Try --method ${Object.keys(methods).join(' | ')}`);
  return method();
}
