import { execFileSync, spawn } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { startIdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import type { CallCost } from '../built/costWorker.ts';
import { statistics, type Figure, type Unit } from '../figures.ts';
import { extension, type SignIn, type SigningIn } from './codeExchange.ts';
import { mainOf, repository, startCost, worker } from './costs.ts';
import { start } from './starting.ts';
import { burst, takeOver, type StartFleet } from './windows.ts';

const slowSecrets = join(repository, 'test', 'benchmark', 'built', 'slowSecrets.ts');

type Found = Pick<Figure, 'name' | 'unit' | 'samples'>;

const found = (unit: Unit, samples: Readonly<Record<string, number | readonly number[]>>): Found[] =>
  Object.entries(samples).map(([name, of]) => ({ name, unit, samples: [of].flat() }));

/** What is measured of each commit, by turns. */
interface Measure {
  readonly part: string;
  /** At most so many times; a count doesn't differ. */
  readonly most?: number;
  /** @param root the commit's worktree. */
  open(root: string): Promise<{ run(): Promise<Found[]>; close?(): unknown }>;
}

const bytes: Measure = {
  part: 'Size',
  most: 1,
  open: root =>
    Promise.resolve({
      async run() {
        const dist = dirname(mainOf(root));
        const size = (files: readonly string[]): number =>
          files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0) / 1000;
        return found('kB', {
          'code loaded by activation': size((await start(1, mainOf(root))).files),
          'minified bundles for Node, all together': size(globSync(['*.cjs', 'parts/*.cjs'], { cwd: dist })),
        });
      },
    }),
};

const starts: Measure = {
  part: 'A start, in processor time of the thread',
  open: root =>
    Promise.resolve({
      async run() {
        const main = mainOf(root);
        const cost = await startCost(main);
        const [one, thousand] = [await start(1, main), await start(1000, main)];
        return [
          ...found('ms', {
            'load and activate()': cost,
            'the same with 1,000 grants': thousand.load + thousand.activate,
            'the first getSessions(undefined) with 1,000 grants': thousand.firstAnswer,
          }),
          ...found('MB', {
            'heap after activation': one.heapAtRest,
            'heap with 1,000 grants in use': thousand.heapAfterAnswer,
          }),
          ...found('count', {
            'secrets read by activate(), with 1,000 grants': thousand.readsAtActivation,
            'secrets read from activation to a first answer, with 1 grant': one.readsUntilAnswer,
            'grants read by the first getSessions(undefined), with 1,000': thousand.readsForAnswer,
          }),
        ];
      },
    }),
};

