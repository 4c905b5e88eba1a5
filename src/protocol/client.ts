import * as oauth from 'oauth4webapi';
import { secondsNow } from '../platform/clock.ts';
import type { Secret } from '../platform/secret.ts';
import type { AddressPolicy } from './address.ts';
import type { DiscoveredServer } from './discovery.ts';
import type { HttpClient } from './http.ts';
import type { Metadata } from './metadata.ts';
import type { Wire } from './wire.ts';

/** How the client proves who it is at the token endpoint (RFC 6749 section 2.3, RFC 8252 section 8.4). */
export type ClientAuthentication =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: Secret };

/** This application as one provider knows it. */
export interface Client {
  /** The issuer identifier, to the letter. */
  readonly issuer: string;
  readonly id: string;
  readonly authentication: ClientAuthentication;
  /**
   * The algorithm by which ID tokens for this client are signed, if it was agreed on: the client's registered
   * `id_token_signed_response_alg`. Undefined: any that the metadata lists, RS256 if it lists none.
   */
  readonly idTokenAlgorithm?: string | undefined;
  readonly policy: AddressPolicy;
}

/** By how much our clock and a server's may differ before a token is refused, in seconds. */
export const clockTolerance = 60;

/** A client together with its server's metadata, in the words of oauth4webapi. */
export interface Connection {
  readonly client: Client;
  readonly metadata: Metadata;
  readonly http: HttpClient;
  readonly wire: Wire;
  readonly server: oauth.AuthorizationServer;
  readonly oauthClient: oauth.Client;
  readonly authenticate: oauth.ClientAuth;
  readonly options: {
    readonly [oauth.customFetch]: HttpClient;
    readonly [oauth.allowInsecureRequests]: true;
  };
}

/**
 * Finds out about the client's server, from memory if it is known.
 *
 * @throws as {@link discover}.
 */
export async function connect(wire: Wire, client: Client, signal?: AbortSignal): Promise<Connection> {
  const discovered = await wire.metadata.get(client.issuer, client.policy, signal);
  return connection(wire, client, discovered, signal);
}

function connection(
  wire: Wire,
  client: Client,
  { metadata }: DiscoveredServer,
  signal?: AbortSignal,
): Connection {
  const http = wire.http(client.policy, signal);
  return {
    client,
    metadata,
    http,
    wire,
    server: withoutUndefined(metadata),
    oauthClient: {
      client_id: client.id,
      ...(client.idTokenAlgorithm !== undefined && {
        id_token_signed_response_alg: client.idTokenAlgorithm,
      }),
      // The library reads the system's clock; this makes it read ours.
      [oauth.clockSkew]: secondsNow(wire.clock) - Math.floor(Date.now() / 1000),
      [oauth.clockTolerance]: clockTolerance,
    },
    authenticate: authenticationOf(client),
    options: {
      [oauth.customFetch]: http,
      // Plain http is judged in one place, by the http client.
      [oauth.allowInsecureRequests]: true,
    },
  };
}

function authenticationOf({ authentication }: Client): oauth.ClientAuth {
  switch (authentication.method) {
    case 'none':
      return oauth.None();
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(authentication.secret.reveal());
    case 'client_secret_post':
      return oauth.ClientSecretPost(authentication.secret.reveal());
  }
}

function withoutUndefined(metadata: Metadata): oauth.AuthorizationServer {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => value !== undefined),
  ) as unknown as oauth.AuthorizationServer;
}
