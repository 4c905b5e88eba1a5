import * as v from 'valibot';
import { secondsNow } from '../../platform/clock.ts';
import { createQueue } from '../../platform/queue.ts';
import { Secret, secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/secretStorage.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import {
  confirmRegistration,
  isCurrent,
  registerClient,
  type Registration,
} from '../../protocol/client/registration.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { askPersonForever, type AskPerson } from './askingPerson.ts';

/** A registration and what it is bound to: it is used for no other issuer and no other redirect URI. */
interface Kept extends Registration {
  readonly issuer: string;
  /** Undefined: for device codes. */
  readonly redirectUri: string | undefined;
  /** Seconds since the epoch. */
  readonly registeredAt: number;
}

export interface RegistrationRequest {
  readonly provider: Provider;
  readonly metadata: Metadata;
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
  /** How long the person is asked for an initial access token; by default until they answer. */
  readonly person?: AskPerson;
}

/** This editor's own registrations at providers that have no client id in the settings (RFC 7591). */
export interface Registrations {
  /** The redirect URIs that are registered at the provider's issuer. */
  redirectUris(provider: Provider): Promise<string[]>;
  /**
   * The registration for a redirect URI, made now if there is none that the server still knows.
   *
   * @throws Failure as {@link registerClient}.
   */
  obtain(signInRequest: RegistrationRequest): Promise<Registration>;
  /** What is known here of a client of ours. Asks nobody. */
  known(provider: Provider, clientId: string): Promise<Registration | undefined>;
  /** Forgets a registration that the server has refused, so that the next sign-in makes a new one. */
  forget(provider: Provider, clientId: string): Promise<void>;
  /** Forgets all of a provider's registrations, and the token that allowed them. The provider is not told. */
  forgetAll(provider: Pick<Provider, 'id'>): Promise<void>;
}

export interface RegistrationsOptions {
  readonly storage: SecretStorage;
  readonly httpContext: HttpContext;
  /**
   * Asks the person for an initial access token; undefined if there is none.
   *
   * @param signal takes the question back.
   */
  askInitialAccessToken(provider: Provider, signal: AbortSignal): Promise<Secret | undefined>;
}

/** In an editor in the browser each sign-in registers a new address; the oldest are forgotten here. */
const mostKept = 20;

const stored = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(1),
    registrations: v.array(
      v.object({
        issuer: v.string(),
        redirectUri: v.optional(v.string()),
        registeredAt: v.number(),
        clientId: v.string(),
        method: v.picklist(['none', 'client_secret_basic', 'client_secret_post']),
        idTokenAlgorithm: v.optional(v.string()),
        secret: v.optional(v.string()),
        expiresAt: v.optional(v.number()),
        management: v.optional(v.object({ address: v.string(), token: v.string() })),
      }),
    ),
  }),
);

const storedToken = v.pipe(v.string(), v.parseJson(), v.object({ issuer: v.string(), token: v.string() }));

