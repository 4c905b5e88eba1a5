import { errors, type Locator } from 'playwright-core';

/** How long an element that is there already may take to hold still and to be reachable, in milliseconds. */
const soon = 1500;

/**
 * Clicks an element once, and says whether it has got the click: it, or one like it that was drawn in its place.
 *
 * Playwright's own `click` gives up when its time is over, also while the window is busy with a click that it has
 * sent; whoever then clicks again has clicked twice. Here nothing is sent before the element can be clicked, and
 * what was sent is waited for without a limit.
 *
 * @returns false if it could not be clicked just now, or if something came in between: nothing has happened to it,
 * and the caller may look again.
 */
export async function press(target: Locator): Promise<boolean> {
  try {
    await target.click({ trial: true, timeout: soon });
    const element = await target.elementHandle({ timeout: soon });
    const box = await element?.boundingBox();
    if (!element || !box) return false;
    const watch = await element.evaluateHandle(watched => {
      const { tagName, textContent } = watched;
      const seen = { clicked: false, end: () => removeEventListener('click', look, true) };
      const isLike = (other: EventTarget): boolean =>
        other instanceof Element && other.tagName === tagName && other.textContent === textContent;
      const look = (event: Event): void => {
        seen.clicked ||= event.composedPath().some(isLike);
      };
      addEventListener('click', look, true);
      return seen;
    });
    await target.page().mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    try {
      return await watch.evaluate(seen => {
        seen.end();
        return seen.clicked;
      });
    } catch (error) {
      // A click can close the panel or the page that it was in.
      if (error instanceof Error && /\b(?:destroyed|detached|closed)\b/.test(error.message)) return true;
      throw error;
    }
  } catch (error) {
    if (error instanceof errors.TimeoutError) return false;
    throw error;
  }
}
