import { failure, unknownAccount, type AgentFailure, type TokenRequest } from '../agent/requests.ts';
import type { FindPeer } from '../agent/peer.ts';
import type { Subject } from './rules.ts';

/** An entry of the setting `oidcTerminals.accounts`. */
export interface DeclaredAccount {
  readonly name: string;
  /** An authentication provider's ID. */
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
  readonly audience: string | undefined;
  /** The only hosts that tools with a host, such as git, get the token for. Empty: none. */
  readonly hosts: readonly string[];
}

/** What a token is for. */
export interface Target extends Subject {
  readonly provider: string;
  /** With what the token is for among them: `resource:` and `audience:`. */
  readonly scopes: readonly string[];
  /** The account's name in the settings. Undefined if it isn't declared. */
  readonly name: string | undefined;
  /** The label of one of several accounts with the provider. */
  readonly label: string | undefined;
  /** What asks, as it says itself. */
  readonly hint: string | undefined;
  /** Where the token is sent, as the tool says. */
  readonly host: string | undefined;
  /** Finds the process that asks, to show it. */
  readonly peer?: FindPeer | undefined;
}

/** What accounts there are. */
export interface Accounts {
  readonly declared: readonly DeclaredAccount[];
  /** The issuers of the configured providers, by the ID from the provider. */
  readonly issuers: ReadonlyMap<string, string>;
}

const nameShape = /^[\w.@-]{1,64}$/;
const providerShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const scopeShape = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;
const hostShape = /^[a-z0-9.-]{1,253}(?::\d{1,5})?$/;
const mostEntries = 100;

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 2000 && !/\p{Cc}/u.test(value);

function list(value: unknown, shape: RegExp): readonly string[] | undefined {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length <= mostEntries;
  return isList && value.every((entry): entry is string => isText(entry) && shape.test(entry))
    ? value
    : undefined;
}

/** Reads the setting. What can't be read is left out and named. */
export function readAccounts(setting: unknown): { accounts: DeclaredAccount[]; wrong: string[] } {
  const accounts: DeclaredAccount[] = [];
  const wrong: string[] = [];
  const entries = typeof setting === 'object' && setting !== null ? Object.entries(setting) : [];
  for (const [name, entry] of entries.slice(0, mostEntries)) {
    const found = readAccount(name, entry);
    if (found) accounts.push(found);
    else wrong.push(name);
  }
  return { accounts, wrong };
}

function readAccount(name: string, entry: unknown): DeclaredAccount | undefined {
  if (!nameShape.test(name) || typeof entry !== 'object' || entry === null) return undefined;
  const { provider, scopes, resource, audience, hosts } = entry as Record<string, unknown>;
  const scopeList = list(scopes, scopeShape);
  const hostList = list(hosts, hostShape);
  if (typeof provider !== 'string' || !providerShape.test(provider) || !scopeList || !hostList)
    return undefined;
  for (const value of [resource, audience]) if (value !== undefined && !isText(value)) return undefined;
  return {
    name,
    provider,
    scopes: scopeList,
    resource: resource as string | undefined,
    audience: audience as string | undefined,
    hosts: hostList,
  };
}

/** Without the slash at the end, which some clients add. */
const plainIssuer = (issuer: string): string => issuer.replace(/\/$/, '');

/**
 * Finds what a request is about. What goes beyond the declared account in any respect isn't declared.
 *
 * @returns a failure with exactly the words that make clients look elsewhere, if there is no such account.
 */
export function targetOf(request: TokenRequest, accounts: Accounts): Target | AgentFailure {
  const found = declaredFor(request, accounts);
  if ('status' in found) return found;
  const { declared, provider } = found;
  if (request.host !== undefined && declared && !declared.hosts.includes(request.host))
    return failure(
      `The account ${declared.name} is not for ${request.host}.`,
      `Add the host to oidcTerminals.accounts in the settings: "${declared.name}": { "hosts": ["${request.host}"] }\n`,
      'usage',
    );
  const scopes = request.scopes ?? declared?.scopes ?? [];
  const isForSomething = request.resource !== undefined || request.audience !== undefined;
  const resource = isForSomething ? request.resource : declared?.resource;
  const audience = isForSomething ? request.audience : declared?.audience;
  const isDeclared =
    declared !== undefined &&
    request.label === undefined &&
    scopes.every(scope => declared.scopes.includes(scope)) &&
    resource === declared.resource &&
    audience === declared.audience;
  const whole = [
    ...scopes,
    ...(resource === undefined ? [] : [`resource:${resource}`]),
    ...(audience === undefined ? [] : [`audience:${audience}`]),
  ].sort();
  return {
    key: JSON.stringify([provider, isDeclared ? declared.name : null, request.label ?? null, ...whole]),
    accountKey: JSON.stringify([provider, request.label ?? null]),
    isDeclared,
    provider,
    scopes: whole,
    name: isDeclared ? declared.name : undefined,
    label: request.label,
    hint: request.hint,
    host: request.host,
  };
}

interface Found {
  readonly declared: DeclaredAccount | undefined;
  readonly provider: string;
}

function declaredFor(request: TokenRequest, { declared, issuers }: Accounts): Found | AgentFailure {
  const { account, provider } = request;
  if (provider !== undefined) {
    if (!providerShape.test(provider))
      return failure('This can’t be the ID of a provider.', 'Use an ID of oidc.providers.\n', 'usage');
    return { declared: undefined, provider };
  }
  // An issuer without TLS comes as the name of an account.
  const issuer = request.issuer ?? (account?.startsWith('http://') ? account : undefined);
  if (issuer !== undefined) {
    const isOf = (id: string): boolean => plainIssuer(issuers.get(id) ?? '') === plainIssuer(issuer);
    const one = declared.find(other => isOf(other.provider));
    const id = one?.provider ?? [...issuers.keys()].find(isOf);
    return id === undefined ? unknown(declared) : { declared: one, provider: id };
  }
  if (account !== undefined) {
    const one = declared.find(({ name }) => name === account);
    if (one) return { declared: one, provider: one.provider };
    return issuers.has(account) ? { declared: undefined, provider: account } : unknown(declared);
  }
  const { host } = request;
  const candidates = host === undefined ? declared : declared.filter(({ hosts }) => hosts.includes(host));
  const [only, ...others] = candidates;
  if (only && others.length === 0) return { declared: only, provider: only.provider };
  const names = candidates.map(({ name }) => name).join(', ');
  return only
    ? failure('Several accounts fit.', `Name one of them: ${names}\n`, 'usage')
    : failure(
        host === undefined ? 'No account is declared.' : `No account is declared for ${host}.`,
        'Add one to oidcTerminals.accounts in the settings, or name a provider with --provider.\n',
        'usage',
      );
}

const unknown = (declared: readonly DeclaredAccount[]): AgentFailure =>
  failure(unknownAccount, `Accounts: ${declared.map(({ name }) => name).join(', ') || 'none'}\n`, 'usage');

/** What the key of a target says, to show it. */
export function partsOfKey(key: string): {
  readonly provider: string;
  readonly name: string | undefined;
  readonly label: string | undefined;
  readonly scopes: readonly string[];
} {
  const [provider, name, label, ...scopes] = JSON.parse(key) as [
    string,
    string | null,
    string | null,
    ...string[],
  ];
  return { provider, name: name ?? undefined, label: label ?? undefined, scopes };
}
