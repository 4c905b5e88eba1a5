import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remembering, type Memory } from '../../../src/platform/storage.ts';
import { shown } from '../../../src/platform/shown.ts';
import { createMcpConsent } from '../../../src/mcp/consent.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { createEmitter } from '../../../src/platform/emitter.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import type { GrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createConcessions } from '../../../src/signIn/client/concessions.ts';
import { createTrust, type Yes } from '../../../src/signIn/trust.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { memoryMemento, mementoTroubles } from '../../standIns/memento.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { unhandledRejections } from '../../standIns/unhandledRejections.ts';
import { changedProvider, someGrant, someProvider } from '../sessions/someGrant.ts';

const { editor, window, EventEmitter } = await import('../../standIns/editor/vscode.ts');
const { createRepeating } = await import('../../../src/ui/problems/repeating.ts');
const { watchWaitingSignIns } = await import('../../../src/ui/problems/waitingSignIns.ts');
const { storedPermissions, storePermissions, storedOutcomes, storeOutcomes } =
  await import('../../../terminals/src/editor/storage.ts');

const going = (): AbortSignal => new AbortController().signal;
const yes = () => Promise.resolve(true as Yes);
const moved = changedProvider({ issuer: 'https://other.example.com' });

/**
 * Everything that is remembered, used as in a window in which it happens twice: what a person decides or is shown, once.
 * Each returns what it must not do without.
 */
const places: Readonly<Record<string, (memory: Memory) => unknown>> = {
  async 'the agreement to a provider'(memory) {
    const questions: string[] = [];
    const waiting: string[] = [];
    const trust = createTrust({
      memory,
      ask(provider, before) {
        questions.push(`${provider.issuer} after ${before ?? 'nothing'}`);
        return yes();
      },
      hasSignIns: () => Promise.resolve(false),
      onAgreed: provider => Promise.resolve(void waiting.push(provider.issuer)),
    });
    const agreed: boolean[] = [];
    for (const provider of [someProvider, someProvider, moved, moved]) {
      agreed.push(Boolean(await trust.check(provider, going())), trust.isAgreed(provider));
    }
    trust.forget(someProvider.id);
    agreed.push(Boolean(await trust.accept(someProvider, going())), trust.isAgreed(someProvider));
    agreed.push(Boolean(await trust.check(someProvider, going())));
    return { agreed, questions, waiting };
  },

  async 'a message that was silenced'(memory) {
    editor.warnings = [];
    const silenced = shown('Something is wrong.');
    const other = shown('Something else is wrong.');
    editor.presses = 'Don’t Show Again';
    const repeating = createRepeating(memory);
    for (const message of [silenced, silenced, other, silenced, other]) await repeating.warn(message);
    editor.presses = undefined;
    return editor.warnings.map(([message]) => message);
  },

  'what a server refuses'(memory) {
    const concessions = createConcessions(memory, manualClock(0), recordingLog());
    concessions.add(someProvider, ['scope:offline_access']);
    concessions.add(someProvider, ['basic:raw']);
    const both = concessions.of(someProvider);
    concessions.forget(someProvider);
    return [both, concessions.of(someProvider)];
  },

  async 'sign-ins that wait, and IDs that several bring'(memory) {
    const told: string[] = [];
    const providers = createConfiguredProviders();
    const changes = createEmitter<never>();
    const grant = someGrant();
    const binding = { ...grant.binding, terms: someProvider.terms };
    const grants: Grant[] = [{ ...grant, binding }];
    const focus = new EventEmitter<{ focused: boolean }>();
    Object.assign(window, { state: { focused: true }, onDidChangeWindowState: focus.event });
    const cache = { known: () => grants, onDidLoad: () => () => undefined, onDidChange: changes.on };
    const messages = {
      showWaiting: ({ terms }: { terms: string }) => Promise.resolve(void told.push(terms)),
      showContested: ({ id }: { id: string }) => Promise.resolve(void told.push(id)),
    };
    const watching = watchWaitingSignIns(
      providers,
      cache as unknown as GrantCache,
      memory,
      () => Promise.resolve(messages),
      () => undefined,
    );
    const changed = changedProvider({ resources: ['https://api.example.com'] });
    const contested = { id: 'company', candidates: [someProvider, moved], used: undefined };
    for (let time = 0; time < 3; time++) {
      providers.update([changed], [contested]);
      focus.fire({ focused: true });
      await new Promise(resolve => setImmediate(resolve));
    }
    watching.dispose();
    return told;
  },

  async 'which MCP servers get a token'(memory) {
    const questions: string[] = [];
    const answers = [true, false];
    const consent = createMcpConsent({
      memory,
      ask(server) {
        questions.push(server.id);
        return Promise.resolve((answers.shift() ?? false) as Yes | false);
      },
    });
    const wiki = {
      id: 'wiki',
      label: 'Wiki',
      url: 'https://mcp.example.com/',
      providerId: 'oidc',
      scopes: [],
    };
    const mail = { ...wiki, id: 'mail' };
    const allowed: boolean[] = [];
    for (const server of [wiki, wiki, mail, mail]) allowed.push(await consent.check(server, false));
    consent.refuse('wiki');
    allowed.push(await consent.check(wiki, false));
    return {
      questions,
      allowed,
      answers: consent
        .answers()
        .map(({ id, isAllowed }) => `${id} ${isAllowed}`)
        .sort(),
    };
  },

  'what programs in terminals are allowed, and had'(memory) {
    const permission = { accountKey: 'company', choice: 'workspace' as const, until: undefined };
    const outcome = (at: number) => ({ at, name: 'company', scopes: [] }) as never;
    for (const at of [1, 2, 3]) {
      storePermissions(memory, [...storedPermissions(memory), { ...permission, key: `program ${at}` }]);
      storeOutcomes(memory, [...storedOutcomes(memory), outcome(at)]);
    }
    return [storedPermissions(memory).map(({ key }) => key), storedOutcomes(memory).map(({ at }) => at)];
  },
};

