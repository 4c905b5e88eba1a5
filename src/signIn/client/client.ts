import * as l10n from '@vscode/l10n';
import type { Client, ClientAuthentication } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Registration } from '../../protocol/client/registration.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askPersonWithin } from './askingPerson.ts';
import type { ClientSecrets } from './clientSecrets.ts';
import type { Registrations } from './registrations.ts';

/** The provider's client, as the protocol needs it. */
function clientOf(
  provider: Provider,
  id: string,
  authentication: ClientAuthentication,
  registration?: Registration,
): Client {
  return {
    issuer: provider.issuer,
    id,
    authentication,
    idTokenAlgorithm: provider.idTokenAlgorithm ?? registration?.idTokenAlgorithm,
    trustedAudiences: provider.trustedAudiences,
    policy: provider,
    dialect: provider.dialect,
  };
}

/** What clients prove who they are with. */
export interface ClientStores {
  readonly registrations: Registrations;
  readonly clientSecrets: ClientSecrets;
}

/**
 * The client that a grant was given to, whether it is in the settings or registered itself.
 *
 * @throws Failure `client-secret-missing`
 */
export async function clientOfGrant(
  provider: Provider,
  grant: Grant,
  { registrations, clientSecrets }: ClientStores,
): Promise<Client> {
  const { clientId } = grant.binding;
  if (provider.clientId !== undefined) {
    return clientOf(provider, clientId, await clientSecrets.stored(provider));
  }
  // What is stored here is newer than what came with the grant; but another window may have registered.
  const registration = await registrations.known(provider, clientId);
  const authentication = registration?.authentication ?? grant.registeredClient ?? { method: 'none' };
  return clientOf(provider, clientId, authentication, registration);
}

export interface ClientRequest {
  readonly provider: Provider;
  readonly metadata: Metadata;
  /** Undefined for a device code. */
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
}

/** Where clients come from that are not in the settings of a provider. */
export interface ClientSources extends ClientStores {
  /** The address of this editor's client ID metadata document, if it has one. */
  readonly clientDocument: string | undefined;
  readonly httpContext: HttpContext;
  /** How long a person may take to say what a client needs, in seconds. */
  readonly timeouts: { readonly person: number };
}

/** A client, and its registration if it registered itself: then it can do so again. */
export interface FoundClient {
  readonly client: Client;
  readonly registration: Registration | undefined;
  /** The secret was entered for this sign-in, and may be wrong. */
  readonly secretIsNew: boolean;
}

/**
 * The client of a new sign-in: the one in the settings; else the address of a client ID metadata document,
 * where the server takes that; else one that is registered for this redirect URI.
 *
 * @throws Failure as {@link Registrations.obtain}; `method-unsupported` if there is none of these.
 */
async function findClient(
  { registrations, clientSecrets, clientDocument, httpContext, timeouts }: ClientSources,
  signInRequest: ClientRequest,
): Promise<FoundClient> {
  const { provider, metadata, redirectUri } = signInRequest;
  const person = askPersonWithin(httpContext.clock, timeouts.person, signInRequest.signal);
  const notRegistered = (id: string): FoundClient => ({
    client: clientOf(provider, id, { method: 'none' }),
    registration: undefined,
    secretIsNew: false,
  });
  if (provider.clientId !== undefined) {
    const { authentication, asked } = await clientSecrets.obtain(provider, person);
    const client = clientOf(provider, provider.clientId, authentication);
    return { client, registration: undefined, secretIsNew: asked };
  }
  // A document lists addresses that never change; that of an editor in the browser cannot be among them.
  const isStatic = redirectUri === undefined || !/[?&]vscode-reqid=/.test(redirectUri);
  if (clientDocument !== undefined && metadata.client_id_metadata_document_supported && isStatic) {
    return notRegistered(clientDocument);
  }
  if (!metadata.registration_endpoint) {
    throw new Failure('method-unsupported', {
      issuer: provider.issuer,
      missing: l10n.t('a client id in the settings, or an endpoint at which this editor can register itself'),
    });
  }
  const registration = await registrations.obtain({ ...signInRequest, person });
  const { clientId, authentication } = registration;
  const client = clientOf(provider, clientId, authentication, registration);
  return { client, registration, secretIsNew: false };
}

/**
 * Runs the first step of a sign-in with its client. If the server refuses a client that registered itself, it
 * is registered anew and the step runs once more.
 */
export async function withClient<T>(
  sources: ClientSources,
  signInRequest: ClientRequest,
  run: (found: FoundClient) => Promise<T>,
): Promise<T> {
  const found = await findClient(sources, signInRequest);
  try {
    return await run(found);
  } catch (error) {
    await forgetIfDoubtful(sources, signInRequest.provider, found, error);
    if (!found.registration || !(error instanceof Failure) || error.code !== 'client-refused') throw error;
    return run(await findClient(sources, signInRequest));
  }
}

/**
 * Forgets a registration over which a sign-in may have failed: one that was refused, or, where the server
 * cannot be asked about it, one whose browser did not come back; for that is how an error page looks from here.
 * A secret that was just entered and refused is asked for again.
 */
export async function forgetIfDoubtful(
  { registrations, clientSecrets }: ClientSources,
  provider: Provider,
  { client, registration, secretIsNew }: FoundClient,
  error: unknown,
): Promise<void> {
  if (secretIsNew && error instanceof Failure && error.code === 'client-refused') {
    await clientSecrets.forget(provider);
  }
  if (!registration || !(error instanceof Failure)) return;
  const refused = error.code === 'client-refused';
  const silent = error.code === 'no-response' && !registration.management;
  if (refused || silent) await registrations.forget(provider, client.id);
}
