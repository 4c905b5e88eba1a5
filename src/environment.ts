import type { SecretStorage } from './platform/secretStorage.ts';
import type { LoadMutualTls } from './protocol/http/clientCertificate.ts';
import type { Fetch } from './protocol/http/http.ts';
import type { JoinWindows } from './sessions/sharing/windowCalls.ts';
import type { Loopback } from './signIn/redirect/redirects.ts';

/**
 * What differs between the two hosts in which an extension runs: Node, and a web worker inside the browser. Nothing
 * else in the sources asks where it runs.
 */
export interface Environment {
  readonly inBrowser: boolean;
  readonly fetch: Fetch;
  /** What joins the other windows, which may take a while to load. */
  loadTransport(secrets: SecretStorage): Promise<JoinWindows>;
  /** How this computer listens for the answer of a browser; undefined where nothing can. */
  readonly loopback: Loopback | undefined;
  /** How a server is shown a client certificate; undefined where that cannot be done. */
  readonly mutualTls: LoadMutualTls | undefined;
  /** Tells when the network is back. Node does not know: the first request that succeeds tells. */
  onOnline(listener: () => void): { dispose(): void };
}

const node: Environment = {
  inBrowser: false,
  fetch: (...request) => globalThis.fetch(...request),
  async loadTransport() {
    const { joinBySockets } = await import('./windows/sockets/joinBySockets.ts');
    return joinBySockets;
  },
  async loopback(pages) {
    const { loopbackRedirect } = await import('./signIn/redirect/loopback.ts');
    return loopbackRedirect(pages);
  },
  async mutualTls() {
    const { mutualTls } = await import('./protocol/client/mutualTls.ts');
    return mutualTls;
  },
  onOnline: () => ({ dispose: () => undefined }),
};

/** No sockets, and a browser that decides whose answers can be read. */
const webWorker: Environment = {
  inBrowser: true,
  async fetch(...request) {
    const { browserFetch } = await import('./protocol/http/browserFetch.ts');
    return browserFetch((...sent) => globalThis.fetch(...sent))(...request);
  },
  async loadTransport(secrets) {
    const { joinByTabs } = await import('./windows/tabs/joinByTabs.ts');
    return joinByTabs(secrets);
  },
  loopback: undefined,
  mutualTls: undefined,
  onOnline(listener) {
    globalThis.addEventListener('online', listener);
    return { dispose: () => globalThis.removeEventListener('online', listener) };
  },
};

export const environment: Environment = 'WorkerGlobalScope' in globalThis ? webWorker : node;