describe('a storage of decisions that fails', () => {
  const own = { ...window };
  afterEach(() => void Object.assign(window, own));

  for (const [place, live] of Object.entries(places)) {
    it(`at whichever call, in whatever manner, changes nothing in its window: ${place}`, async () => {
      const works = memoryMemento();
      const expected = await live(remembering(works));
      assert.ok(works.calls >= 2, `${works.calls} calls`);
      for (const trouble of mementoTroubles)
        for (const showsUnstored of [true, false])
          for (let at = 1; at <= works.calls; at++)
            for (const lasts of [false, true]) {
              const storage = memoryMemento();
              storage.showsUnstored = showsUnstored;
              storage.trouble = call => (call === at || (lasts && call > at) ? trouble : undefined);
              const how = `${trouble} at call ${at}${lasts ? ' and later' : ''}, ${showsUnstored ? '' : 'not '}shown`;
              let result: unknown = 'it waits for ever';
              const unhandled = await unhandledRejections(async () => {
                void (async () => (result = await live(remembering(storage))))();
                await settled();
              });
              assert.deepEqual(result, expected, how);
              assert.deepEqual(unhandled, [], how);
            }
    });
  }

  it('is used through what bears that, everywhere', () => {
    const root = join(import.meta.dirname, '..', '..', '..');
    const uses = globSync('{src,terminals/src}/**/*.ts', { cwd: root })
      .filter(file => !file.replaceAll('\\', '/').startsWith('src/client/'))
      .flatMap(
        file =>
          readFileSync(join(root, file), 'utf8').match(/.*\b(global|workspace)State\b.*|.*\bMemento\b.*/g) ??
          [],
      )
      .map(line => line.trim())
      .filter(line => !line.startsWith('/**'));
    assert.deepEqual(uses.sort(), [
      'const memory = remembering(context.globalState);',
      'const memory = remembering(context.workspaceState);',
    ]);
  });
});
