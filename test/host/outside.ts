/**
 * What tests inside an extension host need of the world outside of it: the person at the browser, the messages
 * on the screen and the files of the log. The program that started the editor provides it over HTTP, see
 * `test/editor/outside/outside.ts`.
 */
import * as vscode from 'vscode';
import { outsideVariable, type PersonAtBrowser } from '../editor/outside/outsideAddress.ts';
import type { Dialog, Notification } from '../editor/workbench/messages.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { extensionId } from './editor.ts';

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const address = process.env[outsideVariable];
  if (address === undefined)
    throw new Error(`${outsideVariable} is not set: nobody is outside of this editor`);
  const response = await fetch(`${address}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/**
 * From now on this person answers the pages that the editor opens, in a browser that knows nobody yet. With
 * nobody there the pages stay as they are.
 */
export async function sitDown(person: PersonAtBrowser | undefined): Promise<void> {
  await ask('PUT', '/person', person ?? null);
}

/** The person closes the pages that nobody has answered. */
export async function closePages(): Promise<void> {
  await ask('DELETE', '/pages');
}

/** What went wrong for the person at the browser so far, in sentences. */
export async function browserProblems(): Promise<string[]> {
  return (await ask('GET', '/problems')) as string[];
}

/** The messages that nobody has cleared, newest first. */
export async function messages(): Promise<Notification[]> {
  // While tests run, the editor shows them in this list only.
  await vscode.commands.executeCommand('notifications.showList');
  return (await ask('GET', '/messages')) as Notification[];
}

/** Waits until there is a message that matches, and has exactly these buttons if any are given. */
export async function waitForMessage(wanted: RegExp, buttons?: readonly string[]): Promise<Notification> {
  return waitFor(
    async () => `the message ${String(wanted)}; there are: ${JSON.stringify(await messages())}`,
    async () =>
      (await messages()).find(
        shown =>
          wanted.test(shown.message) && (buttons === undefined || shown.buttons.join() === buttons.join()),
      ),
  );
}

/** From now on new providers are agreed to at once, or not. */
export async function agree(at: 'once' | 'never'): Promise<void> {
  await ask('PUT', '/agrees', at === 'once');
}

/** Waits for a dialog. */
export const dialog = async (): Promise<Dialog> => (await ask('GET', '/dialog')) as Dialog;

/** How many dialogs are on the screen now. */
export const dialogs = async (): Promise<number> => (await ask('GET', '/dialogs')) as number;

/** The person presses a button of the dialog. */
export const pressInDialog = async (button: string): Promise<Dialog> =>
  (await ask('PUT', '/dialog', button)) as Dialog;

export async function clearMessages(): Promise<void> {
  // One that comes in this moment is cleared, too.
  await waitFor('the messages to be gone', async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    return (await messages()).length === 0;
  });
}

/** The text of every log file, by its path. */
export async function logFiles(): Promise<Map<string, string>> {
  return new Map(Object.entries((await ask('GET', '/logs')) as Record<string, string>));
}

/** How often the log says that a provider was registered under this label. */
export async function registrations(id: string, label: string): Promise<number> {
  const [, log = ''] = [...(await logFiles())].find(([file]) => file.includes(extensionId)) ?? [];
  const line = `provider registered provider=${id} label=${/\s/.test(label) ? JSON.stringify(label) : label} `;
  return log.split('\n').filter(text => text.includes(line)).length;
}
