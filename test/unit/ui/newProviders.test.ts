import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import type { Extension, Uri } from 'vscode';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import type { ClientCredential } from '../../../src/signIn/client/clientSecrets.ts';
import type { OpenBox } from '../../standIns/editor/boxes.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { someGrant } from '../sessions/someGrant.ts';
import '../../standIns/editor/useEditorStandIn.ts';

const { createNewProviders } = await import('../../../src/ui/signIn/newProviders.ts');
const { addProvider } = await import('../../../src/ui/commands/commands.ts');
const { CancellationError, editor } = await import('../../standIns/editor/vscode.ts');
const { asked } = await import('../../standIns/editor/boxes.ts');

const extension = { id: 'vscode-oidc.oidc-authentication', extensionKind: 1 } as Extension<unknown>;
const saved = { label: 'GitHub', preset: 'github', clientId: 'mine' };
const notWritten = [
  'Couldn’t add GitHub because the settings couldn’t be written. Save settings.json if it has unsaved changes, fix any errors in it, and try again.',
  'Open Settings',
  'Try Again',
];

/** The documents that were opened. */
const steps: string[] = [];

/** A provider under the id of the one that is being added, as somebody writes it into the settings. */
function written(definition: object): Provider {
  const parsed = parseDefinition('oidc', definition);
  assert.ok(parsed.ok);
  return parsed.provider;
}

function window(ids: () => readonly string[] = () => [], agrees = true) {
  const log = recordingLog();
  const entered: [string, ClientCredential][] = [];
  const fetch = () => assert.fail('GitHub has no metadata to ask for');
  const newProviders = createNewProviders({
    httpContext: createHttpContext({ fetch, clock: manualClock(), log }),
    extension,
    trust: {
      isAgreed: () => true,
      check: () => assert.fail('the wizard says itself what was entered'),
      accept: ({ issuer }) => Promise.resolve(agrees && consentTo(issuer)),
      forget: () => undefined,
    },
    clientSecrets: { enter: ({ id }, credential) => void entered.push([id, credential]) },
    reports: { put: (_id, _name, text) => (steps.push(text), {} as Uri) },
    showLog: () => assert.fail('no log is opened'),
    showDiagnosis: () => assert.fail('nothing is diagnosed'),
    ids,
  });
  return { newProviders, log, entered };
}

const enters = (text: string) => (box: OpenBox) => {
  box.type(text);
  box.accept();
};

/** Adds GitHub with the client `mine` and its secret. */
function choosesGitHub(): void {
  asked.answers = [box => box.pick(/^GitHub$/), enters('mine'), enters('its secret'), box => box.accept()];
}

