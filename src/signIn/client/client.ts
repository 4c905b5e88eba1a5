import { l10n } from '../../platform/shown.ts';
import type { Client, ClientAuthentication } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import {
  isCertificateMethod,
  type RegisteredAuthentication,
} from '../../protocol/client/clientAuthentication.ts';
import { importClientKey } from '../../protocol/client/keys/clientKey.ts';
import { generateProofKey } from '../../protocol/client/keys/proofKey.ts';
import type { Registration } from '../../protocol/client/registration.ts';
import { quoteServerText } from '../../protocol/http/serverText.ts';
import { inProfile } from '../../protocol/client/securityProfile.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askPersonWithin } from './askingPerson.ts';
import { documentPath, listsRedirect } from '../../protocol/grants/clientDocument.ts';
import type { ClientSecrets, CredentialKind } from './clientSecrets.ts';
import type { Concessions } from './concessions.ts';
import type { DocumentAtHand, DocumentSources } from './documentAtHand.ts';
import type { ObtainedRegistration, Registrations, RegistrationRequest } from './registrations.ts';

/** The provider's client, as the protocol needs it. */
function clientOf(
  { concessions }: Pick<ClientStores, 'concessions'>,
  provider: Provider,
  id: string,
  authentication: ClientAuthentication,
  registration?: Registration,
): Client {
  const conceded = concessions.of(provider);
  return {
    issuer: provider.issuer,
    id,
    authentication,
    idTokenAlgorithm: provider.idTokenAlgorithm ?? registration?.idTokenAlgorithm,
    trustedAudiences: provider.trustedAudiences,
    policy: provider,
    dialect: provider.dialect,
    profile: provider.profile,
    certificateBoundTokens: provider.certificateBoundTokens,
    secretForm: {
      known: conceded.includes('basic:body') ? 'body' : conceded.includes('basic:raw') ? 'raw' : undefined,
      learned(form) {
        if (form !== 'encoded') concessions.add(provider, [`basic:${form}`]);
      },
    },
  };
}

/** What clients prove who they are with. */
export interface ClientStores {
  readonly registrations: Registrations;
  readonly clientSecrets: ClientSecrets;
  readonly concessions: Concessions;
}

/**
 * The client that a grant was given to, whether it is in the settings or registered itself.
 *
 * @throws Failure `client-secret-missing`
 */
export async function clientOfGrant(provider: Provider, grant: Grant, stores: ClientStores): Promise<Client> {
  const client = await namedClient(provider, grant, stores);
  return grant.proofKey ? { ...client, proofKey: grant.proofKey } : client;
}

async function namedClient(provider: Provider, grant: Grant, stores: ClientStores): Promise<Client> {
  const { registrations, clientSecrets } = stores;
  const { clientId } = grant.binding;
  if (provider.clientId !== undefined) {
    return clientOf(stores, provider, clientId, await clientSecrets.stored(provider));
  }
  // What is stored here is newer than what came with the grant. But another window might have registered.
  const registration = await registrations.known(provider, clientId);
  const authentication = registration?.authentication ?? grant.registeredClient ?? { method: 'none' };
  return clientOf(stores, provider, clientId, await usable(authentication), registration);
}

/**
 * The client that a sign-in would use, as far as it is known here already: that of the settings, or the latest
 * registration with its redirect URI. Asks no question, and registers nothing.
 *
 * @returns undefined if this editor would register itself.
 * @throws Failure `client-secret-missing`, `certificate-not-here`
 */
export async function clientAtHand(
  provider: Provider,
  stores: ClientStores,
): Promise<{ readonly client: Client; readonly redirectUri?: string | undefined } | undefined> {
  const { registrations, clientSecrets } = stores;
  if (provider.clientId !== undefined)
    return { client: clientOf(stores, provider, provider.clientId, await clientSecrets.stored(provider)) };
  const registration = await registrations.latest(provider);
  if (!registration) return undefined;
  const { clientId, authentication, redirectUri } = registration;
  return {
    client: clientOf(stores, provider, clientId, await usable(authentication), registration),
    redirectUri,
  };
}

