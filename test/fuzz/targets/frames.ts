import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { aborted } from '../../../src/platform/abort.ts';
import { reviveOutcomes } from '../../../src/windows/calls.ts';
import { limits, openChannel, type Channel, type Frames } from '../../../src/windows/channel.ts';
import { LeaderLost, RemoteError } from '../../../src/windows/errors.ts';
import type { Claim } from '../../../src/windows/sockets/claims.ts';
import { linesOver } from '../../../src/windows/sockets/lines.ts';
import { proofOf, proveAsMember, proveAsLeader } from '../../../src/windows/sockets/handshake.ts';
import { changed, changedText, damaged, nastyText, nastyValue, type Json } from '../arbitraries.ts';
import { socketPairs, writeInPieces, type SocketPair } from '../socketPair.ts';
import { sharedTarget, target, type Target } from '../target.ts';

const key = randomBytes(32);
const claim: Claim = { term: 3, nonce: 'abcdefabcdef', folder: undefined, pid: 1 };
const nonce = 'a'.repeat(64);

/** The reasons that we give for dropping a peer; its own text is never among them. */
const ourReasons =
  /^(it (closed the connection|spoke too early|sent (something that is not (JSON|a message)|a frame above the limit|a call that failed)|did not follow the handshake|could not prove the key|runs another version of the extension|does not read what it is sent)|E[A-Z]+)$/;

interface End {
  readonly frames: Frames;
  readonly closed: Promise<string>;
}

function endOf({ here }: SocketPair): End {
  const frames = linesOver(here);
  return { frames, closed: aborted(frames.closed).then(() => String(frames.closed.reason)) };
}

/** What a peer sends. Bytes, as text that is none must do no harm either. */
const pieces = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: nastyText.map(text => Buffer.from(text)) },
    { weight: 3, arbitrary: nastyValue.map(value => Buffer.from(`${JSON.stringify(value)}\n`)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map(bytes => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('\n', '\n\n', '{', '}\n', '"\n"\n').map(text => Buffer.from(text)),
    },
  ),
  { maxLength: 6 },
);

/** What must arrive of the bytes: the frames up to the first that is wrong. */
function expected(bytes: Buffer, limit: number): unknown[] {
  const found: unknown[] = [];
  for (let start = 0; ;) {
    const end = bytes.indexOf('\n', start);
    const line = bytes.subarray(start, end === -1 ? undefined : end);
    if (end === -1 || line.length > limit) return found;
    try {
      found.push(JSON.parse(line.toString('utf8')));
    } catch {
      return found;
    }
    start = end + 1;
  }
}

/** A line of the handshake in which something may be wrong, and whether it is right as it is. */
const spoiled = (right: Json): fc.Arbitrary<Json> => fc.oneof(changed(right), fc.constant(right));

/** Something in the place of a proof, now and then. */
const otherProof: fc.Arbitrary<Json> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: nastyValue.map(proof => ({ proof })) },
);

/** Calls and answers as they cross the socket, most of them nearly right. */
const message = fc.oneof(
  changedText({ t: 'q', i: '1', m: 'echo', a: [1] }),
  changedText({ t: 'q', i: '1', m: 'fail', a: [] }),
  changedText({ t: 's', i: '1', r: 1 }),
  changedText({ t: 's', i: '1', e: { name: 'E', message: 'm', code: 'C' } }),
  changedText({ t: 'ping' }),
  damaged(fc.constant('{"t":"q","i":"1","m":"echo","a":[[]]}')),
);