export function createRegistrations(options: RegistrationsOptions): Registrations {
  const { storage, httpContext } = options;
  const keyOf = (provider: Pick<Provider, 'id'>): string => `registrations/${provider.id}`;
  const tokenKeyOf = (provider: Pick<Provider, 'id'>): string => `initialAccessToken/${provider.id}`;
  /** Changes happen one after the other, so that none undoes another. */
  const inTurn = createQueue();

  const read = async (provider: Provider): Promise<Kept[]> => {
    const parsed = v.safeParse(stored, await storage.get(keyOf(provider)));
    return parsed.success ? parsed.output.registrations.map(revive) : [];
  };

  const ofIssuer = async (provider: Provider): Promise<Kept[]> =>
    (await read(provider)).filter(kept => kept.issuer === provider.issuer);

  const change = (provider: Provider, replace: (kept: readonly Kept[]) => readonly Kept[]): Promise<void> =>
    inTurn(async () => {
      const kept = replace(await read(provider)).slice(0, mostKept);
      const text = JSON.stringify({ version: 1, registrations: kept.map(serialise) });
      await storage.store(keyOf(provider), text);
    });

  const keep = async (provider: Provider, kept: Kept): Promise<void> => {
    try {
      await change(provider, others => [
        kept,
        ...others.filter(other => other.issuer !== kept.issuer || other.clientId !== kept.clientId),
      ]);
    } catch {
      // The sign-in goes on; the next one registers again.
      httpContext.log.warn('the registration could not be stored', { provider: provider.id });
    }
  };

  const forget = (provider: Provider, clientId: string): Promise<void> =>
    change(provider, kept =>
      kept.filter(other => other.issuer !== provider.issuer || other.clientId !== clientId),
    );

  /** A registration that is kept and that the server still knows. */
  const known = async ({ provider, redirectUri, signal }: RegistrationRequest): Promise<Kept | undefined> => {
    const found = (await ofIssuer(provider)).find(kept => kept.redirectUri === redirectUri);
    if (!found) return undefined;
    const confirmed = isCurrent(found, httpContext)
      ? await confirmRegistration(httpContext, found, provider, signal)
      : undefined;
    if (!confirmed) {
      httpContext.log.info('the registration is no longer valid', { provider: provider.id });
      await forget(provider, found.clientId).catch(() => undefined);
      return undefined;
    }
    const renewed = { ...found, ...confirmed };
    if (confirmed !== found) await keep(provider, renewed);
    return renewed;
  };

  const register = async (signInRequest: RegistrationRequest): Promise<Registration> => {
    const { provider, person = askPersonForever } = signInRequest;
    const request = { ...signInRequest, policy: provider };
    const initialAccessToken = await storedInitialToken(provider);
    try {
      return await registerClient(httpContext, { ...request, initialAccessToken });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'registration-closed') throw error;
      const asked = await person(signal => options.askInitialAccessToken(provider, signal));
      signInRequest.signal.throwIfAborted();
      if (!asked) throw error;
      const registration = await registerClient(httpContext, { ...request, initialAccessToken: asked });
      const text = JSON.stringify({ issuer: provider.issuer, token: asked.reveal() });
      await Promise.resolve(storage.store(tokenKeyOf(provider), text)).catch(() => undefined);
      return registration;
    }
  };

  const storedInitialToken = async (provider: Provider): Promise<Secret | undefined> => {
    const parsed = v.safeParse(storedToken, await storage.get(tokenKeyOf(provider)));
    // It was given for one issuer, and is sent to no other.
    return parsed.success && parsed.output.issuer === provider.issuer
      ? new Secret(parsed.output.token)
      : undefined;
  };

  return {
    async redirectUris(provider) {
      const uris = (await ofIssuer(provider)).map(kept => kept.redirectUri);
      return uris.filter(uri => uri !== undefined);
    },
    async obtain(signInRequest) {
      const found = await known(signInRequest);
      if (found) return found;
      const registration = await register(signInRequest);
      const { provider, redirectUri } = signInRequest;
      httpContext.log.info('registered with the provider', {
        provider: provider.id,
        clientId: registration.clientId,
      });
      const registeredAt = secondsNow(httpContext.clock);
      await keep(provider, { ...registration, issuer: provider.issuer, redirectUri, registeredAt });
      return registration;
    },
    known: async (provider, clientId) => (await ofIssuer(provider)).find(kept => kept.clientId === clientId),
    forget,
    forgetAll: provider =>
      inTurn(async () => {
        await storage.delete(keyOf(provider));
        await storage.delete(tokenKeyOf(provider));
      }),
  };
}

type StoredRegistration = v.InferOutput<typeof stored>['registrations'][number];

function revive({
  method,
  secret: text,
  expiresAt,
  management,
  redirectUri,
  ...rest
}: StoredRegistration): Kept {
  return {
    ...rest,
    redirectUri,
    expiresAt,
    authentication:
      method === 'none' || text === undefined ? { method: 'none' } : { method, secret: secret(text) },
    management: management && { address: management.address, token: secret(management.token) },
  };
}

function serialise(kept: Kept): StoredRegistration {
  const { authentication, management, issuer, redirectUri, registeredAt, clientId, expiresAt } = kept;
  return {
    idTokenAlgorithm: kept.idTokenAlgorithm,
    issuer,
    redirectUri,
    registeredAt,
    clientId,
    expiresAt,
    method: authentication.method,
    secret: 'secret' in authentication ? authentication.secret.reveal() : undefined,
    management: management && { address: management.address, token: management.token.reveal() },
  };
}
