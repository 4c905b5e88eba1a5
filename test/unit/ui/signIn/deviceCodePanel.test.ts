import assert from 'node:assert/strict';
import type { Html } from '../../../../src/ui/show.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someProvider } from '../../sessions/someGrant.ts';

const { window } = await import('../../../standIns/editor/vscode.ts');
const { deviceCodePanel } = await import('../../../../src/ui/signIn/deviceCodePanel.ts');

describe('the panel with a device code', () => {
  it('can be closed before its page is read, which cancels the sign-in once', async () => {
    let close = (): void => undefined;
    let isClosed = false;
    const disposable = { dispose: () => undefined };
    const panel = {
      // As the editor's: it can't be used any more.
      get webview() {
        if (isClosed) throw new Error('Webview is disposed');
        return { html: '', onDidReceiveMessage: () => disposable, postMessage: () => Promise.resolve(true) };
      },
      onDidDispose(listener: () => void) {
        close = listener;
        return disposable;
      },
      dispose: () => undefined,
    };
    Object.assign(window, { createWebviewPanel: () => panel });
    const page = Promise.withResolvers<Html>();
    let cancels = 0;
    const screen = deviceCodePanel({
      page: () => page.promise,
      clock: manualClock(),
      log: recordingLog(),
      cancel: () => void cancels++,
    });
    const view = screen.open(someProvider, undefined);
    isClosed = true;
    close();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.prependListener('unhandledRejection', note);
    try {
      page.resolve('<html>' as Html);
      await settled();
      view.close();
    } finally {
      process.removeListener('unhandledRejection', note);
      Reflect.deleteProperty(window, 'createWebviewPanel');
    }
    assert.deepEqual(unhandled, []);
    assert.equal(cancels, 1);
  });
});
