import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ancestryOf, peerIn, peerOf, type FindPeer } from '../../../terminals/src/agent/peer.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { has } from '../programs.ts';
import { openAgent, success } from './openAgent.ts';

const list = [
  'u_str ESTAB 0      0                            * 301 * 302 users:(("socat",pid=77,fd=5))   ',
  'u_str ESTAB 0      0      /run/a dir/vo-x/s0 302 * 301 users:(("node",pid=12,fd=21))',
  // A process can call itself as it likes, and a socket can be that of several.
  'u_str ESTAB 0 0 * 401 * 402 users:(("a",pid=1,fd=2))",pid=88,fd=5),("sh",pid=89,fd=5))',
  'u_str ESTAB 0 0 * 1402 * 501',
].join('\n');

describe('the process at the other end of a connection', () => {
  it('is read from the list of ss', () => {
    assert.equal(peerIn(list, '302'), 77);
    assert.equal(peerIn(list, '402'), 89);
    for (const none of ['2', '301302', '501', '9']) assert.equal(peerIn(list, none), undefined, none);
  });

  it('has those that started it, whatever they call themselves', async () => {
    const files: Record<string, string> = {
      '/proc/9/stat': '9 (a) S 1 (b)) S 7 9 9',
      '/proc/9/cmdline': 'git\0clone\0\0',
      '/proc/7/stat': '7 (bash) S 6 7 7',
      '/proc/7/cmdline': 'bash\0',
    };
    const read = (path: string): Promise<string> => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
    };
    assert.deepEqual(await ancestryOf(9, read), [
      { pid: 9, parent: 7, words: ['git', 'clone'] },
      { pid: 7, parent: 6, words: ['bash'] },
    ]);
    assert.deepEqual(await ancestryOf(10, read), []);
  });

  it('is no one where no one can tell', async () => {
    const socket = { _handle: { fd: 0 } } as never;
    for (const platform of ['darwin', 'win32'] as const)
      assert.equal(await peerOf(socket, platform), undefined);
    assert.equal(await peerOf({} as never, 'linux'), undefined);
    assert.equal(await peerOf(socket, 'linux'), undefined);
  });

  if (process.platform === 'linux' && has('ss', 'apt-get install iproute2'))
    it('is found while it waits, with this one among those that started it', async () => {
      let find: FindPeer | undefined;
      const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
      const open = await openAgent(async (_, _hungUp, _json, peer) => {
        find = peer;
        await decided;
        return success;
      });
      const program = `require('net').connect(process.argv[1]).on('close', () => process.exit()).resume()
        .write('{"request":"access_token","account":"company"}')`;
      const child = spawn(process.execPath, ['-e', program, open.agent.path], { stdio: 'ignore' });
      try {
        const ended = once(child, 'exit');
        await waitFor('the request', () => Promise.resolve(find !== undefined));
        const pid = await find?.();
        assert.equal(pid, child.pid);
        const ancestry = await ancestryOf(pid ?? 0);
        assert.equal(ancestry[0]?.words[0], process.execPath);
        assert.equal(ancestry[1]?.pid, process.pid);
        decide();
        await ended;
      } finally {
        child.kill();
        await open.close();
      }
    });
});
