import type { Page } from 'playwright-core';
import type { QuickInputContent } from './quickInput.ts';
import { waitFor } from './waiting.ts';
import type { Workbench } from '../workbench.ts';

/** The pages of *OIDC: Add Identity Provider…*, by their titles or placeholders. */
export const wizard = {
  where: 'Add Identity Provider',
  summary: 'Press Enter to sign in, or select a setting to change it',
  client: 'Client',
  register: 'Paste the client ID of the app here, or select how to get one',
  secret: 'Client secret',
  name: 'Name',
} as const;

/** Enters the address of a provider, and waits for what the editor makes of it. */
export async function connectTo({ quickInput }: Workbench, address: string): Promise<void> {
  await quickInput.read(wizard.where);
  await quickInput.type(address);
  await quickInput.pick(/Connect to /);
}

/** Leads from the summary, where the editor would register itself, to what has to be registered for a client ID. */
export async function chooseClientId({ quickInput }: Workbench): Promise<QuickInputContent> {
  await quickInput.read(wizard.summary);
  await quickInput.pick(/Change client…/);
  await quickInput.read(wizard.client);
  await quickInput.pick(/Use a client ID/);
  return quickInput.read(wizard.register);
}

/** Pastes the client ID. */
export async function pasteClientId({ quickInput }: Workbench, clientId: string): Promise<void> {
  await quickInput.read(wizard.register);
  await quickInput.type(clientId);
  await quickInput.pick(/Continue with client ID/);
}

/** Gives the provider a name of its own, in the summary. */
export async function rename({ quickInput }: Workbench, name: string): Promise<void> {
  await quickInput.read(wizard.summary);
  await quickInput.pick(/Change name…/);
  await quickInput.read(wizard.name);
  await quickInput.type(name);
  await quickInput.pick(`Use “${name}”`);
}

/** How somebody fared who had only the address of a provider. */
export interface Added {
  readonly isSignedIn: boolean;
  /** What the editor said: who is signed in, or what is to be changed. */
  readonly said: string;
}

/**
 * Adds a provider by nothing but its address: Enter on each page, and what the browser asks for.
 *
 * @param options.visit does what a person does on the pages of the provider.
 * @param options.shoot is told what can be seen now.
 */
export async function addByAddress(
  window: Workbench,
  address: string,
  { visit, shoot }: { visit?: (page: Page) => Promise<void>; shoot?: (name: string) => Promise<void> } = {},
): Promise<Added> {
  const { quickInput, page, context } = window;
  await window.runCommand('OIDC: Add Identity Provider…');
  await connectTo(window, address);
  const found = await waitFor(
    async () => `what the editor makes of ${address}; there is: ${JSON.stringify(await boxIn(page))}`,
    async () => {
      const box = await boxIn(page);
      return (box.placeholder === wizard.summary || box.message !== '') && box;
    },
  );
  await shoot?.('summary');
  if (found.placeholder !== wizard.summary) return { isSignedIn: false, said: found.message };

  const opened: Page[] = [];
  const failed: unknown[] = [];
  const open = (other: Page): void => {
    opened.push(other);
    visit?.(other).catch((error: unknown) => failed.push(error));
  };
  context.on('page', open);
  try {
    const { host } = new URL(address);
    await quickInput.accept();
    return await waitFor(
      async () => `the end of the sign-in; there is: ${JSON.stringify(await boxIn(page))}`,
      async () => {
        if (failed.length > 0) throw failed[0];
        for (const { message } of await window.notifications())
          if (message.startsWith(`Signed in to ${host} as `)) return { isSignedIn: true, said: message };
        const { placeholder, message } = await boxIn(page);
        // Somebody who has only the address has no such token.
        if (placeholder === 'initial access token') await page.keyboard.press('Escape');
        return placeholder === wizard.summary && message !== '' && { isSignedIn: false, said: message };
      },
    );
  } finally {
    context.off('page', open);
    for (const other of opened) await other.close();
  }
}

/** What the box asks for, and the message in its first rows: a row breaks no lines, so that it has several. */
async function boxIn(page: Page): Promise<{ readonly placeholder: string; readonly message: string }> {
  const [box] = await page
    .locator('.quick-input-widget')
    .filter({ visible: true })
    .evaluateAll(
      (widgets, register) =>
        widgets.map(widget => {
          const text = (row: Element, selector: string): string =>
            row.querySelector<HTMLElement>(selector)?.innerText.trim() ?? '';
          const rows = [...widget.querySelectorAll('.quick-input-list .monaco-list-row')];
          const first = rows.findIndex(row => row.querySelector('.codicon-error'));
          const last = rows.findIndex((row, at) => at >= first && text(row, '.label-description') !== '');
          const message = rows
            .slice(first, last + 1)
            .flatMap(row => [text(row, '.label-name'), text(row, '.quick-input-list-label-meta')]);
          const placeholder =
            widget.querySelector('.quick-input-box input')?.getAttribute('placeholder') ?? '';
          // Where nobody can register, the page says in its title what is to be done.
          const title = placeholder === register ? text(widget, '.quick-input-title') : '';
          return { placeholder, message: first < 0 ? title : message.join(' ').trim() };
        }),
      wizard.register,
    );
  return box ?? { placeholder: '', message: '' };
}
