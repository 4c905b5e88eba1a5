import assert from 'node:assert/strict';
import { memoryOf } from '../../standIns/memento.ts';
import { shown } from '../../../src/platform/shown.ts';
import type { Terms } from '../../../src/providers/entries/terms.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { changedProvider, someProvider } from '../sessions/someGrant.ts';

const { documentProviders, window } = await import('../../standIns/editor/vscode.ts');
const standIn = await import('../../standIns/editor/vscode.ts');
const { askConsent } = await import('../../../src/ui/consent.ts');
const { editorTrust, trustQuestion } = await import('../../../src/ui/signIn/questions/trustQuestion.ts');

interface Dialog {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
  press(button: string | undefined): void;
}

/** The dialogs of a window, in the order in which they came; nothing else is asked. */
function watched() {
  const dialogs: Dialog[] = [];
  const refuse = (): never => assert.fail('nothing but a dialog asks for agreement');
  const closing = new standIn.EventEmitter<{ closed: object[] }>();
  let open: unknown;
  Object.assign(window, {
    showQuickPick: refuse,
    showInputBox: refuse,
    createQuickPick: refuse,
    showInformationMessage: refuse,
    showErrorMessage: refuse,
    showWarningMessage: (
      message: string,
      options: { modal?: boolean; detail?: string },
      ...buttons: string[]
    ) => {
      assert.equal(options.modal, true);
      return new Promise(press =>
        dialogs.push({ message, detail: options.detail ?? '', buttons, press: button => press(button) }),
      );
    },
    showTextDocument: ({ uri }: { uri: unknown }) => Promise.resolve(void (open = uri)),
    tabGroups: { onDidChangeTabs: closing.event },
  });
  const read = async (): Promise<string> => {
    await settled();
    const [provider] = [...documentProviders].flatMap(([scheme, it]) =>
      scheme === 'oidc-question' ? [it] : [],
    );
    return (await provider?.provideTextDocumentContent(open as never, undefined as never)) ?? '';
  };
  const close = (): void => closing.fire({ closed: [{ input: new standIn.TabInputText(open as never) }] });
  return { dialogs, read, close };
}

describe('agreement', () => {
  const own = { ...window };
  afterEach(() => void Object.assign(window, own));

  const question = (count: number) => ({
    message: shown('Sign in to a.example?'),
    lines: Array.from({ length: count }, (_, at) => shown(`Also uses ${at}.example`)),
    button: shown('Sign In'),
  });

  it('is given in a dialog that shows all of it; whoever closes it says no', async () => {
    const { dialogs } = watched();
    for (const [pressed, agrees] of [
      ['Sign In', true],
      [undefined, false],
      ['Other', false],
    ] as const) {
      const asked = askConsent(question(10));
      assert.equal(dialogs.at(-1)?.detail, question(10).lines.join('\n'));
      dialogs.at(-1)?.press(pressed);
      assert.equal(await asked, agrees);
    }
  });

  it('is not given by Enter, which a user can press while typing: it shows a document', async () => {
    const { dialogs, read, close } = watched();
    const asked = askConsent(question(1));
    const [first = ''] = dialogs[0]?.buttons ?? [];
    dialogs[0]?.press(first);
    assert.ok((await read()).includes('Also uses 0.example'));
    close();
    await settled();
    assert.equal(dialogs[1]?.buttons[0], first);
    dialogs[1]?.press(undefined);
    assert.equal(await asked, false);
  });

  it('to more than fits is given only after all of it was open, and asked for again when that is closed', async () => {
    const { dialogs, read, close } = watched();
    const asked = askConsent(question(40));
    assert.deepEqual(dialogs[0]?.buttons, ['Review…']);
    dialogs[0]?.press('Review…');
    const text = await read();
    for (const line of question(40).lines) assert.ok(text.includes(`\n${line}\n`), line);
    await settled();
    assert.equal(dialogs.length, 1, 'the dialog would be in front of the document');
    close();
    await settled();
    assert.deepEqual(dialogs[1]?.buttons, ['Review…', 'Sign In']);
    dialogs[1]?.press('Sign In');
    assert.equal(await asked, true);
    assert.equal(await read(), '', 'nobody reads it afterwards');
  });

  it('to more than fits is given after all of it could be seen, without scrolling to the side', async () => {
    const { dialogs, read, close } = watched();
    const hidden = `https://login.example.com/${'x'.repeat(300)} and at last evil.example, which is what matters`;
    const asked = askConsent({ ...question(40), lines: [shown(hidden), ...question(40).lines] });
    dialogs[0]?.press('Review…');
    const rows = (await read()).split('\n').slice(2);
    assert.ok(
      rows.every(row => row.length <= 44),
      rows.join('\n'),
    );
    assert.equal(
      rows.join('').replace(/\s/g, ''),
      [hidden, ...question(40).lines].join('').replace(/\s/g, ''),
      'nothing is left out',
    );
    close();
    await settled();
    dialogs[1]?.press(undefined);
    assert.equal(await asked, false);
  });

  it('to more than fits says as much as there is room for, and cuts no sentence of ours', async () => {
    const { dialogs } = watched();
    const warning = shown(`${'word '.repeat(33)}end.`);
    const asked = askConsent({ ...question(40), lines: [warning, ...question(40).lines] });
    const rows = dialogs[0]?.detail.split('\n') ?? [];
    assert.equal(rows[0], warning);
    assert.match(rows.at(-1) ?? '', /^There’s more than fits here/);
    assert.equal(rows.length, 15);
    dialogs[0]?.press(undefined);
    assert.equal(await asked, false);
  });

  it('to more than fits can be refused at once', async () => {
    const { dialogs } = watched();
    const asked = askConsent(question(40));
    dialogs[0]?.press(undefined);
    assert.equal(await asked, false);
  });
});

