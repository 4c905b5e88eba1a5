import type { Provider, Terms } from './provider.ts';

export type { Terms } from './provider.ts';

/**
 * Classifies each field of a provider by its effect on what a user agrees to.
 *
 * - `agreed`: decides where a secret is sent, who gets it, what a token is good for, or what is trusted. A change needs
 *   the user's consent, and until then nothing is sent for existing sign-ins.
 * - `free`: decides how something looks, when it happens, or that less of it happens.
 *
 * A new field without a class doesn't compile.
 */
const classes: Readonly<Record<keyof TermedFields, 'agreed' | 'free'>> = {
  contributedBy: 'agreed',
  mcpServer: 'agreed',
  issuer: 'agreed',
  metadataUrl: 'agreed',
  discovery: 'agreed',
  endpoints: 'agreed',
  allowedTenants: 'agreed',
  allowLoopbackHttp: 'agreed',
  clientId: 'agreed',
  // Without it, responses and algorithms are trusted that it rejects.
  profile: 'agreed',
  clientAuthentication: 'agreed',
  certificateBoundTokens: 'agreed',
  assertionAudience: 'agreed',
  acceptsChangingRedirectUri: 'agreed',
  redirect: 'agreed',
  service: 'agreed',
  resources: 'agreed',
  audience: 'agreed',
  // What else the token that an extension or an API gets is good for.
  tokenPerResource: 'agreed',
  narrowTokens: 'agreed',
  authorizationParameters: 'agreed',
  tokenParameters: 'agreed',
  refreshParameters: 'agreed',
  dialect: 'agreed',
  idTokenAlgorithm: 'agreed',
  trustedAudiences: 'agreed',
  accountId: 'agreed',
  // The editor remembers by the account's name which extensions get its tokens.
  labelClaims: 'agreed',
  claimSources: 'agreed',
  requiredClaims: 'agreed',
  maxAge: 'agreed',
  // The last one of the terms, see `covers`.
  certificates: 'agreed',

  id: 'free',
  label: 'free',
  assertionAlgorithm: 'free',
  // A proof is useless to the server that gets it, and a sign-in keeps its key.
  dpop: 'free',
  // The provider asks the user to consent to these.
  scopes: 'free',
  scopesAreSet: 'free',
  requestTimeout: 'free',
  signInMethod: 'free',
  resourceOfChallenge: 'free',
  sendRedirectUriOnRefresh: 'free',
  assumedTokenLifetime: 'free',
  rotationGrace: 'free',
  refreshEndsAccessToken: 'free',
  // Tokens are given back where the agreed endpoints are, or not at all.
  revocation: 'free',
  signOut: 'free',
};

type TermedFields = Omit<Provider, 'terms'>;

/** The fields that can change without a question. SECURITY.md lists them. */
export const freeFields = Object.entries(classes).flatMap(([field, kind]) =>
  kind === 'free' ? [field] : [],
);

/** The end of terms without the verification of certificates. */
const unverified = ',["certificates","unverified"]]';

/** True for terms by which anyone on the network can read what is sent. */
export const isUnverified = (terms: Terms): boolean => terms.endsWith(unverified);

/**
 * True if someone who agreed to `agreed` is asked nothing about `terms`: they are equal, or differ only in that
 * certificates are verified now, or that the provider also asks for the user's consent (`consent` at the end of `prompt`,
 * OpenID Connect Core 1.0 section 3.1.2.1): that is a question more, and changes nothing else.
 */
export const covers = (agreed: Terms, terms: Terms): boolean =>
  isSameOrVerified(agreed, terms) ||
  (terms.includes('consent"') && isSameOrVerified(agreed, withoutConsentPrompt(terms)));

const isSameOrVerified = (agreed: Terms, terms: Terms): boolean =>
  agreed === terms || (isUnverified(agreed) && `${agreed.slice(0, -unverified.length)}]` === terms);

/** @param terms of a provider as it is configured now. */
function withoutConsentPrompt(terms: Terms): Terms {
  const said = (JSON.parse(terms) as [string, unknown][]).map(([field, value]) => {
    if (field !== 'authorizationParameters') return [field, value];
    const { prompt } = value as Record<string, string>;
    return [
      field,
      plain({ ...(value as object), prompt: prompt?.replace(/(^| )consent$/, '') || undefined }),
    ];
  });
  return JSON.stringify(said.filter(([, value]) => value !== undefined));
}

/** The terms of a provider: every field of class `agreed` that says something. */
export function termsOf(provider: TermedFields): Terms {
  const said = Object.entries(classes).flatMap(([field, kind]) => {
    const written = provider[field as keyof TermedFields];
    // A setting that is off says nothing. A required claim says something by `false`.
    const value = written === false ? undefined : plain(written);
    return kind === 'agreed' && value !== undefined ? [[field, value]] : [];
  });
  return JSON.stringify(said);
}

/**
 * Adds the issuer whose sign-in is used to the terms: an ID alone can become another provider's.
 *
 * @param providers all that are used.
 */
export const withFromIssuers = (providers: readonly Provider[]): Provider[] =>
  providers.map(provider => {
    const { service } = provider;
    if (!service || !('from' in service)) return provider;
    const fromIssuer = providers.find(({ id }) => id === service.from)?.issuer;
    const bound = { ...provider, service: { ...service, fromIssuer } };
    return { ...bound, terms: termsOf(bound) };
  });

/** Where a user's agreement to the terms of a provider ID is stored. */
export const agreementKey = (id: string): string => `trusted/${id}`;

/** What a user has agreed to for a provider ID, as it was stored. */
export const agreedTerms = (storage: { get(key: string): unknown }, id: string): unknown =>
  storage.get(agreementKey(id));

/**
 * Returns the provider's source that a user agreed to, or undefined if no readable terms were agreed to.
 *
 * @param terms as stored.
 */
export function sourceOf(terms: unknown): Pick<Provider, 'contributedBy'> | undefined {
  if (typeof terms !== 'string') return undefined;
  const found = leaves(terms);
  // All terms name an issuer. Terms stored by another version can look different.
  if (!found.has('issuer')) return undefined;
  const source = found.get('contributedBy');
  return { contributedBy: source === undefined ? undefined : (JSON.parse(source) as string) };
}

/** A term that differs. A value is JSON, undefined where nothing is said. */
export interface ChangedTerm {
  /** The name of a setting, with dots where it is part of a group. */
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Compares two terms. Terms that can't be read, from another version, differ in everything. */
export function changedTerms(before: Terms, after: Terms): ChangedTerm[] {
  const [old, now] = [leaves(before), leaves(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter(name => old.get(name) !== now.get(name))
    .map(name => ({ name, before: old.get(name), after: now.get(name) }));
}

/** Sorts properties and drops empty ones, so equal values become equal strings. */
function plain(value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .map(([name, member]) => [name, plain(member)] as const)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function leaves(terms: Terms): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      found.set(name, JSON.stringify(value));
      return;
    }
    for (const [member, inner] of Object.entries(value)) visit(`${name}.${member}`, inner);
  };
  try {
    for (const [name, value] of JSON.parse(terms) as [string, unknown][]) visit(name, value);
  } catch {
    found.clear();
    found.set('', terms);
  }
  return found;
}
