import * as v from 'valibot';
import { secret, type Secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import {
  isCertificateMethod,
  type ClientAuthentication,
} from '../../protocol/client/clientAuthentication.ts';
import type { ClientCertificate, LoadMutualTls } from '../../protocol/http/clientCertificate.ts';
import {
  clientKeyAlgorithms,
  importClientKey,
  publicKeySet,
  type ClientKey,
} from '../../protocol/client/keys/clientKey.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { askPersonForever, type AskPerson } from './askingPerson.ts';

/** What proves the client's identity: shared text, or a key or certificate of its own. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'key'; readonly key: ClientKey }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate };

/** The providers' client secrets, keys and certificates. They are in the secret storage of the editor and nowhere else. */
export interface ClientSecrets {
  /**
   * Returns how the client of the settings authenticates, without asking.
   *
   * @throws Failure `client-secret-missing` if its credential isn't stored, or `certificate-not-here`.
   */
  stored(provider: Provider): Promise<ClientAuthentication>;
  /**
   * The same, but asks the user if nothing is stored, and keeps what they enter.
   *
   * @param person how long they are asked. Defaults to no limit.
   * @returns `asked`: the credential hasn't proved right yet.
   * @throws Failure `client-secret-missing` if they enter nothing, or `certificate-not-here`.
   */
  obtain(
    provider: Provider,
    person?: AskPerson,
  ): Promise<{ authentication: ClientAuthentication; asked: boolean }>;
  /** Takes what the user has entered for the next sign-in. It is kept in memory until that uses it. */
  enter(provider: Provider, credential: ClientCredential): void;
  replace(provider: Provider, credential: ClientCredential): Promise<void>;
  forget(provider: Pick<Provider, 'id'>): Promise<void>;
  publicKeys(provider: Provider): Promise<object | undefined>;
}

export interface ClientSecretsOptions {
  readonly storage: SecretStorage;
  /**
   * Asks the user for what the provider's `clientAuthentication` needs. Returns undefined if they enter nothing.
   *
   * @param signal cancels the question.
   */
  ask(provider: Provider, signal: AbortSignal): Promise<ClientCredential | undefined>;
  /** Undefined where no certificate can be shown to a server. */
  readonly mutualTls?: LoadMutualTls | undefined;
}

/** It was given for one client of one issuer, and is sent to no other. */
const storedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(1),
    issuer: v.string(),
    clientId: v.string(),
    tokenHost: v.optional(v.string()),
    secret: v.optional(v.string()),
    key: v.optional(
      v.object({ algorithm: v.picklist(clientKeyAlgorithms), keyId: v.string(), privateJwk: v.string() }),
    ),
    certificate: v.optional(v.object({ certificates: v.string(), privateKey: v.string() })),
  }),
);

