/** Of docs/extension-authors.md: a real editor runs it (test/endToEnd/consumer.test.ts). */
// #region playwright
import { signIn, type PageLike } from '../../manifest/client/playwright.ts';

/** @param window the page with the editor, in which your extension has just asked for a session. */
export async function signInAsBob(window: PageLike): Promise<void> {
  await signIn(window, { person: { login: 'bob', password: 'builder' } });
}
// #endregion
