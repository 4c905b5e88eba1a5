import * as oauth from 'oauth4webapi';
import { clockTolerance, secondsNow } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import { inTimeOf, withAssertionTime } from './assertionTime.ts';
import type { ClientAuthentication } from './clientAuthentication.ts';
import { authenticateWith } from './clientProof.ts';
import { withFreshProofs } from './keys/freshProofs.ts';
import type { ProofKey } from './keys/proofKey.ts';
import { asBearer, proofsWith, withProof, type Proofs } from './keys/proofs.ts';
import { forCertificate } from './certificateEndpoints.ts';
import { withSecretForms, type SecretFormMemory } from './secretForms.ts';
import { agreedMetadata, gated, sendingOf, withheldOf, type AgreedMetadata, type Agreement } from './gate.ts';
import { inDialect, type Dialect } from '../server/dialect.ts';
import type { DiscoveredServer } from '../server/discovery.ts';
import { thumbprintOf } from '../http/clientCertificate.ts';
import type { HttpClient } from '../http/http.ts';
import type { Sending, Withheld } from '../server/sendings.ts';
import type { SecretEndpoint } from '../server/secretEndpoints.ts';
import type { Metadata } from '../server/metadata.ts';
import { inProfile, type SecurityProfile } from './securityProfile.ts';
import { isIssuerTemplate, type ServerSource } from '../server/serverSource.ts';
import { issuerOfTenant } from '../server/tenantIssuer.ts';
import type { HttpContext } from '../server/httpContext.ts';

export type { ClientAuthentication } from './clientAuthentication.ts';

export interface Client {
  /** The exact issuer identifier. */
  readonly issuer: string;
  readonly id: string;
  readonly authentication: ClientAuthentication;
  /** True if its ID is the URL of a client ID metadata document, which the server reads. */
  readonly isDocument?: boolean | undefined;
  /**
   * The algorithm by which ID tokens for this client are signed, if it was agreed on: the client's registered
   * `id_token_signed_response_alg`. Undefined: any that the metadata lists, RS256 if it lists none.
   */
  readonly idTokenAlgorithm?: string | undefined;
  /** Audiences that an ID token can have in addition to the client. */
  readonly trustedAudiences?: readonly string[] | undefined;
  /** Where the server's metadata comes from, and which URLs are allowed. */
  readonly policy: ServerSource;
  /** How the server differs from the standards. If undefined, it doesn't. */
  readonly dialect?: Dialect | undefined;
  /** Remembers in which form the server accepts the client's secret. If undefined, it isn't remembered. */
  readonly secretForm?: SecretFormMemory | undefined;
  /** What its server has to meet. Undefined: no profile. */
  readonly profile?: SecurityProfile | undefined;
  /** True if its tokens must be bound to the certificate of `authentication` (RFC 8705 section 3). */
  readonly certificateBoundTokens?: boolean | undefined;
  /** The key that its tokens are bound to (RFC 9449). Undefined: they are bearer tokens. */
  readonly proofKey?: ProofKey | undefined;
  /** The ID of the grant that it acts for. Undefined during a sign-in. */
  readonly about?: string | undefined;
}

/** The library asks this member of a server for the issuer to expect. It exports the symbol, but no type of it. */
const expectedIssuer: unique symbol = (oauth as unknown as { readonly _expectedIssuer: never })
  ._expectedIssuer;

/** The tokens as received, apart from the rest of the response. */
export interface ReceivedTokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
}

/** A client together with its server's metadata, in the words of oauth4webapi. */
export interface Connection {
  readonly client: Client;
  /** Excludes the endpoints that the user hasn't agreed to. */
  readonly metadata: AgreedMetadata;
  /** The endpoints that the server names and the user hasn't agreed to. */
  readonly withheld: readonly Withheld[];
  /** The token endpoint as the server names it, agreed to or not. */
  readonly namedTokenEndpoint: string | undefined;
  readonly http: HttpClient;
  readonly httpContext: HttpContext;
  /** Notes what leaves by the browser, and not by `http`. */
  note(address: URL, endpoint: SecretEndpoint): void;
  readonly server: oauth.AuthorizationServer;
  readonly oauthClient: oauth.Client;
  readonly authenticate: oauth.ClientAuth;
  /** Proves the key to the server, if there is one. `options` and {@link prove} use it. */
  readonly proofs: Proofs | undefined;
  /** The certificate that tokens must be bound to, by its `x5t#S256`. Undefined: none. */
  readonly boundTo: string | undefined;
  /** The tokens received through it, so unused ones can be revoked. */
  readonly received: ReceivedTokens[];
  readonly options: {
    readonly [oauth.customFetch]: HttpClient;
    readonly [oauth.allowInsecureRequests]: true;
    readonly DPoP?: oauth.DPoPHandle;
  };
}

/**
 * Sends a request with proof of the client's key, if it has one, as {@link withProof} describes.
 *
 * @param address the endpoint, for messages.
 */
