import { signInOnPage, type LocatorLike, type PageLike } from '../../manifest/client/playwright.ts';

/** A page that a browser shows, whose button leads to another address. */
function pageWithButton(address: string, kind: string, next: string): PageLike {
  let url = address;
  const nothing = (): never => {
    throw new Error('There is no such thing on the page.');
  };
  const button: LocatorLike = {
    locator: nothing,
    filter: nothing,
    first: nothing,
    isVisible: () => Promise.resolve(true),
    click: () => Promise.resolve(void (url = next)),
    fill: () => Promise.resolve(),
    innerText: () => Promise.resolve(''),
    evaluateAll: () => Promise.resolve(url === address ? [kind] : []),
  };
  return {
    url: () => url,
    isClosed: () => false,
    locator: () => button,
    getByRole: () => button,
    mainFrame: () => undefined,
    waitForEvent: () => Promise.resolve(),
    context: () => ({ pages: () => [] }),
  };
}

describe('signing in on pages', () => {
  it('is over at the callback, also on a port that begins like the provider’s', () =>
    signInOnPage(
      pageWithButton('http://127.0.0.1:4000/login', 'login', 'http://127.0.0.1:40001/callback'),
      undefined,
      { timeout: 500 },
    ));
});
