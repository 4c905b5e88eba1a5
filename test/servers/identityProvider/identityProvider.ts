import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { parseArgs } from 'node:util';
import Provider, { type ClientMetadata, type JWKS, type KoaContextWithOIDC } from 'oidc-provider';
import { isWebHostRedirectUri, knownClients, type KnownClients } from './clients.ts';
import { configuration, endpoints, type ProviderSettings } from './configuration.ts';
import { interactionPages } from './interactions.ts';
import { askedToEnd, isProgram, listen, loopback, stop } from '../listening.ts';
import { createMemoryStorage } from './memoryStorage.ts';
import { recordArrival, type RecordedRequest } from '../recordedRequests.ts';
import type { TestCertificate } from '../certificates.ts';
import { sharedSigningKeys } from './signingKeys.ts';

export interface IdentityProviderOptions extends Partial<ProviderSettings> {
  /** The name in the issuer. Whatever it is, the server binds to 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, lets the operating system choose. */
  readonly port?: number;
  /** Where clients reach the provider if not at its own address: that of a proxy in front of it. */
  readonly issuer?: string;
  /** Clients beyond those every provider knows. */
  readonly clients?: readonly ClientMetadata[];
  /** The initial access token that dynamic registration asks for (RFC 7591, 3). By default it is open to all. */
  readonly registrationToken?: string;
  /** Answers by https, and clients may prove who they are with a certificate (RFC 8705). */
  readonly tls?: MutualTlsOptions;
  /** Fetches client ID metadata documents. By default, the provider accepts none. */
  readonly documentFetch?: typeof fetch;
  /** Adds grant types to the library, before the first request. */
  readonly extend?: (provider: Provider) => void;
  /** Signing keys. By default all providers of one process share theirs; see `createSigningKeys`. */
  readonly jwks?: JWKS;
}

export interface MutualTlsOptions {
  readonly own: TestCertificate;
  /** Who issues the certificates of clients, PEM. */
  readonly authority: string;
  /**
   * Whether a further port asks for certificates, which the metadata names (`mtls_endpoint_aliases`), as servers have it
   * whose log-in page must not ask for one. Otherwise there is only one port, which asks.
   */
  readonly aliases: boolean;
}

/** A running identity provider. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Where it really listens, `http://127.0.0.1:<port>` or `https`, whatever name the issuer has. */
  readonly address: string;
  /** Where clients with a certificate go, if that is another port. */
  readonly aliasOrigin: string | undefined;
  readonly clients: KnownClients;
  readonly endpoints: typeof endpoints;
  /** May be changed while it runs. */
  readonly settings: ProviderSettings;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Failures of the server itself (500), which its answers and the console are silent about. */
  readonly failures: readonly Error[];
  readonly requestsTo: (path: string) => RecordedRequest[];
  /** Takes back everything granted on this person's behalf. Returns how many grants that were. */
  readonly revokeEverything: (sub: string) => number;
  /** Stops listening and ends all connections. */
  readonly close: () => Promise<void>;
}

/** Asking for `offline_access` counts as `prompt=consent`, which our clients need not send and get all the same. */
function keepOfflineAccess(provider: Provider): void {
  const prototype = provider.OIDCContext.prototype;
  const asked = Reflect.getOwnPropertyDescriptor(prototype, 'prompts')?.get as (
    this: KoaContextWithOIDC['oidc'],
  ) => Set<string>;
  Object.defineProperty(prototype, 'prompts', {
    configurable: true,
    get(this: KoaContextWithOIDC['oidc']) {
      const prompts = asked.call(this);
      const scope = this.params?.['scope'];
      if (typeof scope === 'string' && scope.split(' ').includes('offline_access') && !prompts.has('none')) {
        prompts.add('consent');
      }
      return prompts;
    },
  });
}

/** Lets one client come back to a VS Code in a browser, whose redirect URI is never twice the same. */
export function allowWebHostRedirectUris(provider: Provider, clientId: string): void {
  type Client = InstanceType<Provider['Client']>;
  const prototype = provider.Client.prototype;
  for (const name of ['redirectUriAllowed', 'postLogoutRedirectUriAllowed'] as const) {
    const registered = Object.getOwnPropertyDescriptor(prototype, name)?.value as (
      this: Client,
      uri: string,
    ) => boolean;
    prototype[name] = function (this: Client, uri: string) {
      return registered.call(this, uri) || (this.clientId === clientId && isWebHostRedirectUri(uri));
    };
  }
}

