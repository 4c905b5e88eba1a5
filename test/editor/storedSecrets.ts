/** The secrets that code-server keeps in a browser, for tests that damage them. */
import type { BrowserContext } from 'playwright-core';
import type { EditorServer } from './codeServer.ts';

/** Values by key; a key names an extension and what that calls the value. */
export type StoredSecrets = Record<string, string>;

/** The key under which the editor keeps an extension's secret. */
export const secretKey = (extensionId: string, key: string): string => JSON.stringify({ extensionId, key });

/**
 * Reads the secrets of a person's browser, lets `change` change them, and writes them back. No window of theirs
 * may be open: it would go on with what it has read, and write that over ours.
 *
 * They lie in `localStorage`, sealed with AES-GCM: 32 bytes of the browser's part of the key, 12 bytes of
 * initialisation vector, then the text. The server has the other part of the key.
 */
export async function changeStoredSecrets(
  context: BrowserContext,
  editor: EditorServer,
  change: (secrets: StoredSecrets) => void,
): Promise<void> {
  const page = await context.newPage();
  try {
    // Of the same origin, and no window of the editor.
    await page.goto(`${editor.origin}/healthz`);
    const { text, key } = await page.evaluate(async () => {
      const sealed = localStorage.getItem('secrets.provider');
      if (sealed === null) throw new Error('The browser keeps no secrets');
      const answer = await fetch('mint-key', { method: 'POST' });
      const serverPart = new Uint8Array(await answer.arrayBuffer());
      const bytes = Uint8Array.from(atob(sealed), character => character.charCodeAt(0));
      const key = bytes.slice(0, 32).map((byte, index) => byte ^ (serverPart[index] ?? 0));
      const algorithm = { name: 'AES-GCM', iv: bytes.slice(32, 44) };
      const opened = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
      const text = await crypto.subtle.decrypt(algorithm, opened, bytes.slice(44));
      return { text: new TextDecoder().decode(text), key: [...bytes.slice(0, 32), ...key] };
    });
    const secrets = JSON.parse(text) as StoredSecrets;
    change(secrets);
    await page.evaluate(
      async ([changed, keys]) => {
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const key = await crypto.subtle.importKey('raw', new Uint8Array(keys.slice(32)), 'AES-GCM', false, [
          'encrypt',
        ]);
        const algorithm = { name: 'AES-GCM', iv };
        const sealed = await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(changed));
        const bytes = [...keys.slice(0, 32), ...iv, ...new Uint8Array(sealed)];
        localStorage.setItem('secrets.provider', btoa(String.fromCharCode(...bytes)));
      },
      [JSON.stringify(secrets), key] as const,
    );
  } finally {
    await page.close();
  }
}
