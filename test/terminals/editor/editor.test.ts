import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Target } from '../../../terminals/src/consent/accounts.ts';
import { mostOutcomes, type Outcome } from '../../../terminals/src/consent/outcomes.ts';
import { scriptsFor, writeScripts } from '../../../terminals/src/editor/scripts.ts';
import {
  storedOutcomes,
  storedPermissions,
  storePermissions,
} from '../../../terminals/src/editor/storage.ts';
import { remembering, type Memory } from '../../../src/platform/storage.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';

import '../../standIns/editor/useEditorStandIn.ts';

const standIn = await import('../../standIns/editor/vscode.ts');
const { questionFor } = await import('../../../terminals/src/editor/question.ts');
const { originIn } = await import('../../../terminals/src/editor/lookUp/origin.ts');
const { offerMissing } = await import('../../../terminals/src/editor/requirements.ts');
const { readSettings } = await import('../../../terminals/src/editor/settings.ts');
const { setVariables } = await import('../../../terminals/src/editor/variables.ts');

const target: Target = {
  ...{ key: 'k', accountKey: 'a', isDeclared: true, provider: 'oidc', label: undefined },
  scopes: ['openid', 'audience:kubernetes', 'resource:https://api.example.test/'],
  name: 'company',
  hint: 'git (https://git.example.test)',
  host: 'git.example.test',
};

/** A storage that has what another version, or someone else, has written. */
const memoryOf = (values: Record<string, unknown>): Memory =>
  remembering({
    keys: () => Object.keys(values),
    get: key => values[key],
    update: (key, value) => Promise.resolve(void (values[key] = value)),
  });

describe('the question about a program', () => {
  it('names the account, the scopes, what the token is for, and where it goes', () => {
    const { message, lines } = questionFor(target, 'alice');
    assert.equal(message, 'Let a program in a terminal use your account alice?');
    assert.deepEqual(lines.slice(0, 5), [
      'Account in your settings: company',
      'Scopes: openid',
      'The tokens are for: kubernetes',
      'The tokens are for: https://api.example.test/',
      'Sent to: git.example.test',
    ]);
  });

  it('offers no longer permission for what is not in the settings', () => {
    const choices = (of: Target) => questionFor(of, 'alice').buttons.map(({ choice }) => choice);
    assert.deepEqual(choices(target), ['once', 'window', 'workspace', 'never']);
    assert.deepEqual(choices({ ...target, name: undefined }), ['once', 'never']);
  });
});

describe('where a program was started', () => {
  const process = (pid: number, parent: number, ...words: string[]) => ({ pid, parent, words });
  const terminals = [
    { name: 'bash', pid: 20 },
    { name: 'other', pid: undefined },
  ];
  const node = ['/usr/lib/code/node', '/home/me/dist/vscode-oidc.cjs', 'token', 'company'];

  it('is a terminal and what was typed there', () => {
    const shell = process(20, 10, '/bin/bash');
    assert.deepEqual(originIn([process(30, 20, ...node), shell], terminals), {
      terminal: 'bash',
      command: 'vscode-oidc token company',
    });
    const git = process(25, 20, '/usr/bin/git', 'clone', 'https://me:secret@git.example.test/a');
    assert.deepEqual(originIn([process(30, 25, ...node), git, shell], terminals), {
      terminal: 'bash',
      command: 'git clone https://git.example.test/a',
    });
  });

  it('is a task that is the program itself', () => {
    const { terminal, command } = originIn([process(20, 10, 'tool', '--now')], terminals) ?? {};
    assert.deepEqual([terminal, command], ['bash', 'tool --now']);
  });

  it('is outside of all terminals, or not known', () => {
    const cron = [process(30, 29, '/opt/job'), process(29, 1, 'cron')];
    assert.deepEqual(originIn(cron, terminals), { terminal: undefined, command: 'job' });
    assert.equal(originIn([], terminals), undefined);
  });

  it('is in the question, and nothing of it where it is not known', () => {
    const of = (terminal: string | undefined): string[] => {
      const known = questionFor(target, 'alice', { terminal, command: 'git pull' }).lines;
      const others = questionFor(target, 'alice').lines;
      return known.filter(line => !others.includes(line));
    };
    assert.deepEqual(of('bash'), ['It runs in the terminal “bash”: git pull']);
    assert.deepEqual(of(undefined), ['It runs outside the terminals of this window: git pull']);
  });
});

