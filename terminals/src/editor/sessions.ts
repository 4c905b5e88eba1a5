import * as vscode from 'vscode';
import {
  describeSession,
  proveSession,
  requireSession,
  SignInDeclined,
  type ExpiringSession,
} from '../../../src/client/index.ts';
import { unaimed } from '../../../src/client/resource.ts';
import { answerRefusal, refusalOf, tokenRefused } from '../../../src/client/refusal.ts';
import { secondsNow, type Clock } from '../../../src/platform/clock.ts';
import type { TokenRequest } from '../agent/requests.ts';
import type { Target } from '../consent/accounts.ts';

type Session = vscode.AuthenticationSession;

/** A token to hand out, and what clients of oidc-agent want to know about it. */
export interface HandedToken {
  readonly accessToken: string;
  /** The label of the account that it is for. */
  readonly account: string;
  /** Undefined where no one knows: the editor has another extension's provider, and the token is no JWT. */
  readonly issuer: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
  /** True: it is bound to a key (DPoP), and each request needs a proof. */
  readonly isBound: boolean;
  /** For the request that was named. Undefined: none was, or the token is a bearer token. */
  readonly proof: string | undefined;
}

async function accountOf({ provider, label }: Target): Promise<{
  account?: vscode.AuthenticationSessionAccountInformation;
}> {
  if (label === undefined) return {};
  const accounts = await vscode.authentication.getAccounts(provider);
  const account = accounts.find(one => one.label === label);
  return account ? { account } : {};
}

/** The session that the editor gives without asking anyone. */
export async function silentSession(target: Target): Promise<Session | undefined> {
  const { provider, scopes, label } = target;
  const chosen = await accountOf(target);
  if (label !== undefined && !chosen.account) return undefined;
  return vscode.authentication.getSession(provider, scopes, { ...chosen, silent: true });
}

/**
 * Asks the user for the editor's own consent, and to sign in if necessary.
 *
 * @returns undefined if they decline.
 * @throws Error if the sign-in fails.
 */
export async function visibleSession(target: Target, detail: string): Promise<Session | undefined> {
  const { provider, scopes } = target;
  try {
    return await requireSession(provider, scopes, { ...(await accountOf(target)), detail, askAgain: true });
  } catch (error) {
    if (error instanceof SignInDeclined) return undefined;
    throw error;
  }
}

/**
 * The token of a session, and a new one if it ends too soon.
 *
 * @param request what has to be true of it. A negative `minValid` asks for a new token.
 * @throws Error as `proveSession`.
 */
export async function tokenOf(
  { provider, scopes }: Target,
  session: Session,
  { minValid, proof }: Pick<TokenRequest, 'minValid' | 'proof'>,
  clock: Clock,
): Promise<HandedToken> {
  const current = await lasting({ provider, scopes }, session, minValid, clock);
  const handed = await described(current);
  return proof && handed.isBound ? { ...handed, proof: await proveSession(current, proof) } : handed;
}

async function lasting(
  { provider, scopes }: Pick<Target, 'provider' | 'scopes'>,
  session: Session,
  minValid: number,
  clock: Clock,
): Promise<Session> {
  const found = await described(session);
  const left = found.expiresAt === undefined ? Infinity : found.expiresAt - secondsNow(clock);
  if (minValid >= 0 && left >= minValid) return session;
  const options = { account: session.account, signIn: 'never' } as const;
  const renewed = await answerRefusal(provider, unaimed(scopes), options, session, refusalOf(tokenRefused));
  return renewed ?? session;
}

async function described(session: ExpiringSession): Promise<HandedToken> {
  const { accessToken, account, tokenType } = session;
  // Renewed in between: the editor's next response has the new one.
  const info = await describeSession(session).catch(() => undefined);
  const claims = claimsIn(accessToken);
  return {
    accessToken,
    account: account.label,
    issuer: info?.provider.issuer ?? claims.iss,
    expiresAt: info?.expiresAt ?? claims.exp,
    isBound: (info?.tokenType ?? tokenType) === 'DPoP',
    proof: undefined,
  };
}

/** What a JWT says about itself. It is for the API to check. Here it only helps to know when to ask again. */
function claimsIn(token: string): { iss?: string; exp?: number } {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return {};
  try {
    const { iss, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    return { ...(typeof iss === 'string' && { iss }), ...(typeof exp === 'number' && { exp }) };
  } catch {
    return {};
  }
}
