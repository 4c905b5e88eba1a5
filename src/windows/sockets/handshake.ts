import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { limits, type Frames } from '../channel.ts';
import type { Claim } from './claims.ts';

/**
 * Makes both ends prove that they know the key before anything else is accepted:
 *
 * leader → member   { version, nonce: L }
 * member → leader   { nonce: M, proof: HMAC-SHA-256(key, member, claim, L, M) }
 * leader → member   { proof: HMAC-SHA-256(key, leader, claim, L, M) }
 *
 * Fresh nonces from both ends make a proof useless later. The roles make it useless in the other direction. The claim
 * makes it useless at another leader's address. All parts have a fixed form, so the text has one reading.
 */
const version = 1;
const hex32Bytes = /^[0-9a-f]{64}$/;

type Role = 'leader' | 'member';

export function proofOf(
  key: Buffer,
  role: Role,
  claim: Claim,
  leaderNonce: string,
  memberNonce: string,
): string {
  const text = ['windows', version, role, claim.term, claim.nonce, leaderNonce, memberNonce].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The leader's side. Calls `accepted` synchronously, before another frame is read, and drops a peer that fails. */
export function proveAsLeader(frames: Frames, claim: Claim, key: Buffer, accepted: () => void): void {
  const nonce = newNonce();
  const limit = limits.frameBeforeProof;
  const receive = (answer: unknown): void => {
    const memberNonce = hexField(answer, 'nonce');
    const proof = hexField(answer, 'proof');
    if (memberNonce === undefined || proof === undefined) {
      frames.drop('it did not follow the handshake');
    } else if (!same(proof, proofOf(key, 'member', claim, nonce, memberNonce))) {
      frames.drop('it could not prove the key');
    } else {
      frames.send(JSON.stringify({ proof: proofOf(key, 'leader', claim, nonce, memberNonce) }));
      accepted();
    }
  };
  frames.receive({ limit, frame: receive });
  frames.send(JSON.stringify({ version, nonce }));
}

/**
 * Member's side. `readKey` is called only when the leader has spoken: by then the leader has seen to the key.
 */
export function proveAsMember(
  frames: Frames,
  claim: Claim,
  readKey: () => Buffer,
  accepted: () => void,
): void {
  const limit = limits.frameBeforeProof;
  const hello = (frame: unknown): void => {
    const leaderNonce = hexField(frame, 'nonce');
    if (leaderNonce === undefined) return frames.drop('it did not follow the handshake');
    if (field(frame, 'version') !== version) return frames.drop('it runs another version of the extension');
    let key: Buffer;
    try {
      key = readKey();
    } catch {
      return frames.drop('the key cannot be read here');
    }
    const nonce = newNonce();
    const answer = (frame: unknown): void => {
      const proof = hexField(frame, 'proof');
      if (proof === undefined) return frames.drop('it did not follow the handshake');
      if (!same(proof, proofOf(key, 'leader', claim, leaderNonce, nonce))) {
        return frames.drop('it could not prove the key');
      }
      accepted();
    };
    frames.receive({ limit, frame: answer });
    frames.send(JSON.stringify({ nonce, proof: proofOf(key, 'member', claim, leaderNonce, nonce) }));
  };
  frames.receive({ limit, frame: hello });
}

const newNonce = () => randomBytes(32).toString('hex');

const field = (frame: unknown, name: string): unknown =>
  typeof frame === 'object' && frame !== null && Object.hasOwn(frame, name)
    ? Reflect.get(frame, name)
    : undefined;

function hexField(frame: unknown, name: string): string | undefined {
  const value = field(frame, name);
  return typeof value === 'string' && hex32Bytes.test(value) ? value : undefined;
}

/** Constant-time. Both are 64 hexadecimal digits. */
const same = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));