describe('what the extension for terminals stores', () => {
  it('is read as it was stored, and nothing that could not be', () => {
    const permission = { key: 'k', accountKey: 'a', choice: 'workspace', until: undefined } as const;
    const values: Record<string, unknown> = {};
    storePermissions(memoryOf(values), [permission]);
    assert.deepEqual(storedPermissions(memoryOf(values)), [permission]);
    // A permission for the window would never end.
    const others = [{ ...permission, choice: 'window' }, { ...permission, key: 7 }, null, 'x', {}];
    values['permissions'] = [...others, { ...permission, choice: 'never' }];
    assert.deepEqual(
      storedPermissions(memoryOf(values)).map(({ choice }) => choice),
      ['never'],
    );
    for (const permissions of [undefined, 7, {}])
      assert.deepEqual(storedPermissions(memoryOf({ permissions })), []);
  });

  it('lists the latest requests only', () => {
    const outcome: Partial<Outcome> = { at: 1, name: 'company', scopes: [] };
    const outcomes = [null, { ...outcome, at: 'x' }, ...Array<object>(mostOutcomes + 1).fill(outcome)];
    assert.equal(storedOutcomes(memoryOf({ outcomes })).length, mostOutcomes);
  });
});

describe('the settings of the extension for terminals', () => {
  afterEach(() => {
    standIn.editor.settings = {};
  });

  it('ask, and name our agent, unless they say otherwise', () => {
    assert.partialDeepStrictEqual(readSettings(), { mode: 'ask', setsOidcSock: true, wrong: [] });
    standIn.editor.settings = { mode: 'silentOnly', setOidcSock: false, accounts: { 'a b': {} } };
    assert.partialDeepStrictEqual(readSettings(), {
      mode: 'silent-only',
      setsOidcSock: false,
      wrong: ['a b'],
    });
    standIn.editor.settings = { mode: 'silentInTasks' };
    assert.equal(readSettings().mode, 'silent-in-tasks');
  });
});

describe('the variables of terminals', () => {
  const set = (setsOidcSock: boolean) => {
    const options = { applyAtProcessCreation: true, applyAtShellIntegration: true };
    const calls: string[] = [];
    const record =
      (how: string) =>
      (name: string, value: string, given: object): void => {
        assert.deepEqual(given, options, 'a shell’s own start can overwrite them');
        calls.push(`${how} ${name} ${value}`);
      };
    const collection = {
      ...{ persistent: true, description: undefined as unknown },
      ...{ clear: () => void calls.splice(0), replace: record('replace'), prepend: record('prepend') },
    };
    setVariables(collection as never, { socket: '/run/s0', scripts: '/bin of ours', setsOidcSock });
    return { calls, collection };
  };

  it('are for this window only, and say why they are there', () => {
    const { collection } = set(true);
    assert.equal(collection.persistent, false);
    assert.match(String(collection.description), /sign-in/);
  });

  it('leave OIDC_SOCK as it is where the settings say so', () => {
    const ours = ['replace VSCODE_OIDC_SOCK /run/s0', `prepend PATH /bin of ours${delimiter}`];
    assert.deepEqual(set(false).calls, ours);
    assert.deepEqual(set(true).calls, [ours[0], 'replace OIDC_SOCK /run/s0', ours[1]]);
  });
});

describe('the scripts of the command', () => {
  it('can be changed and run by their user only', async function () {
    if (process.platform === 'win32') return;
    const folder = await temporaryFolder('scripts');
    try {
      const bin = join(folder.path, 'bin');
      const scripts = scriptsFor('/node', '/program.cjs', process.platform);
      await writeScripts(bin, scripts);
      for (const name of ['', ...scripts.keys()])
        assert.equal((await stat(join(bin, name))).mode & 0o777, 0o700, name);
    } finally {
      await folder.remove();
    }
  });
});

describe('the extension for terminals without the one that signs in', () => {
  const env: { uiKind: number; remoteName: string | undefined } = standIn.env;
  const before = { ...env };
  beforeEach(() => {
    standIn.editor.errors = [];
    standIn.editor.commands = [];
    standIn.editor.exported = {};
  });
  afterEach(() => {
    Object.assign(env, before);
    standIn.editor.exported = {};
    standIn.editor.pressesOnError = () => undefined;
  });

  it('says what is missing, and shows it', async () => {
    standIn.editor.pressesOnError = () => 'Show Extension';
    await offerMissing();
    assert.match(standIn.editor.errors[0]?.[0] ?? '', /OpenID Connect Authentication isn’t installed/);
    assert.deepEqual(standIn.editor.commands, [
      ['workbench.extensions.search', '@id:vscode-oidc.oidc-authentication'],
    ]);
  });

  it('says nothing where it is there, or can be in another extension host', async () => {
    standIn.editor.exported = { 'vscode-oidc.oidc-authentication': {} };
    await offerMissing();
    standIn.editor.exported = {};
    env.remoteName = 'ssh-remote';
    await offerMissing();
    Object.assign(env, before, { uiKind: standIn.UIKind.Web });
    await offerMissing();
    assert.deepEqual(standIn.editor.errors, []);
  });
});
