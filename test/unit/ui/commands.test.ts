import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { blank } from '../../../src/sessions/grant/memory.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { personParts } from '../../standIns/personParts.ts';
import { keptGrants } from '../sessions/cachedGrants.ts';
import type { Activity } from '../../../src/sessions/activity.ts';
import { someGrant, someProvider, start } from '../sessions/someGrant.ts';

const { editor, window, documentProviders, Uri } = await import('../../standIns/editor/vscode.ts');
const { asOwn } = await import('../../../src/ui/clicks.ts');
const { redraw } = await import('../../../src/ui/signInsView/lines.ts');
const { registerActivityCommands } = await import('../../../src/ui/commands/activity.ts');
const { registerActivityDocument } = await import('../../../src/ui/commands/activityDocument.ts');
const { registerCommands } = await import('../../../src/ui/commands/commands.ts');
const { registerDiagnoseCommand } = await import('../../../src/ui/commands/diagnoseProvider.ts');
const { registerEditCommands } = await import('../../../src/ui/commands/editProvider.ts');
const { registerSignInCommands } = await import('../../../src/ui/commands/signInActions.ts');
const { contributedCommands } = await import('../../../src/ui/commands/deferredCommands.ts');
const { registerMcpServers } = await import('../../../src/mcp/registration.ts');
const { registerClaims } = await import('../../../src/ui/signInsView/claimsEditor.ts');
const { rowsOf } = await import('../../../src/ui/signInsView/rows.ts');

const manifest: unknown = JSON.parse(
  await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
);
const ids = contributedCommands(manifest);

/** What only the person and the provider know. */
const personal = /alice|sub-alice|developers/;
const grant = someGrant();

/** How the editor's questions are answered. `others` is what another extension can do: accept messages and lists. */
function answered(dialogs: 'refused' | 'accepted') {
  const seen: string[] = [];
  const saved: unknown[] = [];
  let left = 3;
  const show = (
    message: string,
    options?: string | { modal: true },
    ...buttons: string[]
  ): Promise<string | undefined> => {
    // A message that offers to try again comes again for as long as somebody does.
    if (typeof options !== 'object') return Promise.resolve(left-- > 0 ? options : undefined);
    seen.push(message);
    return Promise.resolve(dialogs === 'accepted' ? buttons.at(-1) : undefined);
  };
  Object.assign(window, {
    showInformationMessage: show,
    showWarningMessage: show,
    showErrorMessage: show,
    showQuickPick: (items: readonly object[]) => Promise.resolve(items[0]),
    showInputBox: () => Promise.resolve(undefined),
    showSaveDialog: (options: unknown) => Promise.resolve(void saved.push(options)),
  });
  return { dialogs: seen, saved };
}

/** A window in which alice is signed in, with every command there is. */
async function signedIn() {
  const clock = manualClock(start * 1000);
  const { cache, log } = keptGrants({ clock, answer: () => assert.fail('nothing is refreshed') });
  await cache.put(grant);
  const providers = createConfiguredProviders();
  // An editor that registered itself has a registration to forget.
  providers.update([{ ...someProvider, clientId: undefined }]);
  const memories = { of: () => blank, onDidChange: () => () => undefined };
  const renew = (id: string) => cache.get(id);
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing: { renew, derive: renew, add: () => assert.fail('nobody signs in') },
  });
  const forgotten: string[] = [];
  const judged: string[] = [];
  const person = personParts({ accounts, providers, log });
  const parts = {
    ...person,
    trust: { ...person.trust, isAgreed: ({ id }: { id: string }) => judged.push(id) > 1 },
    cache,
    sharing: { ...personParts({ accounts, providers }).sharing, renew, memories },
    registrations: { forgetAll: () => Promise.resolve(void forgotten.push('registration')) },
    clientSecrets: {
      publicKeys: () => Promise.resolve(undefined),
      forget: () => Promise.resolve(void forgotten.push('secret')),
      stored: () => Promise.resolve(undefined),
    },
  };
  editor.settings = { providers: { oidc: { issuer: someProvider.issuer } } };
  editor.commands = [];
  const activities: Activity[] = [
    { at: start, event: 'sign-in', provider: 'oidc', account: 'alice', scopes: [] },
  ];
  const activityLog = { activities: () => Promise.resolve(activities) };
  const activity = registerActivityDocument(activityLog, id => id);
  const registered = [
    registerCommands(parts as never),
    registerEditCommands(parts as never),
    registerSignInCommands(parts),
    registerDiagnoseCommand(
      { ...parts, signIns: parts.signIns } as never,
      { put: () => Uri.from({ scheme: 'oidc-diagnosis', path: '/Diagnosis', query: '' }) } as never,
    ),
    activity,
    registerActivityCommands(activityLog, activity),
    registerMcpServers(log, providers, () =>
      Promise.resolve({
        restartOne: () => Promise.resolve(),
        manageAccess: () => Promise.resolve(),
      } as never),
    ),
    registerClaims({ cache, providers }),
  ];
  const { lines } = redraw(
    [],
    rowsOf({ providers: [someProvider], contested: [], grants: [grant], memory: () => blank, now: start }),
  );
  return {
    cache,
    forgotten,
    judged,
    row: lines[0]?.children.map(asOwn)[0],
    end(): void {
      for (const part of registered) part.dispose();
    },
  };
}

