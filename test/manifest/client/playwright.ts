/**
 * Signs in as a user would, in tests that drive an editor in the browser with Playwright: on the pages of
 * `oidc-test-provider`, and in the editor's dialogs before. It needs nothing of Playwright but what you pass.
 */

/** As much of Playwright's `Locator` as this takes. */
export interface LocatorLike {
  locator(selector: string): LocatorLike;
  filter(options: { hasText: RegExp; visible?: boolean }): LocatorLike;
  first(): LocatorLike;
  isVisible(): Promise<boolean>;
  click(options?: { timeout?: number }): Promise<void>;
  fill(text: string): Promise<void>;
  innerText(): Promise<string>;
  evaluateAll(
    read: (elements: { getAttribute(name: string): string | null }[]) => (string | null)[],
  ): Promise<unknown>;
}

/** As much of Playwright's `Page` as this takes. */
export interface PageLike {
  url(): string;
  isClosed(): boolean;
  locator(selector: string): LocatorLike;
  getByRole(role: 'button', options: { name: string; exact: boolean }): LocatorLike;
  mainFrame(): unknown;
  waitForEvent(
    event: 'framenavigated' | 'close',
    options?: { predicate?: (frame: unknown) => boolean; timeout?: number },
  ): Promise<unknown>;
  context(): { pages(): PageLike[] };
}

/** Who signs in. `oidc-test-provider --json` lists them as `people`. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

export interface PagesOptions {
  /** What to do on the consent page. Defaults to `allow`. */
  readonly consent?: 'allow' | 'deny' | undefined;
  /** How long to wait for each page, in milliseconds. Defaults to 60 seconds. */
  readonly timeout?: number | undefined;
}

export interface SignInOptions extends PagesOptions {
  /** Defaults to `alice`. */
  readonly person?: Login | undefined;
}

const alice: Login = { login: 'alice', password: 'wonderland' };
const defaultTimeout = 60_000;

/** Looks again and again. @throws Error that says what was awaited, if nothing is found in time. */
async function found<T>(
  timeout: number,
  look: () => Promise<T | undefined>,
  what: () => string | Promise<string>,
): Promise<T> {
  for (const end = Date.now() + timeout; Date.now() < end;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`Waited ${timeout / 1000} s in vain for ${await what()}`);
}

/** Which page of the provider is shown. Undefined while it makes way for another one. */
async function kindOf(page: PageLike): Promise<string | undefined> {
  try {
    const kinds = await page
      .locator('main[data-page]')
      .evaluateAll(elements => elements.map(element => element.getAttribute('data-page')));
    return (kinds as (string | null)[])[0] ?? undefined;
  } catch (error) {
    if (error instanceof Error && error.message.includes('Execution context was destroyed')) return undefined;
    throw error;
  }
}

/** Presses a button that leads to another page, and waits for that page. */
async function press(page: PageLike, button: string, timeout: number): Promise<void> {
  const moved = Promise.race([
    page.waitForEvent('framenavigated', { predicate: frame => frame === page.mainFrame(), timeout }),
    page.waitForEvent('close', { timeout }),
  ]);
  await Promise.all([moved, page.getByRole('button', { name: button, exact: true }).click()]);
}

async function logIn(page: PageLike, person: Login, timeout: number): Promise<void> {
  await page.locator('input[name=login]').fill(person.login);
  await page.locator('input[name=password]').fill(person.password);
  await press(page, 'Sign in', timeout);
}

/**
 * Goes through the provider's login and consent pages, until the browser leaves the provider. Pages that the provider
 * leaves out (still logged in, already allowed) aren't waited for.
 *
 * @param page where the provider's page is, or is about to be.
 * @throws Error with the text of the page if the provider complains, for example about the password.
 */
export async function signInOnPage(
  page: PageLike,
  person: Login = alice,
  { consent = 'allow', timeout = defaultTimeout }: PagesOptions = {},
): Promise<void> {
  const isLoaded = () => Promise.resolve(page.url().startsWith('http') || undefined);
  await found(timeout, isLoaded, () => 'a page of the identity provider');
  const originNow = (): string => new URL(page.url()).origin;
  const origin = originNow();
  const place = () =>
    found(
      timeout,
      async () => (page.isClosed() || originNow() !== origin ? 'elsewhere' : kindOf(page)),
      () => `a page of the identity provider, or to leave it; the browser is at ${page.url()}`,
    );
  let tried = false;
  for (let now = await place(); now !== 'elsewhere'; now = await place()) {
    if (now === 'login' && !tried) {
      tried = true;
      await logIn(page, person, timeout);
    } else if (now === 'consent') {
      await press(page, consent === 'allow' ? 'Allow' : 'Deny', timeout);
    } else {
      const text = await page.locator('main[data-page]').innerText();
      throw new Error(`The identity provider does not sign ${person.login} in: ${text}`);
    }
  }
}

/** Goes through the provider's pages for a device code, until they say how it ended. */
export async function approveDeviceOnPage(
  page: PageLike,
  person: Login = alice,
  { consent = 'allow', timeout = defaultTimeout }: PagesOptions = {},
): Promise<void> {
  const last = consent === 'allow' ? 'device-success' : 'device-denied';
  const steps: Readonly<Record<string, () => Promise<void>>> = {
    'device-code': () => press(page, 'Continue', timeout),
    'device-confirm': () => press(page, consent === 'allow' ? 'Continue' : 'Cancel', timeout),
    login: () => logIn(page, person, timeout),
    consent: () => press(page, 'Allow', timeout),
  };
  const isOver = async (): Promise<true | undefined> => {
    const kind = (await kindOf(page)) ?? '';
    if (kind === last) return true;
    await steps[kind]?.();
    return undefined;
  };
  await found(timeout, isOver, async () => {
    return `the page ${last}; there is: ${await page.locator('main[data-page]').innerText()}`;
  });
}

/** The editor's question whether your extension can sign in, and this extension's before a first sign-in. */
const yes = /^(Allow|Sign In|Use Changed Settings)$/;

/**
 * Signs in from the editor's window: says yes to its dialogs, and goes through the pages of the provider that it opens.
 * Call it after the click that begins the sign-in. The editor must be in English.
 *
 * @param window the page with the editor in the browser.
 * @throws Error if no page opens in time, or as {@link signInOnPage}.
 */
export async function signIn(
  window: PageLike,
  { person = alice, timeout = defaultTimeout, consent }: SignInOptions = {},
): Promise<void> {
  const before = new Set(window.context().pages());
  let missed = '';
  const opened = async (): Promise<PageLike | undefined> => {
    for (const page of window.context().pages()) {
      if (page !== window && (!before.has(page) || (await kindOf(page)) !== undefined)) return page;
    }
    const button = window
      .locator('.monaco-dialog-box .dialog-buttons .monaco-button')
      .filter({ hasText: yes, visible: true })
      .first();
    if (await button.isVisible()) {
      // Another dialog can take its place meanwhile.
      await button.click({ timeout: 2000 }).catch((error: unknown) => (missed = `; ${String(error)}`));
    }
    return undefined;
  };
  const page = await found(timeout, opened, () => `the editor to open a page of the provider${missed}`);
  await signInOnPage(page, person, { consent, timeout });
}
