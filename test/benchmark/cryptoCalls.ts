type Compute = (...given: unknown[]) => unknown;

let calls = 0;

function countCalls(owner: object, names: readonly string[]): void {
  for (const name of names) {
    const compute = Reflect.get(owner, name) as Compute;
    Reflect.set(owner, name, function (this: unknown, ...given: unknown[]) {
      calls++;
      return compute.apply(this, given);
    });
  }
}

countCalls(SubtleCrypto.prototype, ['digest', 'generateKey', 'importKey', 'sign', 'verify']);
countCalls(Crypto.prototype, ['getRandomValues', 'randomUUID']);

/** The calls of WebCrypto in this process so far: digests, keys, signatures and random values. */
export const cryptoCalls = (): number => calls;
