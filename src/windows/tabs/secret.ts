import type { Log } from '../../platform/log.ts';
import { randomText } from '../../platform/base64url.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import type { Locks } from './locks.ts';

/** What the tabs of one group share, all of it made from one secret. */
export interface GroupSecret {
  /** The lock whose holder is the leader. */
  readonly leaderLock: string;
  /** The lock that a tab holds for as long as it lives. */
  presenceLock(address: string): string;
  readonly channel: string;
  /** Encrypts what goes through the channel: AES-256-GCM. */
  readonly cipher: CryptoKey;
}

const storageKey = 'windows.secret';
const wellFormed = /^[\w-]{43}$/;

/**
 * Reads the secret of the group, 256 random bits in secret storage, or creates one if there is none that can be used.
 *
 * Each tab reads secret storage once, and some hosts keep it in memory only. So tabs with different secrets can exist
 * at the same time, as groups that never notice each other. That does no harm: stored grants and the secret are
 * stored together, so tabs with the same refresh token have the same secret.
 *
 * The names reveal nothing of the secret (HKDF, RFC 5869), and can't be predicted without it.
 *
 * @param place separates groups that share a secret storage.
 * @throws the storage's errors.
 */
export async function groupSecret(
  locks: Locks,
  storage: SecretStorage,
  place: string,
  log: Log,
): Promise<GroupSecret> {
  const secret = await readOrMake(locks, storage, log);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const source = await crypto.subtle.importKey('raw', bytes(secret), 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ]);
  const algorithm = (purpose: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: bytes(`${purpose}\n${place}`),
  });
  const name = async (purpose: string): Promise<string> => {
    const bits = await crypto.subtle.deriveBits(algorithm(purpose), source, 128);
    return `vscode-oidc.${purpose}.${Array.from(new Uint8Array(bits), byte => byte.toString(16).padStart(2, '0')).join('')}`;
  };
  const [leaderLock, presence, channel, cipher] = await Promise.all([
    name('leader'),
    name('tab'),
    name('channel'),
    crypto.subtle.deriveKey(algorithm('cipher'), source, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]),
  ]);
  return { leaderLock, presenceLock: address => `${presence}.${address}`, channel, cipher };
}

/** Tabs that start together make one secret, where the secret storage is the same for all of them at once. */
const makingLock = 'vscode-oidc.secret';

async function readOrMake(locks: Locks, storage: SecretStorage, log: Log): Promise<string> {
  const read = async (): Promise<string | undefined> => {
    const found = await storage.get(storageKey);
    return found !== undefined && wellFormed.test(found) ? found : undefined;
  };
  const found = await read();
  if (found !== undefined) return found;
  return locks.request(makingLock, async () => {
    const other = await read();
    if (other !== undefined) return other;
    const made = randomText(32);
    await storage.store(storageKey, made);
    log.info('The secret that tabs share was made');
    return made;
  });
}
