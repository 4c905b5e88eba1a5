import { shown } from '../../../src/platform/shown.ts';
import { secret } from '../../../src/platform/secret.ts';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../../src/providers/entries/definition.ts';
import { fateOf } from '../../../src/sessions/grant/fate.ts';
import { blank } from '../../../src/sessions/grant/memory.ts';
import { termsOf } from '../../../src/providers/entries/terms.ts';
import type { CurrentTokens, Grant } from '../../../src/sessions/grant/grant.ts';

/** A moment to start tests at: 2030-01-01, in seconds since the epoch. */
export const start = 1_893_456_000;

export const someProvider: Provider = providerOf({
  label: 'Company',
  issuer: 'https://login.example.com',
  clientId: 'editor',
});

/** A provider with other fields, and the terms that follow from them. */
export function changedProvider(changes: Partial<Provider>, before: Provider = someProvider): Provider {
  const fields = { ...before, ...changes };
  return { ...fields, terms: termsOf(fields) };
}

function providerOf(definition: ProviderDefinition): Provider {
  const parsed = parseDefinition('oidc', definition);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.provider;
}

export const someTokens = (serial = 1, changes: Partial<CurrentTokens> = {}): CurrentTokens => ({
  serial,
  accessToken: secret(`access-${serial}`),
  receivedAt: start,
  expiresAt: start + 3600,
  refreshToken: secret(`refresh-${serial}`),
  idToken: undefined,
  ...changes,
});

export const someGrant = (changes: Partial<Grant> = {}): Grant => ({
  id: 'grant-0001',
  revision: 1,
  providerId: 'oidc',
  binding: {
    issuer: 'https://login.example.com',
    clientId: 'editor',
    tokenEndpoint: 'https://login.example.com/token',
  },
  account: { id: 'sub-alice', label: shown('alice') },
  claims: { email: 'alice@example.com', groups: ['developers'] },
  grantedScopes: ['openid', 'profile', 'email', 'offline_access'],
  sessions: [['openid', 'profile']],
  target: [],
  resources: [],
  tokens: someTokens(),
  derived: [],
  registeredClient: undefined,
  refreshSentAt: undefined,
  signInNeeded: undefined,
  ...changes,
});

/** How long after they came tokens of an hour are refreshed by themselves, in seconds. */
export const dueAfter = (serial = 1): number =>
  (fateOf(someGrant({ tokens: someTokens(serial) }), someProvider, blank, start).nextAt ?? NaN) - start;
