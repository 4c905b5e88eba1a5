import { secondsNow } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { confirmRegistration, isCurrent, type Registration } from '../../protocol/client/registration.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { askPersonForever, type AskPerson } from './askingPerson.ts';
import { registerWithLess, type Registering, type WantedRegistration } from './registerWithLess.ts';
import { createRegistrationStore, type KeptRegistration } from './registrationStore.ts';

export interface RegistrationRequest extends WantedRegistration {
  /** How long the user can take to enter an initial access token. Defaults to no limit. */
  readonly person?: AskPerson;
  /**
   * True: asks for an initial access token even if the refusal only suggests that one is missing. Otherwise only a
   * clear demand counts.
   */
  readonly asksForToken: boolean;
}

/** A registration, and whether the server has said in this sign-in that it knows it. */
export interface ObtainedRegistration {
  readonly registration: Registration;
  readonly isConfirmed: boolean;
  /** It was made just now. */
  readonly isNew: boolean;
}

export interface RegistrationsOptions extends Registering {
  readonly storage: SecretStorage;
  /**
   * Asks the user for an initial access token. Returns undefined if there is none.
   *
   * @param signal cancels the question.
   */
  askInitialAccessToken(provider: Provider, signal: AbortSignal): Promise<Secret | undefined>;
}

/** This editor's own registrations with providers that have no client ID in the settings (RFC 7591). */
export type Registrations = ReturnType<typeof createRegistrations>;

export function createRegistrations(options: RegistrationsOptions) {
  const { httpContext } = options;
  const store = createRegistrationStore(options.storage);

  const keep = async (provider: Provider, kept: KeptRegistration): Promise<void> => {
    try {
      await store.keep(provider, kept);
    } catch {
      // The sign-in continues. The next one registers again.
      httpContext.log.warn('the registration could not be stored', { provider: provider.id });
    }
  };

  const readAll = async (provider: Provider): Promise<KeptRegistration[]> => {
    try {
      return await store.all(provider);
    } catch {
      // The sign-in continues with a new one.
      httpContext.log.warn('the registrations could not be read', { provider: provider.id });
      return [];
    }
  };

  /** A stored registration that the server hasn't forgotten, as far as it says so. */
  const known = async ({
    provider,
    redirectUri,
    signal,
  }: RegistrationRequest): Promise<KeptRegistration | undefined> => {
    const found = (await readAll(provider)).find(kept => kept.redirectUri === redirectUri);
    if (!found) return undefined;
    const confirmed = isCurrent(found, httpContext)
      ? await confirmRegistration(httpContext, found, provider, signal)
      : undefined;
    if (!confirmed) {
      httpContext.log.info('the registration is no longer valid', { provider: provider.id });
      await store.forget(provider, found.clientId).catch(() => undefined);
      return undefined;
    }
    const renewed = { ...found, ...confirmed };
    if (confirmed !== found) await keep(provider, renewed);
    return renewed;
  };

  const register = async (request: RegistrationRequest): Promise<Registration> => {
    const { provider, person = askPersonForever } = request;
    try {
      return await registerWithLess(
        options,
        request,
        await store.initialToken(provider).catch(() => undefined),
      );
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'registration-closed') throw error;
      if (error.status !== 401 && !request.asksForToken) throw error;
      const asked = await person(signal => options.askInitialAccessToken(provider, signal));
      request.signal.throwIfAborted();
      if (!asked) throw error;
      const registration = await registerWithLess(options, request, asked);
      await store.keepInitialToken(provider, asked).catch(() => undefined);
      return registration;
    }
  };

  return {
    /** The redirect URIs that are registered at the provider's issuer. */
    async redirectUris(provider: Provider): Promise<string[]> {
      const uris = (await readAll(provider)).map(kept => kept.redirectUri);
      return uris.filter(uri => uri !== undefined);
    },
    /**
     * The registration for a redirect URI, made now if there is none that the server still knows.
     *
     * @throws Failure as {@link registerClient}.
     */
    async obtain(request: RegistrationRequest): Promise<ObtainedRegistration> {
      const found = await known(request);
      if (found) return { registration: found, isConfirmed: found.management !== undefined, isNew: false };
      const registration = await register(request);
      const { provider, redirectUri } = request;
      httpContext.log.info('registered with the provider', {
        provider: provider.id,
        clientId: registration.clientId,
        authentication: registration.authentication.method,
      });
      const registeredAt = secondsNow(httpContext.clock);
      await keep(provider, { ...registration, issuer: provider.issuer, redirectUri, registeredAt });
      return { registration, isConfirmed: true, isNew: true };
    },
    /** The one that was made or confirmed last. Asks no question. */
    latest: async (provider: Provider): Promise<KeptRegistration | undefined> =>
      (await store.all(provider))[0],
    /** What is known here about a client of ours. Asks no question. */
    known: async (provider: Provider, clientId: string): Promise<Registration | undefined> =>
      (await store.all(provider)).find(kept => kept.clientId === clientId),
    /** Forgets a registration that the server has refused. The next sign-in makes a new one. */
    forget: store.forget,
    /**
     * Forgets all of a provider's registrations, and the token that allowed them. They stay registered with the
     * provider.
     */
    forgetAll: store.forgetAll,
  };
}
