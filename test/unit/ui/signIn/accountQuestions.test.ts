import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { someProvider } from '../../sessions/someGrant.ts';

const { window } = await import('../../../standIns/editor/vscode.ts');
const { chooseAccount, nameAccount } =
  await import('../../../../src/ui/signIn/questions/accountQuestions.ts');

/** Somebody who accepts each list and box as another extension can, and presses this button of a dialog. */
function accepting(choice: number, pressed: number | undefined, typed = '') {
  const dialogs: string[] = [];
  Object.assign(window, {
    showQuickPick: (items: readonly unknown[]) => Promise.resolve(items[choice]),
    showInputBox: () => Promise.resolve(typed),
    showWarningMessage: (message: string, _options: object, ...buttons: string[]) => {
      dialogs.push(message);
      return Promise.resolve(pressed === undefined ? undefined : buttons[pressed]);
    },
  });
  return dialogs;
}

describe('whose tokens these are', () => {
  const own = { ...window };
  afterEach(() => void Object.assign(window, own));
  const { signal } = new AbortController();
  const accounts = ['alice', 'bob'].map(id => ({ id, label: shown(id) }));
  const to = { ...someProvider, label: shown('Reports'), issuer: 'https://reports.example.com' };

  it('is never decided in a list: whose token is sent to another provider', async () => {
    const dialogs = accepting(1, undefined);
    assert.equal(await chooseAccount(someProvider, accounts, to, signal), undefined);
    assert.deepEqual(dialogs, ['Send the token of bob to reports.example.com?']);
    accepting(1, 1);
    assert.equal((await chooseAccount(someProvider, accounts, to, signal))?.id, 'bob');
  });

  it('is asked with the host that gets the token', async () => {
    const dialogs = accepting(1, undefined);
    const authorization = 'https://pages.example.com/authorize';
    const elsewhere = { ...to, endpoints: { authorization, token: 'https://tokens.example.com/token' } };
    await chooseAccount(someProvider, accounts, elsewhere, signal);
    assert.deepEqual(dialogs, ['Send the token of bob to tokens.example.com?']);
  });

  it('is never decided in a list: whose sign-in is shown to another provider', async () => {
    const service = { way: 'identity-assertion', from: 'company', subjectToken: 'id_token' } as const;
    const dialogs = accepting(1, undefined);
    assert.equal(await chooseAccount(someProvider, accounts, { ...to, service }, signal), undefined);
    assert.deepEqual(dialogs, ['Show your sign-in as bob to reports.example.com?']);
  });

  it('is asked in a dialog alone where it was named', async () => {
    const dialogs = accepting(7, undefined);
    assert.equal(await chooseAccount(someProvider, accounts.slice(1), to, signal), undefined);
    assert.deepEqual(dialogs, ['Send the token of bob to reports.example.com?']);
  });

  for (const [what, choice] of [
    ['chosen from the list', 0],
    ['typed', 1],
  ] as const)
    it(`is never decided in a list: the name of an account, ${what}`, async () => {
      const dialogs = accepting(choice, undefined, 'work');
      assert.equal(await nameAccount(someProvider, ['work'], signal), undefined);
      assert.deepEqual(dialogs, [`Did you sign in to ${someProvider.label} as work?`]);
      accepting(choice, 1, 'work');
      assert.equal(await nameAccount(someProvider, ['work'], signal), 'work');
    });

  it('is nothing that is answered after the sign-in has ended', async () => {
    accepting(0, 1);
    const over = new AbortController();
    const ask = window.showWarningMessage as (...all: unknown[]) => unknown;
    Object.assign(window, {
      showWarningMessage: (...all: unknown[]) => {
        over.abort(new Error('over'));
        return ask(...all);
      },
    });
    assert.equal(await nameAccount(someProvider, ['work'], over.signal), undefined);
  });
});
