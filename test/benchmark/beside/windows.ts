import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startIdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { statistics } from '../figures.ts';
import { repository } from '../measures/costs.ts';
import { bursts, takeOver, type StartFleet } from '../measures/windows.ts';
import { found, separately, type Measure, type Opened } from './measure.ts';

const slowSecrets = join(repository, 'test', 'benchmark', 'built', 'slowSecrets.ts');

/** Of each burst counts what most calls have waited, the 95th percentile. */
export const windows = (amount: number): Measure => ({
  part: `Windows, each a process of its own: ${amount}`,
  most: 5,
  open: separately(async root => {
    const server = await startIdentityProvider();
    const { startFleet } = (await import(join(root, 'test', 'chaos', 'fleet.ts'))) as {
      startFleet: StartFleet;
    };
    return {
      async run() {
        const all = await bursts(server, amount, startFleet, 4);
        return [
          ...found('count', { 'token requests for 1,000 concurrent calls': all.map(({ sent }) => sent) }),
          ...found('ms', {
            'how long 95 % of them wait at most': all.map(({ waits }) => statistics(waits).p95),
          }),
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
  }),
});

/** The same where the secret storage takes as long as an editor's: each step of it is waited for. */
export const slowWindows = (amount: number): Measure => ({
  part: `Windows, each a process of its own, with a secret storage as slow as the editor’s: ${amount}`,
  most: 5,
  async open(...commits) {
    const [ours, theirs] = await windows(amount).open(...commits);
    return [slowly(ours), slowly(theirs)] as const;
  },
});

/** The processes that a run starts inherit what is set here. */
const slowly = ({ run, ...opened }: Opened): Opened => ({
  ...opened,
  async run() {
    const before = process.env['NODE_OPTIONS'] ?? '';
    process.env['NODE_OPTIONS'] = `${before} --import ${pathToFileURL(slowSecrets).href}`.trim();
    try {
      return await run();
    } finally {
      process.env['NODE_OPTIONS'] = before;
    }
  },
});