export const prove = (
  { proofs, httpContext: { clock } }: Connection,
  address: string,
  send: () => Promise<Response>,
): Promise<Response> => withProof(proofs, clock, new URL(address).host, send);

/**
 * Loads the metadata of the client's server, from memory if possible. Everything that holds a secret goes through the
 * connection, and only to endpoints that the user agreed to.
 *
 * @param wanted see {@link MetadataCache.get}.
 * @throws as {@link discover} and {@link proofsWith}.
 */
export async function connect(
  httpContext: HttpContext,
  client: Client,
  agreement: Agreement,
  signal?: AbortSignal,
  wanted?: readonly (keyof Metadata)[],
): Promise<Connection> {
  const discovered = await httpContext.metadata.get(client.issuer, client.policy, signal, wanted);
  const { proofKey, issuer, certificateBoundTokens, authentication } = client;
  const proofs = proofKey && (await proofsWith(proofKey, issuer, httpContext.clock));
  const { certificate } = authentication;
  const boundTo = certificateBoundTokens && certificate ? await thumbprintOf(certificate) : undefined;
  return connection(httpContext, client, discovered, agreement, { proofs, boundTo }, signal);
}

function connection(
  httpContext: HttpContext,
  client: Client,
  discovered: DiscoveredServer,
  agreement: Agreement,
  { proofs, boundTo }: Pick<Connection, 'proofs' | 'boundTo'>,
  signal?: AbortSignal,
): Connection {
  const { certificate } = client.authentication;
  const found = inProfile(discovered.metadata, client.profile);
  const named = certificate ? forCertificate(found, client.policy) : found;
  const metadata = agreedMetadata(named, client.issuer, agreement);
  const withheld = withheldOf(named, metadata);
  for (const { endpoint, host } of withheld)
    httpContext.log.warn('nothing is sent to an endpoint that the person has not agreed to', {
      issuer: client.issuer,
      endpoint,
      host,
    });
  if (client.about !== undefined) httpContext.sendings.withhold(client.about, withheld);
  const { allowedTenants } = client.policy;
  const server: oauth.AuthorizationServer = {
    ...(metadata as Metadata as oauth.AuthorizationServer),
    // The only issuer that can't be compared as a string: its tenant is only in the token.
    ...(isIssuerTemplate(metadata.issuer) && {
      [expectedIssuer]: ({ claims }: { claims: { tid?: unknown } }) =>
        issuerOfTenant(metadata.issuer, claims.tid, allowedTenants),
    }),
  };
  const oauthClient: oauth.Client = {
    client_id: client.id,
    ...(client.idTokenAlgorithm !== undefined && {
      id_token_signed_response_alg: client.idTokenAlgorithm,
    }),
    // The library reads the system's clock. This makes it use ours.
    [oauth.clockSkew]: secondsNow(httpContext.clock) - Math.floor(Date.now() / 1000),
    [oauth.clockTolerance]: clockTolerance,
  };
  const authenticate = authenticateWith(client.authentication, metadata.token_endpoint);
  const assert = async (ahead: number, body: URLSearchParams): Promise<void> => {
    if (proofs) proofs.ahead = ahead;
    await authenticate(server, inTimeOf(oauthClient, ahead), body, new Headers());
  };
  const onSent = (sending: Sending): void => httpContext.sendings.add(client.about ?? client.issuer, sending);
  const inside = gated(httpContext, metadata, { policy: client.policy, signal, certificate, onSent });
  const proving = proofs ? withFreshProofs(inside, proofs) : inside;
  const spoken = inDialect(proving, client.dialect ?? {}, httpContext.blemishes.at(client.issuer));
  const asserted = withAssertionTime(authenticating(client, metadata, spoken), httpContext.clock, assert);
  const http = client.proofKey?.binds === 'refresh-token' ? asBearer(asserted) : asserted;
  return {
    client,
    metadata,
    withheld,
    note: (address, endpoint) => onSent(sendingOf(address, {}, endpoint)),
    namedTokenEndpoint: named.token_endpoint,
    http,
    httpContext,
    proofs,
    boundTo,
    received: [],
    server,
    oauthClient,
    authenticate,
    options: {
      [oauth.customFetch]: http,
      // Plain http is judged in one place, by the http client.
      [oauth.allowInsecureRequests]: true,
      ...(proofs && { DPoP: proofs.handle }),
    },
  };
}

function authenticating(
  { id, authentication, secretForm }: Client,
  metadata: Metadata,
  http: HttpClient,
): HttpClient {
  if (authentication.method !== 'client_secret_basic') return http;
  const methods = metadata.token_endpoint_auth_methods_supported;
  const memory = secretForm ?? { known: undefined, learned: () => undefined };
  const { secret } = authentication;
  return withSecretForms(http, { id, secret }, methods?.includes('client_secret_post') === true, memory);
}
