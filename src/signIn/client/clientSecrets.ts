import * as v from 'valibot';
import { secret, type Secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import {
  isCertificateMethod,
  showsCertificate,
  type ClientAuthentication,
} from '../../protocol/client/clientAuthentication.ts';
import type { ClientCertificate, LoadMutualTls } from '../../protocol/http/clientCertificate.ts';
import {
  clientKeyAlgorithms,
  importClientKey,
  publicKeySet,
  type ClientKey,
} from '../../protocol/client/keys/clientKey.ts';
import { keyInProfile } from '../../protocol/client/securityProfile.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { askPersonForever, type AskPerson } from './askingPerson.ts';

/** What proves the client's identity: shared text, or a key or certificate of its own. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'key'; readonly key: ClientKey }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate };

export type CredentialKind = ClientCredential['kind'];

/** What a provider's client needs: two things if it has tokens bound to a certificate and authenticates otherwise. */
export function credentialKinds(
  provider: Pick<Provider, 'clientAuthentication' | 'certificateBoundTokens'>,
): readonly CredentialKind[] {
  const { clientAuthentication: method } = provider;
  const isAlone = method === 'none' || isCertificateMethod(method);
  const own = isAlone ? [] : [method === 'private_key_jwt' ? ('key' as const) : ('secret' as const)];
  return showsCertificate(provider) ? [...own, 'certificate'] : own;
}

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
   * @returns `asked`: the credentials that haven't proved right yet.
   * @throws Failure `client-secret-missing` if they enter nothing, or `certificate-not-here`.
   */
  obtain(
    provider: Provider,
    person?: AskPerson,
  ): Promise<{ authentication: ClientAuthentication; asked: readonly CredentialKind[] }>;
  /** Takes what the user has entered for the next sign-in. It is kept in memory until that uses it. */
  enter(provider: Provider, credential: ClientCredential): void;
  /** Keeps a credential in place of the one of its kind. */
  replace(provider: Provider, credential: ClientCredential): Promise<void>;
  forget(provider: Pick<Provider, 'id'>): Promise<void>;
  /** Forgets credentials of these kinds, and no other. */
  forgetKinds(provider: Provider, kinds: readonly CredentialKind[]): Promise<void>;
  publicKeys(provider: Provider): Promise<object | undefined>;
}

