/** Parts of the editor's API that an extension uses when it starts, and that show nothing to a test. */
import { Disposable } from '../../manifest/client/testing.ts';

const nothing = (): void => undefined;

export const StatusBarAlignment = { Left: 1, Right: 2 };

/** No translation: every text is as it was written. */
export const l10n = { bundle: undefined };

export const windowParts = {
  terminals: [],
  onDidChangeWindowState: () => new Disposable(nothing),
  createOutputChannel: () => ({
    ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
    ...{ show: nothing, dispose: nothing },
  }),
  createStatusBarItem: () => ({ show: nothing, hide: nothing, dispose: nothing }),
};
