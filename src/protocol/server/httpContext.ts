import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { AddressPolicy } from '../http/address.ts';
import type { ClientCertificate, LoadMutualTls } from '../http/clientCertificate.ts';
import { createMetadataCache, type MetadataCache } from './discovery.ts';
import { Failure } from '../failures/failure.ts';
import { createHttpClient, type Fetch, type HttpClient, type PublicHttp } from '../http/http.ts';
import { createBlemishes, type Blemishes } from '../http/blemishes.ts';
import { createSendings, type Sendings } from './sendings.ts';
import { createTraffic, type Traffic } from '../http/traffic.ts';

/** Names the client for requests that can hold a secret. Only the gate (client/gate.ts) uses it. */
export const ungated = Symbol('ungated');

export interface HttpContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly metadata: MetadataCache;
  readonly blemishes: Blemishes;
  /** The pending and sent requests of all clients together. */
  readonly traffic: Traffic;
  readonly sendings: Sendings;
  /** Creates the HTTP client for one provider, for what holds no secret. `signal` ends its requests early. */
  http(policy: AddressPolicy, signal?: AbortSignal): PublicHttp;
  /** @param certificate is shown to the server. */
  [ungated](policy: AddressPolicy, signal?: AbortSignal, certificate?: ClientCertificate): HttpClient;
}

/** @param options.mutualTls undefined where no certificate can be shown to a server. */
export function createHttpContext(options: {
  fetch: Fetch;
  clock: Clock;
  log: Log;
  mutualTls?: LoadMutualTls | undefined;
  sendings?: Sendings;
}): HttpContext {
  const { clock, log, mutualTls, sendings = createSendings() } = options;
  const traffic = createTraffic();
  const showing =
    (certificate: ClientCertificate): Fetch =>
    async (...request) => {
      if (!mutualTls) throw new Failure('certificate-not-here', {});
      return (await mutualTls()).fetch(certificate, clock)(...request);
    };
  const http: HttpContext[typeof ungated] = (policy, signal, certificate) => {
    const fetch = certificate ? showing(certificate) : options.fetch;
    return createHttpClient({ clock, log, traffic, fetch, policy, signal });
  };
  const blemishes = createBlemishes(log);
  const metadata = createMetadataCache(clock, http, log, blemishes);
  return { clock, log, traffic, sendings, metadata, blemishes, http, [ungated]: http };
}