export interface ClientSecretsOptions {
  readonly storage: SecretStorage;
  /**
   * Asks the user for one of {@link credentialKinds}. Returns undefined if they enter nothing.
   *
   * @param signal cancels the question.
   */
  ask(provider: Provider, signal: AbortSignal, kind: CredentialKind): Promise<ClientCredential | undefined>;
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

type Stored = v.InferOutput<typeof storedSchema>;

export function createClientSecrets({ storage, ask, mutualTls }: ClientSecretsOptions): ClientSecrets {
  const keyOf = (provider: Pick<Provider, 'id'>): string => `clientSecret/${provider.id}`;
  /** What was entered before the sign-in, by provider, client, where it leads, and kind. */
  const entered = new Map<string, ClientCredential>();
  /** What couldn't be stored. It counts until this window closes, and the next sign-in stores it. */
  const unstored = new Map<string, ClientCredential>();
  const nameOf = ({ id, clientId, terms }: Provider, kind: CredentialKind): string =>
    JSON.stringify([id, clientId, terms, kind]);

  const read = async (provider: Provider): Promise<readonly ClientCredential[]> => {
    const parsed = v.safeParse(storedSchema, await storage.get(keyOf(provider)));
    if (!parsed.success || parsed.output.issuer !== provider.issuer) return [];
    const { clientId, tokenHost } = parsed.output;
    if (clientId !== provider.clientId || tokenHost !== tokenHostOf(provider)) return [];
    return credentialKinds(provider).flatMap(kind => {
      const credential = credentialIn(parsed.output, kind);
      return (credential && inProfile(provider, credential)) ?? [];
    });
  };

  /** What counts now: of each kind, the one that couldn't be stored is newer than the stored one. */
  const current = async (provider: Provider): Promise<readonly ClientCredential[]> => {
    const kinds = credentialKinds(provider);
    const held = kinds.flatMap(kind => unstored.get(nameOf(provider, kind)) ?? []);
    if (held.length === kinds.length) return held;
    const isHeld = (kind: CredentialKind): boolean => held.some(one => one.kind === kind);
    return [...held, ...(await read(provider)).filter(({ kind }) => !isHeld(kind))];
  };

  /** Stores these in place of everything that was stored before. */
  const keep = async (provider: Provider, credentials: readonly ClientCredential[]): Promise<void> => {
    const stored: Stored = {
      version: 1,
      issuer: provider.issuer,
      clientId: provider.clientId ?? '',
      tokenHost: tokenHostOf(provider),
      ...credentials.map(revealed).reduce((all, one) => ({ ...all, ...one }), {}),
    };
    await storage.store(keyOf(provider), JSON.stringify(stored));
    for (const { kind } of credentials) unstored.delete(nameOf(provider, kind));
  };

  /** Stores it in place of the one of its kind. Reads the storage only for a provider that has others as well. */
  const keepBeside = async (provider: Provider, credential: ClientCredential): Promise<void> => {
    const isOther = ({ kind }: ClientCredential): boolean => kind !== credential.kind;
    const all = credentialKinds(provider).length > 1 ? await current(provider) : [];
    await keep(provider, [...all.filter(isOther), credential]);
  };

  const missing = (provider: Provider): Failure =>
    new Failure('client-secret-missing', { provider: provider.label });

  const checkPossible = (provider: Provider): void => {
    if (showsCertificate(provider) && !mutualTls) throw new Failure('certificate-not-here', {});
  };

  return {
    async stored(provider) {
      checkPossible(provider);
      if (credentialKinds(provider).length === 0) return { method: 'none' };
      return authenticationOf(provider, await current(provider));
    },
    async obtain(provider, person = askPersonForever) {
      checkPossible(provider);
      const kinds = credentialKinds(provider);
      if (kinds.length === 0) return { authentication: { method: 'none' }, asked: [] };
      const all: ClientCredential[] = [];
      const asked: CredentialKind[] = [];
      for (const kind of kinds) {
        const name = nameOf(provider, kind);
        const given = entered.get(name) ?? unstored.get(name);
        entered.delete(name);
        const known = given ? undefined : (await read(provider)).find(stored => stored.kind === kind);
        const found = given ?? known ?? (await person(signal => ask(provider, signal, kind)));
        const credential = found && inProfile(provider, found);
        if (!credential) throw missing(provider);
        all.push(credential);
        if (!known) asked.push(kind);
        // A key that was made must not be lost if the next question is canceled.
        if (!known) await keepBeside(provider, credential).catch(() => unstored.set(name, credential));
      }
      return { authentication: await authenticationOf(provider, all), asked };
    },
    enter: (provider, credential) => void entered.set(nameOf(provider, credential.kind), credential),
    async replace(provider, credential) {
      const name = nameOf(provider, credential.kind);
      // Counts at once, because the next sign-in might come before it is stored. Replaces what was entered before.
      entered.set(name, credential);
      try {
        await keepBeside(provider, credential);
      } finally {
        if (entered.get(name) === credential) entered.delete(name);
      }
    },
    async forget(provider) {
      for (const held of [entered, unstored])
        for (const name of held.keys())
          if ((JSON.parse(name) as unknown[])[0] === provider.id) held.delete(name);
      await storage.delete(keyOf(provider));
    },
    async forgetKinds(provider, kinds) {
      const left = (await current(provider)).filter(({ kind }) => !kinds.includes(kind));
      if (left.length === 0) return this.forget(provider);
      for (const kind of kinds) unstored.delete(nameOf(provider, kind));
      await keep(provider, left);
    },
    async publicKeys(provider) {
      const [credential] = await read(provider);
      if (credential?.kind === 'key') return publicKeySet(credential.key);
      if (credential?.kind !== 'certificate') return undefined;
      return (await mutualTls?.())?.publicKeys(credential.certificate);
    },
  };
}

/** Undefined: the provider's security profile doesn't allow it. */
function inProfile({ profile }: Provider, credential: ClientCredential): ClientCredential | undefined {
  if (credential.kind !== 'key') return credential;
  const key = keyInProfile(credential.key, profile);
  return key && { kind: 'key', key };
}

function credentialIn(stored: Stored, kind: CredentialKind): ClientCredential | undefined {
  const { key, certificate, secret: text } = stored;
  switch (kind) {
    case 'secret':
      return text === undefined ? undefined : { kind, secret: secret(text) };
    case 'key':
      return key && { kind, key: { ...key, privateJwk: secret(key.privateJwk) } };
    case 'certificate':
      return (
        certificate && {
          kind,
          certificate: { ...certificate, privateKey: secret(certificate.privateKey) },
        }
      );
  }
}

function revealed(credential: ClientCredential): Pick<Stored, CredentialKind> {
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

/** @throws Failure `client-secret-missing` if one of {@link credentialKinds} isn't among them. */
async function authenticationOf(
  provider: Provider,
  credentials: readonly ClientCredential[],
): Promise<ClientAuthentication> {
  const { clientAuthentication: method, assertionAudience: audience } = provider;
  const parts: Parts = Object.fromEntries(credentials.map(credential => [credential.kind, credential]));
  const certificate = showsCertificate(provider) ? parts.certificate?.certificate : undefined;
  if (certificate || !showsCertificate(provider)) {
    if (method === 'none') return { method, certificate };
    if (parts.key && method === 'private_key_jwt') {
      const key = await importClientKey(parts.key.key);
      return { method, key, keyId: parts.key.key.keyId, audience, certificate };
    }
    if (certificate && isCertificateMethod(method)) return { method, certificate };
    if (parts.secret && (method === 'client_secret_basic' || method === 'client_secret_post'))
      return { method, secret: parts.secret.secret, certificate };
  }
  throw new Failure('client-secret-missing', { provider: provider.label });
}

type Parts = { readonly [Kind in CredentialKind]?: ClientCredential & { readonly kind: Kind } };