/** The authentication of a client that registered itself, ready to be used. */
async function usable(authentication: RegisteredAuthentication): Promise<ClientAuthentication> {
  if (authentication.method !== 'private_key_jwt') return authentication;
  const { method, key } = authentication;
  return { method, key: await importClientKey(key), keyId: key.keyId, audience: 'issuer' };
}

export type ClientRequest = Omit<RegistrationRequest, 'person'> & {
  /** The client ID metadata document that this sign-in can use. */
  readonly document?: DocumentAtHand | undefined;
};

/** The sources of clients that aren't in a provider's settings. */
export interface ClientSources extends ClientStores, Omit<DocumentSources, 'concessions'> {
  /** How long a user can take to enter what a client needs, in seconds. */
  readonly timeouts: { readonly person: number };
}

/** A client, and its registration if it registered itself: then it can do so again. */
export interface FoundClient {
  readonly client: Client;
  readonly registered: ObtainedRegistration | undefined;
  /** The credentials that were entered for this sign-in, and might be wrong. */
  readonly newCredentials: readonly CredentialKind[];
}

/**
 * The client of a new sign-in: the one in the settings, otherwise the URL of a client ID metadata document that lists
 * this redirect URI, otherwise one that is registered for it.
 *
 * A device code never takes the document: Keycloak reads it when the browser arrives at its authorization endpoint, and
 * knows no such client before.
 *
 * @throws Failure as {@link Registrations.obtain}, why the document can't be used if there is no other client, or
 * `method-unsupported` if there is none of these.
 */
async function findClient(sources: ClientSources, signInRequest: ClientRequest): Promise<FoundClient> {
  const { registrations, clientSecrets, httpContext, timeouts } = sources;
  const { provider, metadata, redirectUri, document: found } = signInRequest;
  const person = askPersonWithin(httpContext.clock, timeouts.person, signInRequest.signal);
  if (provider.clientId !== undefined) {
    const { authentication, asked } = await clientSecrets.obtain(provider, person);
    const client = clientOf(sources, provider, provider.clientId, authentication);
    return { client, registered: undefined, newCredentials: asked };
  }
  const document = found?.kind === 'usable' ? found.document : undefined;
  if (document && redirectUri !== undefined && listsRedirect(document, redirectUri)) {
    const client = clientOf(sources, provider, document.address, { method: 'none' });
    return { client: { ...client, isDocument: true }, registered: undefined, newCredentials: [] };
  }
  // What another extension's URI, on the path of documents, would lead to isn't registered either.
  if (document && redirectUri !== undefined && URL.parse(redirectUri)?.pathname === documentPath)
    throw new Failure('client-document-invalid', {
      address: document.address,
      reason: l10n.t('it doesn’t list the redirect URI {0}', redirectUri),
    });
  if (!metadata.registration_endpoint) {
    if (found?.kind === 'unusable') throw found.failure;
    throw new Failure('method-unsupported', {
      issuer: metadata.issuer,
      missing: l10n.t('a client ID in the settings, or automatic registration'),
    });
  }
  const registered = await registrations.obtain({ ...signInRequest, person });
  const { clientId, authentication } = registered.registration;
  const client = clientOf(sources, provider, clientId, await usable(authentication), registered.registration);
  return { client, registered, newCredentials: [] };
}

/** As {@link findClient}, with a new key if the sign-in's tokens will be bound to one. */
async function findProvingClient(sources: ClientSources, signInRequest: ClientRequest): Promise<FoundClient> {
  const found = await findClient(sources, signInRequest);
  const { provider, metadata } = signInRequest;
  if (!provider.dpop) return found;
  const proofKey = await generateProofKey(provider.dpop, inProfile(metadata, provider.profile));
  return { ...found, client: { ...found.client, proofKey } };
}

/**
 * The scopes of the request, without those of our own that the server has registered this editor without.
 *
 * @throws Failure `registration-narrow` if others are among them: the browser would end on an error page.
 */