describe('the question before a sign-in', () => {
  const own = { ...window };
  afterEach(() => void Object.assign(window, own));

  const start = () => {
    const clock = manualClock(0);
    const memory = new Map<string, unknown>();
    const trust = editorTrust(memoryOf(memory), clock, {
      hasSignIns: () => Promise.resolve(false),
      onAgreed: () => Promise.resolve(),
    });
    return { ...watched(), clock, trust, memory };
  };

  it('names the whole issuer where its path tells it from others on the same host', () => {
    const company = { ...someProvider, issuer: 'https://login.example.com/acme' };
    assert.ok(trustQuestion(company, undefined).lines.some(line => line.endsWith(company.issuer)));
  });

  it('names every host, and whoever brings the provider', () => {
    const endpoints = { userInfo: 'https://u.example/', revocation: 'https://r.example/' };
    const provider = { ...someProvider, contributedBy: 'acme.tools', endpoints };
    const { message, lines } = trustQuestion(provider, undefined);
    assert.match(message, /^Sign in to login\.example\.com for the first time\?$/);
    assert.match(
      lines.join('\n'),
      /provided by the extension acme\.tools\nAlso uses u\.example\nAlso uses r\.example\n/,
    );
  });

  it('says first that certificates are not verified, and nothing about those that are', () => {
    const about = /NODE_TLS_REJECT_UNAUTHORIZED turns off the verification/;
    const unverified = changedProvider({ certificates: 'unverified' });
    const { lines } = trustQuestion(unverified, someProvider.terms);
    assert.match(lines[0] ?? '', about);
    assert.match(lines.join('\n'), /certificates was nothing and is now "unverified"/);
    assert.doesNotMatch(trustQuestion(someProvider, undefined).lines.join('\n'), about);
  });

  it('says whose sign-in is used for it, and what is sent of it', () => {
    const source = { from: 'company', fromIssuer: 'https://company.example' };
    const exchanged = { way: 'token-exchange', subjectToken: 'access_token', ...source } as const;
    const asserted = { way: 'identity-assertion', subjectToken: 'id_token', ...source } as const;
    const said = (service?: Provider['service']) =>
      trustQuestion(changedProvider({ service }), undefined).lines.at(-1) ?? '';
    assert.match(said(), /^Extensions that you allow/);
    assert.match(
      said(exchanged),
      /^The token of your sign-in to “company \(https:\/\/company\.example\)” is sent/,
    );
    assert.match(
      said(asserted),
      /^Your sign-in to “company \(https:\/\/company\.example\)” is shown there, without its tokens/,
    );
  });

  it('shows all of what changed, old beside new, however long it is', () => {
    const scopes = Array.from({ length: 900 }, (_, at) => `https://s${at}.example`);
    const changed = changedProvider({ trustedAudiences: scopes });
    const text = trustQuestion(changed, someProvider.terms).lines.join('');
    for (const scope of scopes) assert.ok(text.replaceAll(/\s/g, '').includes(`"${scope}"`), scope);
  });

  it('ends with what asked, and a later yes to the dialog that stays open counts for nothing', async () => {
    const { trust, dialogs, memory } = start();
    const over = new AbortController();
    const check = trust.check(someProvider, over.signal);
    await settled();
    over.abort(new Error('closed'));
    assert.equal(await check, false);
    dialogs[0]?.press('Sign In');
    await settled();
    assert.equal(memory.size, 0);
  });

  it('ends when the person’s time is over', async () => {
    const { trust, clock, dialogs } = start();
    const check = trust.check(someProvider, new AbortController().signal);
    await settled();
    assert.equal(dialogs.length, 1);
    await clock.advance(300_000);
    assert.equal(await check, false);
  });

  it('is not shown twice: who asks again waits for the dialog that is open', async () => {
    const { trust, dialogs, memory } = start();
    const over = new AbortController();
    const first = trust.check(someProvider, over.signal);
    await settled();
    over.abort(new Error('closed'));
    assert.equal(await first, false);
    const second = trust.check(someProvider, new AbortController().signal);
    await settled();
    assert.equal(dialogs.length, 1);
    dialogs[0]?.press('Sign In');
    assert.ok(await second);
    assert.deepEqual([...memory.values()], [someProvider.terms satisfies Terms]);
  });
});