const run = (id: string, ...args: unknown[]): unknown => editor.runs.get(id)?.(...args);

describe('the commands', () => {
  const own = { ...window };
  let here: Awaited<ReturnType<typeof signedIn>>;

  beforeEach(async () => {
    here = await signedIn();
    editor.clipboard = 'what the person had copied';
    editor.opened = [];
  });
  afterEach(() => {
    here.end();
    Object.assign(window, own);
  });

  it('are all contributed, and those that are contributed are all there', () => {
    assert.deepEqual([...editor.runs.keys()].sort(), [...ids].sort());
    assert.ok(ids.length > 20);
  });

  it('diagnose a client as far as the user has agreed to its provider', async () => {
    answered('refused');
    await Promise.resolve(run('oidc.diagnoseProvider')).catch(() => undefined);
    assert.deepEqual(here.judged, ['oidc']);
  });

  const forged: Readonly<Record<string, (row: object | undefined) => unknown[]>> = {
    'without an argument': () => [],
    'with the id of the provider': () => ['oidc'],
    'with what looks like a row': row => [structuredClone(row)],
    'with what the editor calls a row by': row => [
      { $treeViewId: 'oidc.signIns', $treeItemHandle: '0/0:alice', ...row },
    ],
  };

  for (const id of ids) {
    for (const [how, argumentsOf] of Object.entries(forged))
      it(`tell nothing and end nothing if another extension runs ${id} ${how}`, async () => {
        const { saved } = answered('refused');
        const result = await Promise.resolve(run(id, ...argumentsOf(here.row))).catch(() => undefined);
        assert.equal(result, undefined);
        assert.equal(editor.clipboard, 'what the person had copied');
        assert.deepEqual(
          editor.opened.filter(text => personal.test(text)),
          [],
        );
        assert.ok(await here.cache.get(grant.id), 'still signed in');
        assert.deepEqual([here.forgotten, saved], [[], []]);
      });
  }

  const guarded: Readonly<Record<string, (saved: readonly unknown[]) => unknown>> = {
    'oidc.copyClaims': () => assert.match(editor.clipboard, /developers/),
    'oidc.showClaims': () => assert.match(editor.opened.join(), /developers/),
    'oidc.showActivity': () => assert.match(editor.opened.join(), /alice/),
    'oidc.exportActivity': saved => assert.equal(saved.length, 1),
    'oidc.forgetRegistration': () => assert.deepEqual(here.forgotten, ['registration']),
    'oidc.signOut': async () => assert.equal(await here.cache.get(grant.id), undefined),
    'oidc.signOutEverywhere': async () => assert.equal(await here.cache.get(grant.id), undefined),
  };

  for (const [id, assertDone] of Object.entries(guarded)) {
    it(`ask what is named, and do it on a yes: ${id}`, async () => {
      const { dialogs, saved } = answered('accepted');
      await run(id);
      assert.equal(dialogs.length, 1);
      assert.match(dialogs[0] ?? '', /alice|the activity of all|registration with Company/);
      await assertDone(saved);
    });

    it(`do not ask after a click on a row of our own: ${id}`, async () => {
      const { dialogs, saved } = answered('refused');
      await run(id, here.row);
      assert.deepEqual(dialogs, []);
      await assertDone(saved);
    });
  }
});

describe('the documents about sign-ins', () => {
  it('say nothing to whoever guesses their address', async () => {
    const here = await signedIn();
    for (const [scheme, provider] of documentProviders)
      for (const query of ['', grant.id, 'oidc', grant.account.id]) {
        const address = Uri.from({ scheme, path: '/alice (Company).jsonc', query });
        const text = await provider.provideTextDocumentContent(address as never, undefined as never);
        assert.doesNotMatch(text ?? '', personal, scheme);
      }
    assert.deepEqual([...documentProviders.keys()].sort(), ['oidc-activity', 'oidc-claims']);
    here.end();
  });
});