export function registeredScopes(
  { client, registered }: FoundClient,
  { requested, ours }: { readonly requested: readonly string[]; readonly ours: readonly string[] },
): readonly string[] {
  const allowed = registered?.registration.scopes;
  if (!allowed) return requested;
  const lacking = requested.filter(scope => !allowed.includes(scope));
  const needed = lacking.filter(scope => scope === 'openid' || !ours.includes(scope));
  if (needed.length === 0) return requested.filter(scope => allowed.includes(scope));
  throw new Failure('registration-narrow', {
    host: new URL(client.issuer).host,
    scopes: quoteServerText(allowed.join(' ')) ?? l10n.t('none'),
    lacking: needed.join(', '),
  });
}

/**
 * Runs the first step of a sign-in with its client. If the server refuses a client that registered itself, registers it
 * again and repeats the step once.
 */
export async function withClient<T>(
  sources: ClientSources,
  signInRequest: ClientRequest,
  run: (found: FoundClient) => Promise<T>,
): Promise<T> {
  const found = await findProvingClient(sources, signInRequest);
  try {
    return await run(found);
  } catch (error) {
    await forgetIfDoubtful(sources, signInRequest, found, error);
    if (!found.registered || !isRefusedClient(error)) throw explained(error, found);
    const again = await findProvingClient(sources, signInRequest);
    try {
      return await run(again);
    } catch (failure) {
      await forgetIfDoubtful(sources, signInRequest, again, failure);
      throw explained(failure, again);
    }
  }
}

const isRefusedClient = (error: unknown): error is Failure =>
  error instanceof Failure && error.code === 'client-refused';

/** A refusal of the client by the token endpoint, or in the browser's response. */
const isRefusedDocument = (error: unknown): error is Failure =>
  isRefusedClient(error) ||
  (error instanceof Failure &&
    error.code === 'authorization-refused' &&
    /^(?:invalid_client|unauthorized_client|invalid_client_metadata)$/.test(error.oauthError ?? ''));

function documentRefusal({ details, oauthError }: Failure, { id, issuer }: Client): Failure {
  const { error = '', said = '' } = details;
  const { host } = new URL(issuer);
  return new Failure('client-document-refused', { host, address: id, error, said }, { oauthError });
}

/** Says of a refused client what can be done about one of its kind. */
export function explained(error: unknown, { client, registered }: FoundClient): unknown {
  if (client.isDocument && isRefusedDocument(error)) return documentRefusal(error, client);
  if (!isRefusedClient(error)) return error;
  const { host = '', error: code = '', said = '' } = error.details;
  const options = { oauthError: error.oauthError };
  if (registered) return new Failure('registered-client-refused', { host, error: code, said }, options);
  return client.authentication.method === 'private_key_jwt'
    ? new Failure('client-key-refused', { host, error: code, said }, options)
    : error;
}

/**
 * Forgets a registration that a sign-in might have failed over: one that was refused, or an unconfirmed one whose
 * browser didn't come back, or was given up, because an error page looks like that from here. A secret or certificate
 * that was just entered and refused has to be entered again.
 */
export async function forgetIfDoubtful(
  { registrations, clientSecrets, concessions }: ClientSources,
  { provider, signal }: Pick<ClientRequest, 'provider' | 'signal'>,
  { client, registered, newCredentials }: FoundClient,
  error: unknown,
): Promise<void> {
  const isRefused = isRefusedClient(error);
  const doubtful = newCredentials.filter(kind => mightBeWrong(kind, client.authentication));
  if (doubtful.length > 0 && isRefused) await clientSecrets.forgetKinds(provider, doubtful);
  if (!registered) return;
  const { isConfirmed, isNew, registration } = registered;
  // Registered so, and then not taken so: another time it proves itself in another way.
  if (isRefused && isNew) concessions.add(provider, [`registration:${registration.authentication.method}`]);
  const isSilent = signal.aborted || (error instanceof Failure && error.code === 'no-response');
  if (isRefused || (isSilent && !isConfirmed)) await registrations.forget(provider, client.id);
}

/** True for what authenticates the client, except a key: it is registered only after it was made, and is needed for that. */
const mightBeWrong = (kind: CredentialKind, { method }: ClientAuthentication): boolean =>
  kind === 'secret' || (kind === 'certificate' && isCertificateMethod(method));
