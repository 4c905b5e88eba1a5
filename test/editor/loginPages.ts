import type { Page } from 'playwright-core';
import type { PageKind } from '../servers/identityProvider/pages.ts';
import { timeout, waitFor } from './workbench/waiting.ts';

/** Where a person is on the way through the identity provider's pages. */
type Place = PageKind | 'elsewhere';

export interface Decision {
  /** What to do on the consent page; allow by default. */
  readonly consent?: 'allow' | 'deny';
}

/** Presses a button that leads to another page, and waits for that page. */
async function press(page: Page, button: string): Promise<void> {
  const moved = Promise.race([
    page.waitForEvent('framenavigated', {
      predicate: frame => frame === page.mainFrame(),
      timeout: timeout,
    }),
    page.waitForEvent('close', { timeout: timeout }),
  ]);
  await Promise.all([moved, page.getByRole('button', { name: button, exact: true }).click()]);
}

/**
 * Goes through the identity provider's login and consent pages as `person` would, until the browser leaves
 * the provider. Pages the provider leaves out (still logged in, already allowed) are not waited for.
 *
 * @throws {Error} with the words on the page if the provider complains, for example about the password.
 */
export async function signInOnPage(
  page: Page,
  person: { readonly login: string; readonly password: string },
  { consent = 'allow' }: Decision = {},
): Promise<void> {
  const main = page.locator('main[data-page]');
  await waitFor('a page of the identity provider', () => Promise.resolve(page.url().startsWith('http')));
  const { origin } = new URL(page.url());

  const place = () =>
    waitFor(
      () =>
        Promise.resolve(`a page of the identity provider, or to leave it; the browser is at ${page.url()}`),
      async (): Promise<Place | undefined> => {
        if (page.isClosed() || !page.url().startsWith(origin)) return 'elsewhere';
        // The provider's own forms, which submit themselves, are neither.
        const [kind] = await main.evaluateAll(found =>
          found.map(element => element.getAttribute('data-page')),
        );
        return (kind as PageKind | undefined) ?? undefined;
      },
    );

  let tried = false;
  for (let now = await place(); now !== 'elsewhere'; now = await place()) {
    if (now === 'login' && !tried) {
      tried = true;
      await page.locator('input[name=login]').fill(person.login);
      await page.locator('input[name=password]').fill(person.password);
      await press(page, 'Sign in');
    } else if (now === 'consent') {
      await press(page, consent === 'allow' ? 'Allow' : 'Deny');
    } else {
      throw new Error(`The identity provider does not sign ${person.login} in: ${await main.innerText()}`);
    }
  }
}

/** Goes through the provider's pages for a device code as `person` would, until they say how it ended. */
export async function approveDeviceOnPage(
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
