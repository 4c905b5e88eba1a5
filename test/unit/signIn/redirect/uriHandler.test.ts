import assert from 'node:assert/strict';
import type { Uri, UriHandler } from 'vscode';
import { createPendingResponses } from '../../../../src/signIn/redirect/pendingResponses.ts';
import { secret } from '../../../../src/platform/secret.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';

const { editor, env, window } = await import('../../../standIns/editor/vscode.ts');
const { registerUriHandler } = await import('../../../../src/signIn/redirect/uriHandler.ts');

const ours = 'vscode-oidc.oidc-authentication';
const state = 's'.repeat(43);
const good = { authority: ours, path: '/callback', query: `code=c&state=${state}` };

/** Addresses that any web page can open in the editor. */
const foreign = [
  { ...good, authority: 'evil.extension' },
  { ...good, authority: `${ours}.evil` },
  { ...good, path: '/callback/' },
  { ...good, path: '/signIn' },
  { ...good, path: '/../callback' },
  { ...good, query: 'command=oidc.signIn&id=evil' },
  { ...good, query: 'code=c&state=other' },
  { ...good, query: `code=c&state=${state}&state=${state}` },
  { ...good, query: `code=c&state=${state.slice(1)}` },
  { ...good, query: `error=access_denied&error_description=${'x'.repeat(100_000)}` },
  { ...good, query: 'open=https://evil.example&setting=oidc.providers&value={}' },
  { ...good, query: '' },
];

describe('an address that a web page opens in the editor', () => {
  const own = { window: { ...window }, env: { ...env } };
  afterEach(() => {
    Object.assign(window, own.window);
    Object.assign(env, own.env);
  });

  /** What arrives, and everything that came of it. */
  function arriving() {
    const done: string[] = [];
    const doing = (what: string) => (): never => {
      done.push(what);
      return assert.fail(what);
    };
    let handler: UriHandler | undefined;
    Object.assign(window, {
      registerUriHandler: (given: UriHandler) => {
        handler = given;
        return { dispose: () => undefined };
      },
      ...Object.fromEntries(
        [
          ...['showQuickPick', 'showInputBox', 'showInformationMessage', 'showWarningMessage'],
          ...['showErrorMessage', 'showTextDocument', 'createWebviewPanel', 'createQuickPick'],
        ].map(name => [name, doing(name)]),
      ),
    });
    Object.assign(env, { openExternal: doing('openExternal') });
    editor.commands = [];
    editor.settings = {};
    const pending = createPendingResponses();
    registerUriHandler(
      ours,
      { deliver: (...response) => Promise.resolve(pending.deliver(...response)) },
      pending,
      recordingLog(),
    );
    const expected = pending.expect(secret(state), '/callback', () => undefined);
    let answers = 0;
    void expected.response.then(() => answers++);
    const open = async (uri: object): Promise<void> => {
      await handler?.handleUri(uri as Uri);
      await new Promise(resolve => setImmediate(resolve));
    };
    return { open, done, answers: () => answers };
  }

  for (const [at, uri] of foreign.entries())
    it(`starts no sign-in, opens no page and changes no setting (${at + 1})`, async () => {
      const { open, done, answers } = arriving();
      await open(uri);
      assert.deepEqual([done, editor.commands, editor.settings, answers()], [[], [], {}, 0]);
      await open(good);
      assert.equal(answers(), 1, 'the sign-in that waits is as it was');
    });

  it('is taken once', async () => {
    const { open, done, answers } = arriving();
    await open(good);
    await open(good);
    assert.deepEqual([done, editor.commands, answers()], [[], [], 1]);
  });
});
