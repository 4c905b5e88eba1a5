import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { claimAfter, latestTerm } from '../../../src/windows/sockets/claims.ts';
import { proofOf } from '../../../src/windows/sockets/handshake.ts';
import { readKey } from '../../../src/windows/sockets/key.ts';
import { openPlace } from '../../../src/windows/sockets/place.ts';
import { testWindows, type TestWindow } from '../../windows/groups.ts';
import { connectVerified, connectRaw, currentLeader, rawPeer } from '../../windows/rawPeer.ts';

const dropped = 'A connection to the leading window was dropped';

describe('a peer of the leader', () => {
  let windows: ReturnType<typeof testWindows>;
  let leader: TestWindow;
  beforeEach(async () => {
    windows = testWindows();
    leader = windows.open('leader', { timing: { unresponsiveAfter: 100 } });
    await leader.has('leader');
  });
  afterEach(() => windows.end());

  /** The leader said why, and goes on. */
  async function assertDropped(reason: string): Promise<void> {
    const line = await leader.log.line(dropped, reason);
    assert.equal(line.level, 'warn');
    const other = windows.open('other');
    assert.equal((await other.group.leader.whoLeads()).name, 'leader');
    assert.equal(leader.leases.length, 1);
  }

  it('is served when it has proved the key', async () => {
    const peer = await connectVerified(windows.directory);
    const { term, nonce } = currentLeader(windows.directory).claim;
    assert.match(String((await peer.next())['proof']), /^[0-9a-f]{64}$/);
    assert.ok(term > 0 && nonce.length === 12);
    peer.socket.write(`${JSON.stringify({ t: 'ping' })}\n`);
    assert.deepEqual(await peer.next(), { t: 'pong' });
    peer.socket.write(`${JSON.stringify({ t: 'q', i: '1', m: 'call', a: ['add', [1, 2]] })}\n`);
    assert.deepEqual(await peer.next(), { t: 's', i: '1', r: 3 });
    peer.socket.destroy();
  });

  it('is dropped when it has another key', async () => {
    const peer = await connectVerified(windows.directory, randomBytes(32));
    await peer.closed;
    await assertDropped('could not prove the key');
  });

  it('is dropped when it repeats a proof of before, or sends back what the leader sent', async () => {
    const key = readKey(windows.directory);
    const { claim } = currentLeader(windows.directory);
    const mine = randomBytes(32).toString('hex');
    const first = connectRaw(windows.directory);
    const nonce = String((await first.next())['nonce']);
    const proof = proofOf(key, 'member', claim, nonce, mine);
    first.socket.write(`${JSON.stringify({ nonce: mine, proof })}\n`);
    const answer = String((await first.next())['proof']);
    first.socket.destroy();
    for (const repeated of [proof, answer]) {
      const second = connectRaw(windows.directory);
      assert.notEqual((await second.next())['nonce'], nonce);
      second.socket.write(`${JSON.stringify({ nonce: mine, proof: repeated })}\n`);
      await second.closed;
    }
    const other = connectRaw(windows.directory);
    const theirs = String((await other.next())['nonce']);
    const wrongRole = proofOf(key, 'leader', claim, theirs, mine);
    other.socket.write(`${JSON.stringify({ nonce: mine, proof: wrongRole })}\n`);
    await other.closed;
    await assertDropped('could not prove the key');
  });

  for (const [what, sent] of [
    ['nothing of the handshake', '{"hello":1}'],
    ['a call', '{"t":"q","i":"1","m":"call","a":["add",[1,2]]}'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a proof of another form', `{"nonce":"${'a'.repeat(64)}","proof":["${'a'.repeat(64)}"]}`],
    ['a nonce of another length', `{"nonce":"aa","proof":"${'a'.repeat(64)}"}`],
  ] as const) {
    it(`is dropped when it sends ${what} instead of its proof`, async () => {
      const peer = connectRaw(windows.directory);
      peer.socket.write(`${sent}\n`);
      await peer.closed;
      await assertDropped('did not follow the handshake');
    });
  }

  it('is dropped when it sends garbage', async () => {
    const peer = connectRaw(windows.directory);
    peer.socket.write(Buffer.from([0, 255, 10, 1, 2, 10]));
    await peer.closed;
    await assertDropped('not JSON');
  });

  it('is dropped when it sends much before its proof', async () => {
    const peer = connectRaw(windows.directory);
    peer.socket.write('x'.repeat(100_000));
    await peer.closed;
    await assertDropped('above the limit');
  });

  it('is dropped when it says nothing, or says it too slowly', async () => {
    const silent = connectRaw(windows.directory);
    const slow = connectRaw(windows.directory);
    slow.socket.write('{');
    await Promise.all([silent.closed, slow.closed]);
    await assertDropped('in time');
  });

  it('is dropped when too many others have not proved the key', async () => {
    await leader.group.dispose();
    const patient = windows.open('patient', { timing: { unresponsiveAfter: 60_000 } });
    await patient.has('leader');
    const peers = Array.from({ length: 300 }, () => connectRaw(windows.directory));
    await patient.log.line(dropped, 'too many');
    for (const peer of peers) peer.socket.destroy();
    await Promise.all(peers.map(peer => peer.closed));
    const other = windows.open('other');
    assert.equal((await other.group.leader.whoLeads()).name, 'patient');
  });

  for (const [what, sent] of [
    ['garbage', '}{'],
    ['null', 'null'],
    ['a message of no kind', '{"t":"x"}'],
    ['a call without arguments', '{"t":"q","i":"1","m":"call"}'],
    ['a call without a name', '{"t":"q","i":"1","m":{},"a":[]}'],
    ['an answer without an id', '{"t":"s","r":1}'],
  ] as const) {
    it(`is dropped when it sends ${what} after its proof`, async () => {
      const peer = await connectVerified(windows.directory);
      await peer.next();
      peer.socket.write(`${sent}\n`);
      await peer.closed;
      await assertDropped('it sent something');
    });
  }

  it('gets an error for calls that make no sense, and no more', async () => {
    const peer = await connectVerified(windows.directory);
    await peer.next();
    const calls = [
      ['constructor', []],
      ['__proto__', []],
      ['call', []],
      ['call', ['add']],
      ['call', [{}, []]],
      ['call', ['__proto__', []]],
    ];
    for (const [m, a] of calls) {
      peer.socket.write(`${JSON.stringify({ t: 'q', i: '7', m, a })}\n`);
      const { e } = await peer.next();
      assert.ok(typeof e === 'object' && e !== null && 'message' in e, JSON.stringify(m));
    }
    // An answer to nothing.
    peer.socket.write('{"t":"s","i":"nothing","e":null}\n{"t":"ping"}\n');
    assert.deepEqual(await peer.next(), { t: 'pong' });
    peer.socket.destroy();
  });

  it('is dropped when it sends a frame above the limit after its proof', async () => {
    const peer = await connectVerified(windows.directory);
    await peer.next();
    peer.socket.write('x'.repeat(1024 * 1024 + 1));
    await peer.closed;
    await assertDropped('above the limit');
  });

  it('is dropped when it does not read', async () => {
    const peer = await connectVerified(windows.directory);
    await peer.next();
    peer.socket.pause();
    const text = 'x'.repeat(1024 * 1024 - 1000);
    for (let i = 0; i < 10; i++) {
      const outcomes = await leader.group.broadcast.tell(text);
      assert.ok('value' in (outcomes[0] ?? {}));
    }
    await assertDropped('does not read');
    peer.socket.destroy();
  });
});

describe('a member', () => {
  let windows: ReturnType<typeof testWindows>;
  let forged: Server | undefined;
  beforeEach(() => {
    windows = testWindows();
  });
  afterEach(async () => {
    forged?.close();
    await windows.end();
  });

  /** Somebody else at the address of the current claim. */
  async function forge(behaviour: (peer: ReturnType<typeof rawPeer>) => void): Promise<void> {
    const place = openPlace(windows.directory);
    claimAfter(place.directory, 0, undefined);
    forged = createServer(socket => behaviour(rawPeer(socket)));
    forged.listen(currentLeader(windows.directory).address);
    await once(forged, 'listening');
  }

  it('does not believe a leader that cannot prove the key, and takes over', async () => {
    await forge(peer => {
      peer.socket.write(`${JSON.stringify({ version: 1, nonce: 'a'.repeat(64) })}\n`);
      void peer.next().then(() => peer.socket.write(`${JSON.stringify({ proof: 'b'.repeat(64) })}\n`));
    });
    writeFileSync(join(windows.directory, 'key'), randomBytes(32), { mode: 0o600 });
    const a = windows.open('a');
    await a.log.line('could not be joined', 'could not prove the key');
    assert.equal((await a.group.leader.whoLeads()).name, 'a');
  });

  it('does not send the proof of a leader back to it', async () => {
    const key = randomBytes(32);
    await forge(peer => {
      peer.socket.write(`${JSON.stringify({ version: 1, nonce: 'a'.repeat(64) })}\n`);
      // What a forger can get at: the member's own proof.
      void peer.next().then(({ proof }) => peer.socket.write(`${JSON.stringify({ proof })}\n`));
    });
    writeFileSync(join(windows.directory, 'key'), key, { mode: 0o600 });
    const a = windows.open('a');
    await a.log.line('could not be joined', 'could not prove the key');
    assert.equal((await a.group.leader.whoLeads()).name, 'a');
  });

  for (const [what, sent, reason] of [
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'not JSON'],
    ['too much', 'x'.repeat(2000), 'above the limit'],
    ['another version', `{"version":2,"nonce":"${'a'.repeat(64)}"}\n`, 'another version'],
    ['nothing of the handshake', '{}\n', 'did not follow the handshake'],
  ] as const) {
    it(`takes over from somebody who answers with ${what}`, async () => {
      await forge(peer => peer.socket.write(sent));
      const a = windows.open('a');
      await a.log.line('could not be joined', reason);
      assert.equal((await a.group.leader.whoLeads()).name, 'a');
    });
  }

  it('takes over from somebody who does not answer', async () => {
    await forge(() => undefined);
    const a = windows.open('a', { timing: { unresponsiveAfter: 50 } });
    await a.log.line('does not answer');
    assert.equal((await a.group.leader.whoLeads()).name, 'a');
    assert.equal(latestTerm(windows.directory), 2);
  });

  it('takes over from a leader that proved itself and then does not answer', async () => {
    const key = randomBytes(32);
    await forge(peer => {
      const nonce = 'a'.repeat(64);
      peer.socket.write(`${JSON.stringify({ version: 1, nonce })}\n`);
      void peer.next().then(({ nonce: mine }) => {
        const proof = proofOf(key, 'leader', currentLeader(windows.directory).claim, nonce, String(mine));
        peer.socket.write(`${JSON.stringify({ proof })}\n`);
      });
    });
    writeFileSync(join(windows.directory, 'key'), key, { mode: 0o600 });
    const a = windows.open('a', { timing: { unresponsiveAfter: 50 }, idempotent: ['whoLeads'] });
    await a.has('member');
    assert.equal((await a.group.leader.whoLeads()).name, 'a');
  });

  it('leaves a leader that hangs as soon as another window takes over, without asking it', async () => {
    const key = randomBytes(32);
    await forge(peer => {
      const nonce = 'a'.repeat(64);
      peer.socket.write(`${JSON.stringify({ version: 1, nonce })}\n`);
      void peer.next().then(({ nonce: mine }) => {
        const proof = proofOf(key, 'leader', currentLeader(windows.directory).claim, nonce, String(mine));
        peer.socket.write(`${JSON.stringify({ proof })}\n`);
      });
    });
    writeFileSync(join(windows.directory, 'key'), key, { mode: 0o600 });
    const a = windows.open('a');
    await a.has('member');
    assert.ok(claimAfter(windows.directory, 1, undefined));
    await a.has('leader', 3);
  });

  it('joins after the key was damaged, which the leader repairs', async () => {
    const a = windows.open('a');
    await a.has('leader');
    writeFileSync(join(windows.directory, 'key'), 'short');
    const b = windows.open('b');
    assert.equal((await b.group.leader.whoLeads()).name, 'a');
    await a.log.line('The key shared by the windows is replaced', '5 bytes');
  });
});

describe('a leader', () => {
  it('serves a directory whose path is too long for a socket', async () => {
    const windows = testWindows();
    const directory = join(
      windows.directory,
      'a directory with a long name, as they are on some systems'.repeat(3),
    );
    const a = windows.open('a', { directory });
    await a.has('leader');
    const b = windows.open('b', { directory });
    assert.equal((await b.group.leader.whoLeads()).name, 'a');
    const { claim } = currentLeader(directory);
    await windows.end();
    if (process.platform !== 'win32') assert.deepEqual(readdirSync(claim.folder ?? assert.fail()), []);
  });
});