/**
 * A queue. Token requests go through one, as they would through a database's transactions: of two refreshes with
 * one token the second always finds it spent, however close together they come.
 */
function createQueue(): (task: () => Promise<unknown>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async task => {
    const own = last.then(task);
    last = own.then(
      () => undefined,
      () => undefined,
    );
    await own;
  };
}

/** Starts an identity provider of its own: own storage, own secrets, own port. It writes nothing to the console. */
export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<IdentityProvider> {
  const settings: ProviderSettings = {
    accessTokenLifetime: options.accessTokenLifetime ?? 3600,
    rotateRefreshToken: options.rotateRefreshToken ?? true,
    accessTokens: options.accessTokens ?? 'jwt',
    allowsOrigins: options.allowsOrigins ?? true,
    namesOnlyApiScopes: false,
    demandsNonce: options.demandsNonce ?? false,
    resources: options.resources ?? [],
  };
  const jwks = options.jwks ?? (await sharedSigningKeys());
  const { tls } = options;
  const secure = tls && { cert: tls.own.certificate, key: tls.own.privateKey };
  const asking = { ...secure, requestCert: true, rejectUnauthorized: false, ca: tls?.authority };
  const server = secure ? createTlsServer(tls.aliases ? secure : asking) : createServer();
  const port = await listen(server, options.port);
  const issuer = options.issuer ?? `${tls ? 'https' : 'http'}://${options.host ?? loopback}:${port}`;
  const aliased = tls?.aliases ? createTlsServer(asking) : undefined;
  const aliasOrigin = aliased && `https://${loopback}:${await listen(aliased)}`;
  const storage = createMemoryStorage();
  const { clients, metadata } = knownClients();
  const { registrationToken } = options;
  const all = [...metadata, ...(options.clients ?? [])];
  let provider: Provider;
  try {
    provider = new Provider(
      issuer,
      configuration({
        storage,
        settings,
        clients,
        metadata: all,
        jwks,
        registrationToken,
        mutualTls: tls !== undefined,
        aliasOrigin,
        documentFetch: options.documentFetch,
      }),
    );
  } catch (error) {
    // The library refused the options: a test that expects that must not be kept alive by the port.
    await stop(server);
    if (aliased) await stop(aliased);
    throw error;
  }
  const failures: Error[] = [];
  provider.silent = true;
  provider.on('server_error', (_ctx, error) => failures.push(error));
  keepOfflineAccess(provider);
  options.extend?.(provider);
  allowWebHostRedirectUris(provider, clients.editorWeb.clientId);

  const isTokenRequest = ({ method, path }: RecordedRequest) => method === 'POST' && path === endpoints.token;
  const requests: RecordedRequest[] = [];
  const answerPage = interactionPages(provider);
  const oneAtATime = createQueue();
  provider.use(async (ctx, next) => {
    const record = recordArrival(ctx.req.method, ctx.req.url, ctx.req.headers.authorization);
    requests.push(record);
    try {
      const form = await answerPage(ctx);
      if (form === undefined) {
        await (isTokenRequest(record) ? oneAtATime(next) : next());
      }
      record.body = { ...(form ?? (ctx as Partial<KoaContextWithOIDC>).oidc?.body) };
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      ctx.status = 500;
    }
    record.status = ctx.status;
  });
  const handle = provider.callback();
  for (const each of [server, ...(aliased ? [aliased] : [])]) {
    each.on('request', (request, response) => void handle(request, response));
  }

  return {
    issuer,
    address: `${tls ? 'https' : 'http'}://${loopback}:${port}`,
    aliasOrigin,
    clients,
    endpoints,
    settings,
    requests,
    failures,
    requestsTo: path => requests.filter(request => request.path === path),
    revokeEverything: sub => storage.revokeAccount(sub),
    async close() {
      await stop(server);
      if (aliased) await stop(aliased);
    },
  };
}

/** Runs as a program of its own: prints the issuer, and ends when it is asked to. */
async function serve(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, host: { type: 'string' } } });
  const identityProvider = await startIdentityProvider({
    port: Number(values.port ?? 0),
    host: values.host ?? loopback,
  });
  console.log(identityProvider.issuer);
  await askedToEnd();
  await identityProvider.close();
  process.stdin.destroy();
}

if (isProgram(import.meta.url)) void serve();
