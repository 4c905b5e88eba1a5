/**
 * Lets the launcher tell what the tests (and the extensions beside them) print from what the workbench prints:
 * both arrive through one channel. Loading this file first is enough; where no launcher asks for it, as on the
 * desktop, nothing changes.
 */
import { format } from 'node:util';

/** The variable that holds the mark which begins every line of the tests. */
export const markVariable = 'HOST_TESTS_MARK';

const mark = process.env[markVariable];
if (mark !== undefined) {
  for (const level of ['debug', 'log', 'info', 'warn', 'error'] as const) {
    const original = console[level].bind(console);
    // An extension host ignores plain assignments to its console.
    Object.defineProperty(console, level, {
      configurable: true,
      // Formatted here: an object loses most of its properties on the way.
      value: (...args: unknown[]) => {
        original(mark + format(...args));
      },
    });
  }
}
