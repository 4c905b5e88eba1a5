/** A number from 0 to below 1, from the system's random source: `Math.random` can be foretold. */
export const randomFraction = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
