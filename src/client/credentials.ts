import type * as vscode from 'vscode';
import { errorOf } from './challenge.ts';
import { answerTo, describeSession, isRenewed, proveSession, type ExpiringSession } from './sessionInfo.ts';

/** The session of a request. A token can be refreshed just before the proof for it is made. */
export interface Holder {
  session: vscode.AuthenticationSession;
  /** Asks the editor for the session again. */
  readonly again: () => Promise<vscode.AuthenticationSession>;
}

/** The headers that show a token, and for a bound one that its key is here (RFC 9449 section 7.1). */
export interface Credentials {
  readonly authorization: string;
  readonly dpop?: string;
}

const mostKnown = 100;

/** Whether a token is bound to a key, where the session itself doesn't say. */
const bound = new Map<string, Promise<boolean>>();

/**
 * True if the session's token is of no use without a proof.
 *
 * @throws the error of {@link isRenewed} if the session doesn't say, and its token isn't the current one.
 */
export async function isBound(session: ExpiringSession): Promise<boolean> {
  // An editor that passes on what it doesn't know, and the usual case.
  if (session.tokenType === 'DPoP') return true;
  if (session.expiresAt !== undefined) return false;
  const known = bound.get(session.accessToken);
  if (known !== undefined) return known;
  const found = describeSession(session).then(
    info => info?.tokenType === 'DPoP',
    (error: unknown) => {
      bound.delete(session.accessToken);
      if (isRenewed(error)) throw error;
      return false;
    },
  );
  remember(bound, session.accessToken, found);
  return found;
}

/** The latest nonce of each server (RFC 9449 section 8.2). */
const nonces = new Map<string, string>();

/** RFC 9449 section 8.1. */
const noncePattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,2000}$/;

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  known.set(key, value);
  for (const oldest of known.keys()) {
    if (known.size <= mostKnown) break;
    known.delete(oldest);
  }
}

/**
 * The credentials for one request. Each has a proof of its own.
 *
 * @param method as it is sent.
 * @param url by http, also for a WebSocket.
 * @throws Error if the key can't be proved, see `OidcAuthenticationApi.proof`. A bound token is never sent without.
 */
export async function credentialsFor(holder: Holder, method: string, url: URL): Promise<Credentials> {
  const credentials = async ({ session }: Holder): Promise<Credentials> => {
    if (!(await isBound(session))) return { authorization: `Bearer ${session.accessToken}` };
    const dpop = await proveSession(session, { method, url, nonce: nonces.get(url.origin) });
    if (dpop === undefined)
      throw new Error('The access token is bound to a key (DPoP), and there is no proof of it.');
    return { authorization: `DPoP ${session.accessToken}`, dpop };
  };
  try {
    return await credentials(holder);
  } catch (error) {
    if (!isRenewed(error)) throw error;
    holder.session = await holder.again();
    return credentials(holder);
  }
}

/**
 * Remembers the nonce that a server sends for the next proofs. Some demand it with 400 in place of 401.
 *
 * @returns true if this request was refused for the lack of it, and can be sent again with it.
 */
export async function takesNonce(response: Response, { origin }: URL): Promise<boolean> {
  const nonce = response.headers.get('dpop-nonce') ?? '';
  if (!noncePattern.test(nonce)) return false;
  remember(nonces, origin, nonce);
  if (![400, 401].includes(response.status)) return false;
  const error = errorOf(response.headers.get('www-authenticate') ?? undefined);
  return (error ?? (await errorInBody(response))) === 'use_dpop_nonce';
}

/** The longest body, in bytes, that is read for its error. */
const longestBody = 10_000;

/** The error of a short JSON body, which the caller can still read. */
async function errorInBody(response: Response): Promise<unknown> {
  if (!/\bjson\b/i.test(response.headers.get('content-type') ?? '')) return undefined;
  const reader = response.clone().body?.getReader();
  const decoder = new TextDecoder();
  const read = async (): Promise<unknown> => {
    let text = '';
    for (let length = 0; length <= longestBody;) {
      const piece = await reader?.read();
      if (!piece || piece.done) return (JSON.parse(text) as { error?: unknown } | null)?.error;
      length += piece.value.length;
      text += decoder.decode(piece.value, { stream: true });
    }
    void reader?.cancel();
    return undefined;
  };
  return (await answerTo(read))?.answer;
}
