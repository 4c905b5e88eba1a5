import type { Environment } from './environment.ts';
import { browserFetch } from './protocol/http/browserFetch.ts';
import { joinWindows } from './windows/group.ts';
import { browserTransport } from './windows/tabs/tabTransport.ts';

/** That of a web worker: no sockets, and a browser that decides whose answers may be read. */
export const environment: Environment = {
  inBrowser: true,
  fetch: browserFetch((...request) => globalThis.fetch(...request)),
  loadTransport: secrets => Promise.resolve(options => joinWindows(browserTransport(secrets), options)),
  loopback: undefined,
  mutualTls: undefined,
};
