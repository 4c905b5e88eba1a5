import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FromConfined } from './confinedWindow.ts';
import { testWindows } from './groups.ts';

/** Files can be made, but nothing can be written into them, as on a full disk. The signal would end the process. */
const nothingToFiles = `trap '' XFSZ; ulimit -S -f 0; exec "$0" "$@"`;

if (process.platform === 'linux') {
  describe('a window whose disk is full', function () {
    this.timeout(60_000);
    let windows: ReturnType<typeof testWindows>;
    let child: ChildProcess;
    beforeEach(() => {
      windows = testWindows();
    });
    afterEach(async () => {
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      await windows.end();
    });

    /** Starts the window without room for a byte; resolves with the first message that fits. */
    function start(directory: string) {
      child = fork(join(import.meta.dirname, 'confinedWindow.ts'), [directory], {
        execPath: '/bin/sh',
        execArgv: ['-c', nothingToFiles, process.execPath],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const messages: FromConfined[] = [];
      const heard = async (fits: (message: FromConfined) => boolean): Promise<FromConfined> => {
        for (;;) {
          const found = messages.find(fits);
          if (found) return found;
          await once(child, 'message');
        }
      };
      child.on('message', (message: FromConfined) => messages.push(message));
      return {
        heard,
        role: (role: string) => heard(message => message.is === 'role' && message.role === role),
      };
    }

    it('works alone and says why, and joins the others when there is room again', async () => {
      const directory = join(windows.directory, 'w');
      const full = start(directory);
      const line = await full.heard(message => message.is === 'line' && message.level === 'error');
      assert.ok(line.is === 'line');
      assert.equal(line.event, 'This window cannot share with the others and works alone');
      assert.match(line.reason, /EFBIG|ENOSPC/);
      await full.role('alone');
      const left = readdirSync(directory).filter(name => statSync(join(directory, name)).isFile());
      assert.ok(left.length > 0, 'it got as far as a file with nothing in it');

      const roomy = windows.open('roomy', { directory });
      await roomy.has('leader');
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
      await full.role('member');
      assert.equal((await roomy.group.leader.whoLeads()).name, 'roomy');
    });
  });
}
