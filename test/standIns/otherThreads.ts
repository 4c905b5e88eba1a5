/** The calls of WebCrypto that have no result yet. Node lists them nowhere. */
let computing = 0;

type Compute = (...given: unknown[]) => Promise<unknown>;

const operations = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
] as const;

const subtle = SubtleCrypto.prototype as unknown as Record<(typeof operations)[number], Compute>;
for (const name of operations) {
  const compute = subtle[name];
  subtle[name] = async function (this: unknown, ...given) {
    computing++;
    try {
      return await compute.apply(this, given);
    } finally {
      computing--;
    }
  };
}

/** Tells whether another thread of this process still works for it: it computes with a key, or reads or writes a file. */
export const isInOtherThreads = (): boolean =>
  computing > 0 || process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'));