describe('a provider that is being added', () => {
  let { newProviders, entered } = window();
  const providers = (): unknown => editor.settings.providers;
  const added = (): Promise<Provider> => {
    choosesGitHub();
    return newProviders.ask('oidc');
  };

  beforeEach(() => {
    ({ newProviders, entered } = window());
    editor.settings = {};
    editor.writable = true;
    editor.errors = [];
    editor.commands = [];
    editor.pressesOnError = () => undefined;
  });

  it('is saved when somebody has signed in to it, and its secret is for the sign-in only', async () => {
    const provider = await added();
    assert.equal(entered.length, 1);
    const [id, credential] = entered[0] ?? [];
    assert.ok(id === 'oidc' && credential?.kind === 'secret');
    assert.equal(credential.secret.reveal(), 'its secret');
    await newProviders.succeeded(provider);
    assert.deepEqual(providers(), { oidc: saved });
  });

  it('is neither signed in to nor saved without the consent of the user, and has no secret', async () => {
    ({ newProviders, entered } = window(undefined, false));
    await assert.rejects(added(), CancellationError);
    assert.deepEqual([entered, providers(), editor.errors], [[], undefined, []]);
  });

  it('is not added where an extension allows other issuers only, which is told', async () => {
    editor.installed = [
      { id: 'acme.policy', packageJSON: { contributes: { oidcAllowedIssuers: ['https://acme.example'] } } },
    ];
    try {
      await assert.rejects(added(), { name: 'Canceled' });
      assert.match(
        String(editor.errors[0]?.[0]),
        /extension acme\.policy doesn’t allow you to sign in to https:\/\/github\.com/,
      );
      assert.equal(providers(), undefined);
      editor.settings = { providers: { oidc: { preset: 'github', clientId: 'mine' } } };
      await assert.rejects(newProviders.ask('oidc'), { name: 'Canceled' });
      assert.equal(editor.errors.length, 2, 'nor is one that stands in the settings set up anew');
    } finally {
      editor.installed = [];
    }
  });

  it('is not saved by a later sign-in, once its own was cancelled', async () => {
    newProviders.cancelled(await added());
    const byHand = written({ preset: 'github', clientId: 'mine', scopes: ['repo'] });
    await newProviders.succeeded(byHand);
    assert.equal(providers(), undefined);
    assert.equal(newProviders.failed(byHand, new Error('not its own')), false);
  });

  it('is not saved over one of the same id that leads elsewhere', async () => {
    await added();
    const byHand = written({ issuer: 'https://login.example.com', clientId: 'editor' });
    await newProviders.succeeded(byHand);
    assert.equal(newProviders.failed(byHand, new Error('not its own')), false);
    assert.equal(providers(), undefined);
    assert.deepEqual(editor.errors, []);
  });

  for (const [what, meanwhile] of [
    ['the same', { preset: 'github', clientId: 'mine', scopes: ['repo'] }],
    ['another', { issuer: 'https://login.example.com', clientId: 'editor' }],
    ['a wrong', { issuer: '' }],
  ] as const)
    it(`is not saved over ${what} provider that the person has written meanwhile`, async () => {
      editor.messages = [];
      const provider = await added();
      editor.settings = { providers: { oidc: meanwhile, other: { issuer: 'https://other.example' } } };
      await newProviders.succeeded(provider);
      await settled();
      assert.deepEqual(providers(), { oidc: meanwhile, other: { issuer: 'https://other.example' } });
      assert.match(
        editor.messages[0]?.[0] ?? '',
        /^GitHub wasn’t added because .* another entry “oidc”\. That entry stays\.$/,
      );
    });

  it('is saved beside what the person has written meanwhile under other IDs', async () => {
    const provider = await added();
    editor.settings = { providers: { other: { issuer: 'https://other.example' } } };
    await newProviders.succeeded(provider);
    assert.deepEqual(providers(), { other: { issuer: 'https://other.example' }, oidc: saved });
  });

  for (const value of ['text', ['a list'], 7])
    it(`is not saved over a setting that is no object: ${JSON.stringify(value)}`, async () => {
      const provider = await added();
      editor.settings = { providers: value };
      await newProviders.succeeded(provider);
      await settled();
      assert.deepEqual(providers(), value);
      assert.deepEqual(editor.errors, [notWritten]);
    });

  it('is kept, with what was answered, while the settings cannot be written', async () => {
    editor.writable = false;
    const provider = await added();
    await newProviders.succeeded(provider);
    await settled();
    assert.deepEqual(editor.errors, [notWritten]);
    const filled: string[] = [];
    asked.answers = [
      box => box.pick(/^\$\(history\) Continue adding GitHub$/),
      box => box.back(),
      box => box.back(),
      box => {
        filled.push(box.value);
        box.leave();
      },
    ];
    await assert.rejects(newProviders.ask('oidc'), CancellationError);
    assert.deepEqual(filled, ['mine'], 'what was answered is still there');
    editor.writable = true;
    await newProviders.succeeded(provider);
    assert.deepEqual(providers(), { oidc: saved });
  });

  it('is saved when the person has corrected the settings and tries again', async () => {
    editor.writable = false;
    const presses = ['Open Settings', 'Try Again', 'Try Again'];
    editor.pressesOnError = () => {
      editor.writable = presses.length === 1;
      return presses.shift();
    };
    await newProviders.succeeded(await added());
    await settled();
    assert.deepEqual(editor.errors, [notWritten, notWritten, notWritten]);
    assert.deepEqual(editor.commands, [['workbench.action.openSettingsJson']]);
    assert.deepEqual(providers(), { oidc: saved });
  });

  it('is shown again with why its sign-in failed, and is saved without proof only where that is wanted', async () => {
    assert.equal(newProviders.failed(await added(), new Error('refused')), true);
    assert.deepEqual(editor.commands, [['oidc.addProvider', 'oidc']]);
    assert.deepEqual(editor.errors, [], 'the summary says it');
    editor.writable = false;
    editor.pressesOnError = () => {
      editor.writable = true;
      return 'Try Again';
    };
    asked.answers = [
      box => {
        assert.match(box.rows[1] ?? '', /^\$\(error\) Sign-in failed: Something went wrong\./);
        box.pick(/Save without signing in/);
      },
    ];
    await assert.rejects(newProviders.ask('oidc'), CancellationError);
    assert.deepEqual(editor.errors, [notWritten]);
    assert.deepEqual(providers(), { oidc: saved });
  });

  it('is shown again with its own answers where another one was added since', async () => {
    const first = await added();
    asked.answers = [
      box => box.pick(/^GitHub$/),
      enters('another'),
      enters('its secret'),
      box => box.accept(),
    ];
    await newProviders.succeeded(await newProviders.ask('second'));
    assert.equal(newProviders.failed(first, new Error('refused')), true);
    assert.deepEqual(editor.commands, [['oidc.addProvider', 'oidc']]);
    asked.answers = [
      box => {
        assert.match(box.rows[1] ?? '', /^\$\(error\) Sign-in failed: Something went wrong\./);
        box.pick(/Save without signing in/);
      },
    ];
    await assert.rejects(newProviders.ask('oidc'), CancellationError);
    assert.deepEqual(providers(), { oidc: saved, second: { ...saved, clientId: 'another' } });
  });

  it('leads from why its sign-in failed to the page that helps', async () => {
    const keys = new Failure('client-key-refused', { host: 'github.com', error: 'invalid_client' });
    newProviders.failed(await added(), keys);
    asked.answers = [box => box.pick(/Sign-in failed/), box => box.leave()];
    await assert.rejects(newProviders.ask('oidc'), CancellationError);
    assert.equal(asked.titles.at(-1), 'Client');
    // No scopes are known there, so they can't be chosen.
    newProviders.failed(
      await added(),
      new Failure('scopes-differ', { issuer: 'https://github.com', said: '' }),
    );
    asked.answers = [box => box.pick(/Sign-in failed/)];
    assert.equal((await newProviders.ask('oidc'))?.id, 'oidc');
  });

  it('is shown again after its sign-in was canceled, without its secret once the person leaves', async () => {
    newProviders.cancelled(await added());
    asked.answers = [box => box.leave()];
    await assert.rejects(newProviders.ask('oidc'), CancellationError);
    assert.equal(asked.titles.at(-1), 'github.com');
    entered.length = 0;
    asked.answers = [box => box.accept(), box => box.accept()];
    await newProviders.succeeded(await newProviders.ask('oidc'));
    assert.deepEqual(entered, []);
    assert.deepEqual(providers(), { oidc: saved });
  });

  it('may be left for the steps to register an app, and a button leads back', async () => {
    editor.presses = 'Enter Client ID…';
    asked.titles = [];
    asked.answers = [
      box => box.pick(/^GitHub$/),
      box => box.pick(/Show the steps/),
      enters('mine'),
      enters('its secret'),
      box => box.accept(),
    ];
    steps.length = 0;
    try {
      await newProviders.succeeded(await newProviders.ask('oidc'));
      assert.deepEqual(asked.titles.slice(1, 3), new Array(2).fill('Register an app with github.com'));
      assert.match(steps.join(), /Settings/);
      assert.deepEqual(providers(), { oidc: saved });
      // Who closes the message can go on later.
      editor.presses = undefined;
      editor.settings = {};
      asked.answers = [box => box.pick(/^GitHub$/), box => box.pick(/Show the steps/)];
      await assert.rejects(newProviders.ask('oidc'), CancellationError);
      asked.answers = [
        box => box.pick(/Continue adding GitHub/),
        enters('mine'),
        enters('its secret'),
        box => box.accept(),
      ];
      await newProviders.succeeded(await newProviders.ask('oidc'));
      assert.deepEqual(providers(), { oidc: saved });
    } finally {
      editor.presses = undefined;
    }
  });

  it('may be another one than was chosen first: values of the first are forgotten', async () => {
    choosesGitHub();
    asked.answers.unshift(
      box => box.pick(/^Keycloak$/),
      enters('login.example.com'),
      // The realm, and the host again.
      box => box.back(),
      box => box.back(),
    );
    await newProviders.succeeded(await newProviders.ask('oidc'));
    assert.deepEqual(providers(), { oidc: saved });
  });
});