export function createClientSecrets({ storage, ask, mutualTls }: ClientSecretsOptions): ClientSecrets {
  const keyOf = (provider: Pick<Provider, 'id'>): string => `clientSecret/${provider.id}`;
  /** What was entered before the sign-in, by provider, client and where it leads. */
  const entered = new Map<string, ClientCredential>();
  /** What couldn't be stored. It counts until this window closes, and the next sign-in stores it. */
  const unstored = new Map<string, ClientCredential>();
  const nameOf = ({ id, clientId, terms }: Provider): string => JSON.stringify([id, clientId, terms]);

  const read = async (provider: Provider): Promise<ClientCredential | undefined> => {
    const parsed = v.safeParse(storedSchema, await storage.get(keyOf(provider)));
    if (!parsed.success || parsed.output.issuer !== provider.issuer) return undefined;
    const { clientId, tokenHost, key, certificate, secret: text } = parsed.output;
    if (clientId !== provider.clientId || tokenHost !== tokenHostOf(provider)) return undefined;
    if (provider.clientAuthentication === 'private_key_jwt') {
      return key && { kind: 'key', key: { ...key, privateJwk: secret(key.privateJwk) } };
    }
    if (isCertificateMethod(provider.clientAuthentication)) {
      return (
        certificate && {
          kind: 'certificate',
          certificate: { ...certificate, privateKey: secret(certificate.privateKey) },
        }
      );
    }
    return text === undefined ? undefined : { kind: 'secret', secret: secret(text) };
  };

  const replace = async (provider: Provider, credential: ClientCredential): Promise<void> => {
    const stored: v.InferOutput<typeof storedSchema> = {
      version: 1,
      issuer: provider.issuer,
      clientId: provider.clientId ?? '',
      tokenHost: tokenHostOf(provider),
      ...revealed(credential),
    };
    await storage.store(keyOf(provider), JSON.stringify(stored));
    unstored.delete(nameOf(provider));
  };

  const missing = (provider: Provider): Failure =>
    new Failure('client-secret-missing', { provider: provider.label });

  const checkPossible = ({ clientAuthentication }: Provider): void => {
    if (isCertificateMethod(clientAuthentication) && !mutualTls)
      throw new Failure('certificate-not-here', {});
  };

  return {
    async stored(provider) {
      checkPossible(provider);
      if (provider.clientAuthentication === 'none') return { method: 'none' };
      const credential = unstored.get(nameOf(provider)) ?? (await read(provider));
      if (!credential) throw missing(provider);
      return authenticationOf(provider, credential);
    },
    async obtain(provider, person = askPersonForever) {
      checkPossible(provider);
      if (provider.clientAuthentication === 'none')
        return { authentication: { method: 'none' }, asked: false };
      const given = entered.get(nameOf(provider)) ?? unstored.get(nameOf(provider));
      entered.delete(nameOf(provider));
      const known = given ? undefined : await read(provider);
      const credential = given ?? known ?? (await person(signal => ask(provider, signal)));
      if (!credential) throw missing(provider);
      if (!known) await replace(provider, credential).catch(() => unstored.set(nameOf(provider), credential));
      return { authentication: await authenticationOf(provider, credential), asked: !known };
    },
    enter: (provider, credential) => void entered.set(nameOf(provider), credential),
    replace,
    async forget(provider) {
      for (const name of unstored.keys())
        if ((JSON.parse(name) as unknown[])[0] === provider.id) unstored.delete(name);
      await storage.delete(keyOf(provider));
    },
    async publicKeys(provider) {
      const credential = await read(provider);
      if (credential?.kind === 'key') return publicKeySet(credential.key);
      if (credential?.kind !== 'certificate') return undefined;
      return (await mutualTls?.())?.publicKeys(credential.certificate);
    },
  };
}

function revealed(
  credential: ClientCredential,
): Pick<v.InferOutput<typeof storedSchema>, 'secret' | 'key' | 'certificate'> {
  switch (credential.kind) {
    case 'secret':
      return { secret: credential.secret.reveal() };
    case 'key':
      return { key: { ...credential.key, privateJwk: credential.key.privateJwk.reveal() } };
    case 'certificate': {
      const { certificates, privateKey } = credential.certificate;
      return { certificate: { certificates, privateKey: privateKey.reveal() } };
    }
  }
}

/** Settings that name the token endpoint themselves bind a secret to its host too. */
const tokenHostOf = ({ endpoints }: Provider): string | undefined => URL.parse(endpoints?.token ?? '')?.host;

async function authenticationOf(
  provider: Provider,
  credential: ClientCredential,
): Promise<ClientAuthentication> {
  const { clientAuthentication: method, assertionAudience: audience } = provider;
  if (credential.kind === 'key' && method === 'private_key_jwt') {
    const key = await importClientKey(credential.key);
    return { method, key, keyId: credential.key.keyId, audience };
  }
  if (credential.kind === 'certificate' && isCertificateMethod(method)) {
    return { method, certificate: credential.certificate };
  }
  if (credential.kind === 'secret' && (method === 'client_secret_basic' || method === 'client_secret_post')) {
    return { method, secret: credential.secret };
  }
  throw new Failure('client-secret-missing', { provider: provider.label });
}
