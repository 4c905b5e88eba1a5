import assert from 'node:assert/strict';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import {
  createConversation,
  longestRequest,
  mostPieces,
  type Step,
} from '../../../terminals/src/agent/conversation.ts';

/** The same inputs each time. */
const fixed = { seed: 20_260_101, numRuns: 200 };

/** Hands bytes on in pieces that end at these places; returns every step that is not "wait". */
function feed(bytes: Uint8Array, ends: readonly number[]): Step[] {
  const conversation = createConversation();
  const cuts = [...new Set([...ends.map(end => end % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let from = 0;
  return cuts.flatMap(end => {
    const step = conversation.receive(bytes.subarray(from, end));
    from = end;
    return step.kind === 'wait' ? [] : [step];
  });
}

const requests = fc.record(
  { request: fc.string({ unit: 'binary', maxLength: 300 }) },
  { noNullPrototype: true },
);

describe('a conversation with a client of the agent', () => {
  it('takes plain JSON in whatever pieces it comes, once', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.nat(), { maxLength: 20 }), (request, ends) => {
        const steps = feed(Buffer.from(JSON.stringify(request)), ends);
        assert.deepEqual(steps, [{ kind: 'request', json: request, isEncrypted: false }]);
      }),
      fixed,
    );
  });

  it('takes an encrypted request in whatever pieces it comes, with its length in bytes or in characters', () => {
    fc.assert(
      fc.property(
        requests,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        (request, ends, characters) => {
          const conversation = createConversation();
          const pair = nacl.box.keyPair();
          const sent = conversation.receive(Buffer.from(Buffer.from(pair.publicKey).toString('base64')));
          assert.equal(sent.kind, 'send');
          const theirs = new Uint8Array(Buffer.from(sent.kind === 'send' ? sent.text : '', 'base64'));
          const nonce = nacl.randomBytes(24);
          const text = JSON.stringify(request);
          const plain = new Uint8Array(Buffer.from(text));
          const box = nacl.secretbox(plain, nonce, nacl.box.before(theirs, pair.secretKey));
          const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
          const length = characters ? text.length : plain.length;
          const bytes = Buffer.from(`${length}:${encode(nonce)}:${encode(box)}`);
          const cuts = [...new Set([...ends.map(end => end % bytes.length), bytes.length])].sort(
            (a, b) => a - b,
          );
          let from = 0;
          const steps = cuts.map(end => {
            const step = conversation.receive(bytes.subarray(from, end));
            from = end;
            return step;
          });
          assert.deepEqual(
            steps.filter(({ kind }) => kind !== 'wait'),
            [{ kind: 'request', json: request, isEncrypted: true }],
          );
        },
      ),
      fixed,
    );
  });

  it('never throws, and ends, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 30 }), pieces => {
        const conversation = createConversation();
        for (const piece of pieces) conversation.receive(piece);
      }),
      fixed,
    );
  });

  it('closes what is too long, or comes in too many pieces, also after the request', () => {
    const long = createConversation();
    assert.equal(long.receive(Buffer.from('{')).kind, 'wait');
    assert.equal(long.receive(Buffer.alloc(longestRequest, ' ')).kind, 'close');
    const slow = createConversation();
    assert.equal(slow.receive(Buffer.from('{')).kind, 'wait');
    const kinds = Array.from({ length: mostPieces }, () => slow.receive(Buffer.from(' ')).kind);
    assert.deepEqual([kinds.indexOf('close'), kinds.at(-1)], [mostPieces - 1, 'close']);
    const after = createConversation();
    assert.equal(after.receive(Buffer.from('{}')).kind, 'request');
    assert.equal(after.receive(Buffer.alloc(longestRequest)).kind, 'close');
  });

  it('closes what is no key, and what is no JSON', () => {
    assert.equal(createConversation().receive(Buffer.from('GET / HTTP/1.1\r\n')).kind, 'close');
    assert.equal(createConversation().receive(Buffer.alloc(44)).kind, 'close');
    assert.equal(createConversation().receive(Buffer.alloc(44, '=')).kind, 'close');
  });

  it('never has a response of a length that is a multiple of what clients read at once', () => {
    const sealed = createConversation();
    const pair = nacl.box.keyPair();
    sealed.receive(Buffer.from(Buffer.from(pair.publicKey).toString('base64')));
    const plain = createConversation();
    for (let length = 2900; length < 4200; length += 1) {
      assert.notEqual(Buffer.byteLength(plain.response({ a: 'x'.repeat(length) })) % 4096, 0);
      assert.notEqual(Buffer.byteLength(sealed.response({ a: 'x'.repeat(length) })) % 4096, 0);
    }
    // Without padding some would be.
    assert.ok(plain.response({ a: 'x'.repeat(4096 - '{"a":""}'.length) }).length === 4097);
  });
});