describe('the command that adds a provider', () => {
  const run = (parts: Partial<Parameters<typeof personParts>[0]>, id?: string): Promise<void> => {
    const { accounts } = accountsInMemory();
    const { newProviders } = window();
    const signIns = quietSignIns(() => Promise.resolve(someGrant()));
    const providers = createConfiguredProviders();
    return addProvider(personParts({ accounts, newProviders, providers, signIns, ...parts }), id);
  };

  beforeEach(() => {
    editor.errors = [];
    editor.settings = {};
    asked.answers = [];
  });

  const unexpected = [['Something went wrong. See the log for details.']];

  it('says once that the questions went wrong', async () => {
    const { newProviders, log } = window(() => {
      throw new TypeError('as the test wants it');
    });
    await run({ newProviders, log });
    assert.deepEqual(editor.errors, unexpected);
    assert.match(log.text(), /identity provider not added.*TypeError/);
  });

  it('says that the sign-in could not be taken', async () => {
    choosesGitHub();
    const add = () => Promise.reject(new Error('as the test wants it'));
    await run({ accounts: { ...accountsInMemory().accounts, add } }, 'oidc');
    assert.deepEqual(editor.errors, unexpected);
  });

  it('shows a sign-in that failed in the wizard only, and nothing of a wizard that was left', async () => {
    choosesGitHub();
    await run({ signIns: quietSignIns(() => Promise.reject(new Error('as the test wants it'))) }, 'oidc');
    await run({}, 'oidc');
    assert.deepEqual(editor.errors, []);
  });
});