export const frameTargets: readonly Target[] = [
  sharedTarget('frames', pieces, socketPairs, async (sent, pairs) => {
    const pair = await pairs.open();
    const { frames, closed } = endOf(pair);
    const received: unknown[] = [];
    frames.receive({ limit: limits.frameBeforeProof, frame: frame => received.push(frame) });
    await writeInPieces(pair.there, sent);
    assert.match(await closed, ourReasons);
    assert.deepEqual(received, expected(Buffer.concat(sent), limits.frameBeforeProof));
    assert.equal(frames.closed.aborted, true);
    frames.send('into nothing');
  }),

  sharedTarget(
    'handshake, leader',
    fc.record({ line: spoiled({ nonce }), other: otherProof, right: fc.boolean(), rest: pieces }),
    socketPairs,
    async ({ line, other, right, rest }, pairs) => {
      const pair = await pairs.open();
      const { frames, closed } = endOf(pair);
      let accepted = 0;
      const heard: Buffer[] = [];
      proveAsLeader(frames, claim, key, () => {
        accepted++;
        frames.receive({ limit: limits.frame, frame: () => frames.drop('it closed the connection') });
      });
      const [hello] = (await nextChunk(pair)).toString().split('\n');
      const { nonce: theirs } = JSON.parse(hello ?? '') as { nonce: string };
      pair.there.on('data', (chunk: Buffer) => heard.push(chunk));
      const proof = proofOf(right ? key : randomBytes(32), 'member', claim, theirs, nonce);
      const answer: Json = { proof, ...line, ...other };
      await writeInPieces(pair.there, [`${JSON.stringify(answer)}\n`, ...rest]);
      assert.match(await closed, ourReasons);
      const isRight = right && answer['proof'] === proof && line['nonce'] === nonce;
      // A line that is longer than any proof is not even looked at.
      if (JSON.stringify(answer).length <= limits.frameBeforeProof) assert.equal(accepted, isRight ? 1 : 0);
      if (!isRight) assert.equal(accepted, 0, 'nobody has proved the key');
      if (accepted === 0) assert.equal(heard.length, 0, 'it learns nothing that the key was used for');
    },
  ),

  sharedTarget(
    'handshake, member',
    fc.record({
      hello: spoiled({ version: 1, nonce }),
      right: fc.boolean(),
      answer: otherProof,
      rest: pieces,
    }),
    socketPairs,
    async ({ hello, right, answer, rest }, pairs) => {
      const pair = await pairs.open();
      const { frames, closed } = endOf(pair);
      let accepted = 0;
      proveAsMember(
        frames,
        claim,
        () => key,
        () => {
          accepted++;
          frames.receive({ limit: limits.frame });
        },
      );
      pair.there.write(`${JSON.stringify(hello)}\n`);
      const spoken = (await nextChunk(pair)).toString();
      const theirs = spoken === '' ? '' : String((JSON.parse(spoken) as Json)['nonce']);
      const proof = proofOf(right ? key : randomBytes(32), 'leader', claim, nonce, theirs);
      const last: Json = { proof, ...answer };
      await writeInPieces(pair.there, [`${JSON.stringify(last)}\n`, ...rest]);
      assert.match(await closed, ourReasons);
      const isRight = right && last['proof'] === proof && hello['nonce'] === nonce && hello['version'] === 1;
      const isShort = [hello, last].every(line => JSON.stringify(line).length <= limits.frameBeforeProof);
      if (!isRight) assert.equal(accepted, 0, 'nobody has proved the key');
      else if (isShort) assert.equal(accepted, 1);
    },
  ),

  sharedTarget('calls', fc.array(message, { maxLength: 5 }), socketPairs, async (lines, pairs) => {
    const pair = await pairs.open();
    const { frames, closed } = endOf(pair);
    const called: unknown[] = [];
    const channel: Channel = openChannel(frames, {
      echo: (value: unknown) => (called.push(value), value),
      fail: () => {
        throw Object.assign(new Error('x'.repeat(9000)), { code: 'C', secret: 's3cret' });
      },
    });
    const outstanding = channel
      .call('theirs', [], () => new LeaderLost('theirs'))
      .catch((error: unknown) => error);
    let heard = '';
    pair.there.on('data', chunk => (heard += String(chunk)));
    // What the peer answers goes to the call that is outstanding, where it names it.
    const [sent] = (await nextChunk(pair)).toString().split('\n');
    const { i } = JSON.parse(sent ?? '') as { i: string };
    const named = lines.map(line => `${line.replaceAll('"i":"1"', `"i":${JSON.stringify(i)}`)}\n`);
    await writeInPieces(pair.there, [...named, '{"t":"ping"}\n']);
    const reason = await closed;
    assert.match(reason, ourReasons);
    const result = await outstanding;
    if (result instanceof Error) assert.ok(result instanceof RemoteError || result instanceof LeaderLost);
    assert.ok(!heard.includes('s3cret'));
    // The end of the connection can cut a long line off.
    for (const line of heard.split('\n').slice(0, -1)) {
      assert.ok(line.length <= limits.frame);
      assert.equal(typeof JSON.parse(line), 'object');
    }
    // Not one that was dropped for what it sent, before it could be answered.
    if (reason === 'it closed the connection') assert.ok(called.length <= lines.length);
  }),

  target('outcomes of windows', fc.oneof(nastyValue, fc.array(changed({ value: 1, error: {} }))), sent => {
    for (const outcome of reviveOutcomes(sent)) {
      if ('error' in outcome) assert.ok(outcome.error instanceof RemoteError);
      else assert.ok('value' in outcome);
    }
  }),
];

/** The next bytes that arrive there; none if the connection ends first. */
function nextChunk({ there }: SocketPair): Promise<Buffer> {
  return new Promise(resolve => {
    there.once('data', (chunk: Buffer) => resolve(chunk));
    there.once('close', () => resolve(Buffer.alloc(0)));
  });
}
