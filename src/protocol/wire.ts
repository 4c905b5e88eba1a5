import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { AddressPolicy } from './address.ts';
import { createMetadataCache, type MetadataCache } from './discovery.ts';
import { createHttpClient, type Fetch, type HttpClient } from './http.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/** What every request needs: time, the network, the log, and what is known of providers already. */
export interface Wire {
  readonly clock: Clock;
  readonly log: Log;
  readonly metadata: MetadataCache;
  /** The requests under way and those sent, of all clients together. */
  readonly traffic: Traffic;
  /** The http client for one provider; `signal` ends its requests early. */
  http(policy: AddressPolicy, signal?: AbortSignal): HttpClient;
}

export function createWire(options: { fetch: Fetch; clock: Clock; log: Log }): Wire {
  const { clock, log } = options;
  const traffic = createTraffic();
  const http: Wire['http'] = (policy, signal) => createHttpClient({ ...options, traffic, policy, signal });
  return { clock, log, traffic, metadata: createMetadataCache(clock, http, log), http };
}
