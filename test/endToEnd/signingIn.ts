import { createConnection } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import type { Workbench } from '../editor/workbench.ts';
import type { Stage } from '../stage/stage.ts';
import { waitFor } from '../editor/workbench/waiting.ts';

/** Runs **OIDC: Sign In** and picks the provider, of which there are several. */
export async function startSignIn(window: Workbench, label: string): Promise<void> {
  await window.runCommand('OIDC: Sign In');
  await window.quickInput.read(/which identity provider/);
  await window.quickInput.pick(label);
}

/** As {@link startSignIn}, up to the page that the browser opens. */
export async function openSignIn(window: Workbench, label: string): Promise<Page> {
  const opened = window.nextPage();
  await startSignIn(window, label);
  const page = await opened;
  await waitFor('the page to have an address', () => Promise.resolve(page.url().startsWith('http')));
  await page.waitForLoadState();
  return page;
}

/** What the sign-in that is under way says of itself; undefined if none is. */
export async function progress(window: Workbench, label = ''): Promise<string | undefined> {
  const messages = await window.notifications();
  return messages.find(({ message }) => message.startsWith(`Signing in to ${label}`))?.message;
}

/** Waits until no sign-in is under way any more, and its message is gone. */
export async function noProgress(window: Workbench): Promise<void> {
  await waitFor(
    async () => `no sign-in to be under way; there is: ${(await progress(window)) ?? 'none'}`,
    async () => (await progress(window)) === undefined,
  );
}

/** Clicks a link in the message of the sign-in that is under way. */
export async function followLink(window: Workbench, text: string): Promise<void> {
  await window.page.locator('.notification-list-item-message').getByText(text, { exact: true }).click();
}

/** Waits until the Accounts menu has an account of this provider, and returns its entry. */
export async function accountEntry(window: Workbench, label: string): Promise<string> {
  let entries: string[] = [];
  return waitFor(
    () => Promise.resolve(`an account of ${label} in the Accounts menu: ${entries.join(' | ')}`),
    async () => {
      entries = await window.accountsMenuEntries();
      return entries.find(entry => entry.endsWith(`(${label})`));
    },
  );
}

/** Whether something listens on this port of this computer. */
export function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** A parameter of the last authorization request, which was pushed to the provider (RFC 9126). */
export function lastRequest({ identityProvider }: Stage, parameter: string): string {
  const requests = identityProvider.requestsTo(identityProvider.endpoints.pushedAuthorizationRequest);
  const value = requests.at(-1)?.body[parameter];
  if (typeof value !== 'string') throw new Error(`No authorization request has the parameter ${parameter}`);
  return value;
}

/** Opens the address of the sign-in that is under way in another browser, as somebody does who has copied it. */
export async function openAddressOf({ identityProvider }: Stage, context: BrowserContext): Promise<Page> {
  const { issuer, endpoints, requestsTo } = identityProvider;
  const address = new URL(issuer + endpoints.authorization);
  address.search = new URLSearchParams(requestsTo(endpoints.authorization).at(-1)?.query).toString();
  const page = await context.newPage();
  await page.goto(address.href);
  return page;
}

/** Goes through the provider's pages for a device code as `person` would, until they say how it ended. */
export async function approveOnPage(
  page: Page,
  person: { readonly login: string; readonly password: string },
  decision: 'allow' | 'deny' = 'allow',
): Promise<void> {
  const main = page.locator('main[data-page]');
  const last = decision === 'allow' ? 'device-success' : 'device-denied';
  const press = async (name: string): Promise<void> => {
    const button = page.getByRole('button', { name, exact: true });
    await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
  };
  await waitFor(
    async () => `the page ${last}; there is: ${await main.innerText()}`,
    async () => {
      const [kind] = await main.evaluateAll(found => found.map(element => element.getAttribute('data-page')));
      switch (kind) {
        case last:
          return true;
        case 'device-code':
          await press('Continue');
          return undefined;
        case 'device-confirm':
          await press(decision === 'allow' ? 'Continue' : 'Cancel');
          return undefined;
        case 'login':
          await page.locator('input[name=login]').fill(person.login);
          await page.locator('input[name=password]').fill(person.password);
          await press('Sign in');
          return undefined;
        case 'consent':
          await press('Allow');
          return undefined;
        default:
          return undefined;
      }
    },
  );
}
