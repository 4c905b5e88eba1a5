import { createConnection } from 'node:net';
import type { Page } from 'playwright-core';
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

/** Waits until the sign-in that is under way says this of itself, and returns it. */
export function waitForProgress(window: Workbench, says: RegExp): Promise<string> {
  let said: string | undefined;
  return waitFor(
    () => Promise.resolve(`the sign-in to say ${says}; it says: ${said ?? 'nothing'}`),
    async () => {
      said = await progress(window);
      return said !== undefined && says.test(said) ? said : undefined;
    },
  );
}

/** Waits until no sign-in is under way any more, and its message is gone. */
export async function noProgress(window: Workbench): Promise<void> {
  await waitFor(
    async () => `no sign-in to be under way; there is: ${(await progress(window)) ?? 'none'}`,
    async () => (await progress(window)) === undefined,
  );
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

/** The address that the browser was last sent to, as somebody has it who has copied it. */
export function lastAddress({ identityProvider }: Stage): string {
  const { issuer, endpoints, requestsTo } = identityProvider;
  const address = new URL(issuer + endpoints.authorization);
  address.search = new URLSearchParams(requestsTo(endpoints.authorization).at(-1)?.query).toString();
  return address.href;
}
