import type { Connection } from '../protocol/client.ts';
import { Failure } from '../protocol/failure.ts';
import { introspectToken } from '../protocol/introspection.ts';
import { revokeTokens } from '../protocol/revocation.ts';
import { readableText } from '../protocol/serverText.ts';
import type { Tokens } from '../protocol/tokens.ts';
import { requestUser } from '../protocol/userEndpoint.ts';
import { requestUserInfo } from '../protocol/userInfo.ts';
import type { Provider } from '../providers/definition.ts';
import type { Account, Grant } from '../sessions/grant.ts';
import { introspectionClaims, tokenClaims, without } from './identityClaims.ts';
import { identifyMachine, machineAccount, type MachineSignedIn } from './machineIdentity.ts';
import { claimAt, lackingClaim } from './requiredClaims.ts';

export interface SignedIn {
  readonly provider: Provider;
  readonly scopes: readonly string[];
  readonly requested: readonly string[];
  readonly tokens: Tokens;
  /** The redirect URI of the authorization request, if there was one. */
  readonly redirectUri?: string | undefined;
  /** Set if no person signed in, but the client by itself. */
  readonly machine?: MachineSignedIn | undefined;
}

/**
 * Makes a grant of the tokens of a finished sign-in: finds out whose they are, and whether they may be used.
 * Tokens of an account that may not sign in are given back.
 *
 * @throws Failure `token-untrusted`, `claims-lacking`, those of the http client.
 */
export async function newGrant(connection: Connection, signedIn: SignedIn): Promise<Grant> {
  const { provider, scopes, requested, tokens, redirectUri, machine } = signedIn;
  const { client, metadata } = connection;
  const { claims, expiresAt } = machine
    ? await identifyMachine(connection, provider, tokens)
    : await identify(connection, provider, tokens);
  const named = accountOf(provider, claims);
  const account = machine ? machineAccount(client.id, named, machine) : named;
  if (!account) {
    throw new Failure('token-untrusted', { issuer: client.issuer, reason: 'it does not say who signed in' });
  }
  const lacking = lackingClaim(provider, claims);
  if (lacking !== undefined) {
    await giveBack(connection, provider, tokens);
    throw new Failure('claims-lacking', { account: account.label, provider: provider.label, lacking });
  }
  return {
    id: crypto.randomUUID(),
    revision: 1,
    providerId: provider.id,
    binding: {
      issuer: client.issuer,
      clientId: client.id,
      tokenEndpoint: metadata.token_endpoint ?? '',
      ...(redirectUri !== undefined && provider.sendRedirectUriOnRefresh && { redirectUri }),
      ...(machine && { machine: machine.binding }),
    },
    account,
    claims,
    grantedScopes: tokens.grantedScopes ?? requested,
    sessions: [scopes],
    tokens: {
      serial: 1,
      accessToken: tokens.accessToken,
      receivedAt: tokens.receivedAt,
      expiresAt,
      refreshToken: tokens.refreshToken,
      idToken: tokens.idToken,
    },
    refreshSentAt: undefined,
    signInNeeded: undefined,
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** An id is text, or a whole number as many APIs have it. */
const idText = (value: unknown): string | undefined =>
  isText(value) ? value : Number.isSafeInteger(value) ? String(value) : undefined;

function accountOf(provider: Provider, claims: Readonly<Record<string, unknown>>): Account | undefined {
  const id = idText(claimAt(claims, provider.accountId ?? 'sub'));
  const label = provider.labelClaims
    .map(name => readableText(claimAt(claims, name)))
    .find(text => text !== undefined);
  if (id === undefined) return undefined;
  return { id, label: label ?? id };
}

type Claims = Record<string, unknown>;

interface Identity {
  readonly claims: Claims;
  readonly expiresAt: number | undefined;
}

/**
 * Who signed in. The ID token says it; UserInfo and introspection add to it as far as the provider is set to
 * ask them, and never replace what it says. A provider that is set to have no ID tokens is asked itself.
 */
async function identify(connection: Connection, provider: Provider, tokens: Tokens): Promise<Identity> {
  const { client } = connection;
  const idToken = tokens.idTokenClaims;
  if (!idToken && provider.accountId === undefined) {
    throw new Failure('token-untrusted', { issuer: client.issuer, reason: 'there is none in the answer' });
  }
  const first = idToken ? without(idToken, tokenClaims) : await requestUser(connection, tokens.accessToken);
  const subject = idToken?.sub;
  const named = provider.labelClaims.some(name => name !== 'sub' && isText(claimAt(first, name)));
  const { claimSources: sources } = provider;
  const wantsUserInfo = sources.includes('userinfo') || !named;
  const userInfo =
    subject !== undefined && wantsUserInfo
      ? await unlessPassing(connection, 'UserInfo', () =>
          requestUserInfo(connection, tokens.accessToken, subject),
        )
      : undefined;
  const introspection = sources.includes('introspection')
    ? await unlessPassing(connection, 'introspection', () =>
        introspectToken(connection, tokens.accessToken, subject),
      )
    : undefined;
  return {
    claims: {
      ...without(introspection?.claims ?? {}, introspectionClaims),
      ...userInfo,
      ...tokens.kept,
      ...first,
    },
    expiresAt: tokens.expiresAt ?? introspection?.expiresAt,
  };
}

/** Answers about somebody else are an attack; without an answer the account still is who the ID token says. */
async function unlessPassing<T>(
  { client, wire }: Connection,
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'token-untrusted') throw error;
    wire.log.warn(`${what} not available`, { issuer: client.issuer, failure: error.code });
    return undefined;
  }
}

/** What came of it changes nothing for the person: they are not signed in. */
async function giveBack(connection: Connection, provider: Provider, tokens: Tokens): Promise<void> {
  if (provider.revocation === 'none') return;
  const outcome = await revokeTokens(connection, tokens).catch(() => 'failed');
  connection.wire.log.info('tokens of a refused account given back', { provider: provider.id, outcome });
}