/** A built extension in a process that says what calls cost whenever it is asked. */
const calls = (grants: string): Measure => ({
  part: `Calls, grants: ${grants}, in processor time of the thread`,
  async open(root) {
    const child = spawn(process.execPath, [worker, mainOf(root), grants], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => {
      const line: IteratorResult<string, unknown> = await lines.next();
      if (line.done) throw new Error('The worker ended');
      return JSON.parse(line.value) as unknown;
    };
    await next();
    return {
      async run() {
        child.stdin.write('\n');
        const { answer, all, refresh } = (await next()) as CallCost;
        return found('µs', {
          'getSessions of one scope set': answer,
          'getSessions(undefined)': all,
          'getSessions that waits for a refresh': refresh,
        });
      },
      close: () => child.stdin.end(),
    };
  },
});

const signIns: Measure = {
  part: 'A sign-in, without the time of the person, in processor time of the thread',
  async open(root) {
    const server = await startIdentityProvider();
    const module = (await import(join(root, 'test', 'protocol', 'signingIn.ts'))) as SigningIn;
    const warm = extension(server, {}, module);
    const each = async (signIn: () => Promise<SignIn>): Promise<(what: keyof SignIn) => number[]> => {
      const done: SignIn[] = [];
      // One alone is shorter than what disturbs it.
      for (let at = 0; at < 4; at++) done.push(await signIn());
      return what => done.map(one => one[what]);
    };
    await each(warm);
    return {
      async run() {
        const cold = await each(() => extension(server, {}, module)());
        const known = await each(warm);
        return [
          ...found('ms', {
            'all of it, nothing known': cold('whole'),
            'click to browser opened, nothing known': cold('toBrowser'),
            'code exchange to session, nothing known before': cold('toSession'),
            'all of it, metadata and keys known': known('whole'),
            'click to browser opened, metadata known': known('toBrowser'),
            'code exchange to session, metadata and keys known': known('toSession'),
          }),
          ...found('count', {
            'requests, nothing known of the provider': cold('requests'),
            'requests, metadata and keys known': known('requests'),
          }),
        ];
      },
      close: () => server.close(),
    };
  },
};

/** Of each run counts what most calls have waited, the 95th percentile. */
const windows = (amount: number): Measure => ({
  part: `Windows, each a process of its own: ${amount}`,
  async open(root) {
    const server = await startIdentityProvider();
    const { startFleet } = (await import(join(root, 'test', 'chaos', 'fleet.ts'))) as {
      startFleet: StartFleet;
    };
    return {
      async run() {
        const { waits, sent } = await burst(server, amount, startFleet);
        return [
          ...found('count', { 'token requests for 1,000 concurrent calls': sent }),
          ...found('ms', { 'how long 95 % of them wait at most': statistics(waits).p95 }),
          ...(amount === 2
            ? found('ms', {
                'the leader is killed: until another window has new tokens': await takeOver(
                  server,
                  startFleet,
                ),
              })
            : []),
        ];
      },
      close: () => server.close(),
    };
  },
});

/** The same where the secret storage takes as long as an editor's: each step of it is waited for. */
const slowWindows = (amount: number): Measure => ({
  part: `Windows, each a process of its own, with a secret storage as slow as the editor’s: ${amount}`,
  async open(root) {
    const { run, close } = await windows(amount).open(root);
    return {
      ...(close && { close }),
      async run() {
        const before = process.env['NODE_OPTIONS'] ?? '';
        process.env['NODE_OPTIONS'] = `${before} --import ${pathToFileURL(slowSecrets).href}`.trim();
        try {
          return await run();
        } finally {
          process.env['NODE_OPTIONS'] = before;
        }
      },
    };
  },
});

/** What a commit finds with its own benchmark: counts and memory, which no other process disturbs. */
const own = (file: string, name: string, ...given: readonly number[]): Measure => ({
  part: 'As each commit measures itself',
  most: 1,
  async open(root) {
    const [path = ''] = globSync([`test/benchmark/measures/${file}.ts`, `test/benchmark/${file}.ts`], {
      cwd: root,
    });
    type Own = Readonly<Record<string, (...given: readonly number[]) => Promise<Figure[]>>>;
    const module = (await import(join(root, path))) as Own;
    return { run: async () => (await module[name]?.(...given)) ?? [] };
  },
});

const all: readonly Measure[] = [
  bytes,
  starts,
  calls('1'),
  calls('1000'),
  signIns,
  ...[1, 2, 4, 8].map(windows),
  slowWindows(8),
  own('idle', 'measureIdling'),
  own('refreshing', 'measureRefreshing', 10_000),
];

/**
 * This commit beside another one, by turns in one run: each figure of the benchmark that both have, except those of a
 * real editor.
 *
 * @param worktree of the other commit, where `npm ci` and `npm run build` were run.
 */
export const besideMeasures = (worktree: string, runs: number): readonly (() => Promise<Figure[]>)[] => {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: worktree, encoding: 'utf8' });
  return all.map(({ part, most = runs, open }) => async () => {
    const opened = [await open(repository), await open(worktree)] as const;
    const samples = [new Map<string, Found>(), new Map<string, Found>()] as const;
    for (let run = 0; run < Math.min(runs, most); run++)
      for (const at of run % 2 ? ([1, 0] as const) : ([0, 1] as const))
        for (const one of await opened[at].run()) {
          const before = samples[at].get(one.name)?.samples ?? [];
          samples[at].set(one.name, { ...one, samples: [...before, ...one.samples] });
        }
    for (const { close } of opened) await close?.();
    const [ours, theirs] = samples;
    return [...ours.values()].flatMap(({ name, unit, samples }): Figure[] => {
      const peer = theirs.get(name);
      if (!peer) return [];
      const figure = { part, name, unit, samples, peer: { name: commit.trim(), samples: peer.samples } };
      // Nothing is a multiple of nothing, or of a heap that shrinks.
      return [{ ...figure, ...(statistics(peer.samples).median > 0 && { aim }) }];
    });
  });
};

/** Not worse; a tenth is what the same commit differs from itself. */
const aim = { of: 'median', most: 1.1, ratio: true } as const;
