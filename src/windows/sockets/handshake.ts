import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Claim } from './claims.ts';
import { limits, type Frames } from '../frames.ts';

/**
 * Both ends prove that they know the key before anything else is accepted:
 *
 *     owner  → member   { version, nonce: O }
 *     member → owner    { nonce: M, proof: HMAC-SHA-256(key, member, claim, O, M) }
 *     owner  → member   { proof: HMAC-SHA-256(key, owner, claim, O, M) }
 *
 * Fresh nonces of both make a proof useless later; the roles make it useless in the other direction; the claim
 * makes it useless at another owner's address. All parts have a fixed form, so the text has one reading.
 */
const version = 1;
const hex32Bytes = /^[0-9a-f]{64}$/;

type Role = 'owner' | 'member';

export function proofOf(
  key: Buffer,
  role: Role,
  claim: Claim,
  ownerNonce: string,
  memberNonce: string,
): string {
  const text = ['windows', version, role, claim.generation, claim.nonce, ownerNonce, memberNonce].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Owner's side. `accepted` is called synchronously, before another frame is read; a peer that fails is dropped. */
export function proveAsOwner(frames: Frames, claim: Claim, key: Buffer, accepted: () => void): void {
  const nonce = newNonce();
  frames.receive(answer => {
    const memberNonce = hexField(answer, 'nonce');
    const proof = hexField(answer, 'proof');
    if (memberNonce === undefined || proof === undefined) {
      frames.drop('it did not follow the handshake');
    } else if (!same(proof, proofOf(key, 'member', claim, nonce, memberNonce))) {
      frames.drop('it could not prove the key');
    } else {
      frames.send(JSON.stringify({ proof: proofOf(key, 'owner', claim, nonce, memberNonce) }));
      accepted();
    }
  }, limits.frameBeforeProof);
  frames.send(JSON.stringify({ version, nonce }));
}

/**
 * Member's side. `readKey` is called only when the owner has spoken: by then the owner has seen to the key.
 */
export function proveAsMember(
  frames: Frames,
  claim: Claim,
  readKey: () => Buffer,
  accepted: () => void,
): void {
  frames.receive(hello => {
    const ownerNonce = hexField(hello, 'nonce');
    if (ownerNonce === undefined) return frames.drop('it did not follow the handshake');
    if (field(hello, 'version') !== version) return frames.drop('it runs another version of the extension');
    let key: Buffer;
    try {
      key = readKey();
    } catch {
      return frames.drop('the key cannot be read here');
    }
    const nonce = newNonce();
    frames.receive(answer => {
      const proof = hexField(answer, 'proof');
      if (proof === undefined) return frames.drop('it did not follow the handshake');
      if (!same(proof, proofOf(key, 'owner', claim, ownerNonce, nonce))) {
        return frames.drop('it could not prove the key');
      }
      accepted();
    }, limits.frameBeforeProof);
    frames.send(JSON.stringify({ nonce, proof: proofOf(key, 'member', claim, ownerNonce, nonce) }));
  }, limits.frameBeforeProof);
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
