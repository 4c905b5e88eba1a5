import * as v from 'valibot';
import { createQueue } from '../../platform/queue.ts';
import { Secret, secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import { clientKeyAlgorithms } from '../../protocol/client/keys/clientKeyAlgorithms.ts';
import type { RegisteredAuthentication } from '../../protocol/client/clientAuthentication.ts';
import type { Registration } from '../../protocol/client/registration.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { createStoredList } from '../../sessions/store/storedList.ts';

/** A registration and what it is bound to: it is used for no other issuer and no other redirect URI. */
export interface KeptRegistration extends Registration {
  readonly issuer: string;
  /** Undefined: for device codes. */
  readonly redirectUri: string | undefined;
  /** Seconds since the epoch. */
  readonly registeredAt: number;
}

/** In an editor in the browser, each sign-in registers a new redirect URI. The oldest are forgotten here. */
const mostKept = 20;

const stored = v.object({
  issuer: v.string(),
  redirectUri: v.optional(v.string()),
  registeredAt: v.number(),
  clientId: v.string(),
  method: v.picklist(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']),
  idTokenAlgorithm: v.optional(v.string()),
  scopes: v.optional(v.array(v.string())),
  secret: v.optional(v.string()),
  key: v.optional(
    v.object({ algorithm: v.picklist(clientKeyAlgorithms), keyId: v.string(), privateJwk: v.string() }),
  ),
  expiresAt: v.optional(v.number()),
  management: v.optional(v.object({ address: v.string(), token: v.string() })),
});

const storedToken = v.pipe(v.string(), v.parseJson(), v.object({ issuer: v.string(), token: v.string() }));

/** The registrations of this editor, and the tokens that allow them, in the secret storage. */
export function createRegistrationStore(storage: SecretStorage) {
  const keyOf = (provider: Pick<Provider, 'id'>): string => `registrations/${provider.id}`;
  const tokenKeyOf = (provider: Pick<Provider, 'id'>): string => `initialAccessToken/${provider.id}`;
  /** Changes happen one after the other, to keep one from undoing another. */
  const inTurn = createQueue();

  const listOf = (provider: Provider) =>
    createStoredList<KeptRegistration>({
      storage,
      key: keyOf(provider),
      member: 'registrations',
      parse(entry) {
        const parsed = v.safeParse(stored, entry);
        return parsed.success ? revive(parsed.output) : undefined;
      },
      serialise,
    });

  const change = (
    provider: Provider,
    replace: (kept: readonly KeptRegistration[]) => readonly KeptRegistration[],
  ): Promise<void> => inTurn(() => listOf(provider).change(kept => replace(kept).slice(0, mostKept)));

  return {
    /** Those at the provider's issuer. */
    all: async (provider: Provider): Promise<KeptRegistration[]> =>
      (await listOf(provider).read()).filter(kept => kept.issuer === provider.issuer),
    keep: (provider: Provider, kept: KeptRegistration): Promise<void> =>
      change(provider, others => [
        kept,
        ...others.filter(other => other.issuer !== kept.issuer || other.clientId !== kept.clientId),
      ]),
    forget: (provider: Provider, clientId: string): Promise<void> =>
      change(provider, kept =>
        kept.filter(other => other.issuer !== provider.issuer || other.clientId !== clientId),
      ),
    async initialToken(provider: Provider): Promise<Secret | undefined> {
      const parsed = v.safeParse(storedToken, await storage.get(tokenKeyOf(provider)));
      // It was given for one issuer, and is sent to no other.
      return parsed.success && parsed.output.issuer === provider.issuer
        ? new Secret(parsed.output.token)
        : undefined;
    },
    async keepInitialToken(provider: Provider, token: Secret): Promise<void> {
      const text = JSON.stringify({ issuer: provider.issuer, token: token.reveal() });
      await storage.store(tokenKeyOf(provider), text);
    },
    forgetAll: (provider: Pick<Provider, 'id'>): Promise<void> =>
      inTurn(async () => {
        await storage.delete(keyOf(provider));
        await storage.delete(tokenKeyOf(provider));
      }),
  };
}

type StoredRegistration = v.InferOutput<typeof stored>;

function revive({
  method,
  secret: text,
  key,
  expiresAt,
  management,
  redirectUri,
  ...rest
}: StoredRegistration): KeptRegistration {
  const authentication = (): RegisteredAuthentication => {
    if (method === 'private_key_jwt')
      return key ? { method, key: { ...key, privateJwk: secret(key.privateJwk) } } : { method: 'none' };
    return method === 'none' || text === undefined ? { method: 'none' } : { method, secret: secret(text) };
  };
  return {
    ...rest,
    redirectUri,
    expiresAt,
    authentication: authentication(),
    management: management && { address: management.address, token: secret(management.token) },
  };
}

function serialise(kept: KeptRegistration): StoredRegistration {
  const { authentication, management, issuer, redirectUri, registeredAt, clientId, expiresAt } = kept;
  const key = 'key' in authentication ? authentication.key : undefined;
  return {
    idTokenAlgorithm: kept.idTokenAlgorithm,
    scopes: kept.scopes && [...kept.scopes],
    issuer,
    redirectUri,
    registeredAt,
    clientId,
    expiresAt,
    method: authentication.method,
    secret: 'secret' in authentication ? authentication.secret.reveal() : undefined,
    key: key && { ...key, privateJwk: key.privateJwk.reveal() },
    management: management && { address: management.address, token: management.token.reveal() },
  };
}
