import type { Page } from 'playwright-core';
import { waitFor } from './waiting.ts';

/** Where an editor in the browser keeps what belongs to no workspace. */
const database = 'vscode-web-state-db-global';
const table = 'ItemTable';

/** The extensions that the person lets use an account, as the editor has stored it. */
export const storedConsent = (page: Page, provider: string, account: string): Promise<string> =>
  page.evaluate(
    async ([database, table, key]) => {
      const settled = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error('The storage of the editor cannot be read'));
        });
      const opened = await settled(indexedDB.open(database));
      try {
        return String(await settled(opened.transaction(table).objectStore(table).get(key)));
      } finally {
        opened.close();
      }
    },
    [database, table, `${provider}-${account}`] as const,
  );

/**
 * Waits until the editor has stored that an extension may use an account. It says yes at once and stores that a
 * moment later; a window that is loaded anew or closed before then asks again.
 */
export async function consentIsStored(
  page: Page,
  provider: string,
  account: string,
  extension: string,
): Promise<void> {
  let stored = '';
  await waitFor(
    () => Promise.resolve(`${extension} among those that may use ${account}: ${stored}`),
    async () => {
      stored = await storedConsent(page, provider, account);
      return stored.includes(`"${extension}"`);
    },
  );
}
