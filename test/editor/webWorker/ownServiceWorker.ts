import type { BrowserContext } from 'playwright-core';

/**
 * Leaves out the service worker by which code-server can be installed as an application; VS Code's own server has none.
 *
 * Where it is there first, the editor asks the browser to update the service worker that it shows panels with while
 * that is being installed, and in about every second window the browser never answers: all panels stay empty.
 */
export async function withoutOwnServiceWorker(person: BrowserContext): Promise<void> {
  await person.addInitScript(() => {
    // Pages that are not secure have none.
    if (!('serviceWorker' in navigator)) return;
    const workers = navigator.serviceWorker;
    const register = workers.register.bind(workers);
    workers.register = (url, options) =>
      String(url).endsWith('/_static/out/browser/serviceWorker.js')
        ? Promise.reject(new Error('Left out by the tests.'))
        : register(url, options);
  });
}
