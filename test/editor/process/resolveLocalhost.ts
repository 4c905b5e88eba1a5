/**
 * Makes `*.localhost` mean this machine (RFC 6761, section 6.3) in Node, as browsers do by themselves.
 *
 * Loading this file is enough. It patches the resolver that `net`, `http` and `fetch` share, and hands itself
 * on to forked processes.
 */
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { handOnThroughFork } from './handOnThroughFork.ts';

const installed = Symbol.for('test.resolveLocalhost');

function isLocalhostName(hostname: unknown): hostname is string {
  return typeof hostname === 'string' && /(^|\.)localhost\.?$/i.test(hostname);
}

/** Servers of the tests listen on 127.0.0.1, so that is what a name means unless IPv6 is asked for. */
function localAddress(options: LookupOptions | number | undefined): LookupAddress {
  const family = typeof options === 'number' ? options : options?.family;
  return family === 6 || family === 'IPv6'
    ? { address: '::1', family: 6 }
    : { address: '127.0.0.1', family: 4 };
}

function wantsAll(options: unknown): boolean {
  return typeof options === 'object' && options !== null && (options as LookupOptions).all === true;
}

type Callback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;
type Lookup = (hostname: string, options: LookupOptions | number | undefined, callback: Callback) => void;
type LookupPromise = (hostname: string, options?: LookupOptions) => Promise<LookupAddress | LookupAddress[]>;

function patchResolver(): void {
  const original = dns.lookup.bind(dns) as Lookup;
  const originalPromise = dns.promises.lookup.bind(dns.promises) as LookupPromise;

  const lookup = (hostname: string, ...rest: unknown[]) => {
    const callback = rest.at(-1) as Callback;
    const options = rest.length > 1 ? (rest[0] as LookupOptions | number | undefined) : undefined;
    if (!isLocalhostName(hostname)) {
      original(hostname, options ?? {}, callback);
      return;
    }
    const found = localAddress(options);
    process.nextTick(() => {
      if (wantsAll(options)) callback(null, [found]);
      else callback(null, found.address, found.family);
    });
  };
  const lookupPromise: LookupPromise = (hostname, options) => {
    if (!isLocalhostName(hostname)) return originalPromise(hostname, options);
    const found = localAddress(options);
    return Promise.resolve(wantsAll(options) ? [found] : found);
  };

  Object.assign(dns, { lookup });
  Object.assign(dns.promises, { lookup: lookupPromise });
}

const marks = globalThis as unknown as Record<symbol, boolean | undefined>;
if (!marks[installed]) {
  marks[installed] = true;
  patchResolver();
  // Bundled into a test entry there is no file of its own to hand on; the extension host forks nothing then.
  if (import.meta.url !== undefined) handOnThroughFork(fileURLToPath(import.meta.url));
  // `import { lookup } from 'node:dns'` sees the patched functions only after this.
  syncBuiltinESMExports();
}
