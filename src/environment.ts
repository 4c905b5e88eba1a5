import type { SecretStorage } from './platform/storage.ts';
import type { LoadMutualTls } from './protocol/http/clientCertificate.ts';
import { withoutProxy } from './protocol/http/address.ts';
import type { Fetch } from './protocol/http/http.ts';
import type { JoinWindows } from './sessions/sharing/windowCalls.ts';
import type { Loopback } from './signIn/redirect/redirects.ts';

/**
 * What differs between the two hosts in which an extension runs: Node, and a web worker inside the browser. Nothing
 * else in the sources asks where it runs, except for one variable of Node (protocol/client/verification.ts).
 */
export interface Environment {
  readonly inBrowser: boolean;
  readonly fetch: Fetch;
  /** Joins the other windows. Loading it can take a while. */
  loadTransport(secrets: SecretStorage): Promise<JoinWindows>;
  /** Listens for the browser's response on this computer. Undefined where that is impossible. */
  readonly loopback: Loopback | undefined;
  /** Presents a client certificate to a server. Undefined where that is impossible. */
  readonly mutualTls: LoadMutualTls | undefined;
  /** Reports that the network is back. Node has no such event: there the first request that succeeds reports it. */
  onOnline(listener: () => void): { dispose(): void };
}

const node: Environment = {
  inBrowser: false,
  async fetch(input, init) {
    const url = new URL(input instanceof Request ? input.url : input);
    const direct = url.protocol === 'http:' ? withoutProxy(url) : undefined;
    if (!direct || direct.host === url.host) return globalThis.fetch(input, init);
    const { localFetch } = await import('./protocol/client/nodeFetch.ts');
    return localFetch(direct)(input, init);
  },
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

/** No sockets, and a browser that decides which responses are readable. */
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
