import * as oauth from 'oauth4webapi';
import { secondsNow, type Clock } from '../../../platform/clock.ts';
import type { Secret } from '../../../platform/secret.ts';
import { Failure, saying } from '../../failures/failure.ts';
import type { HttpClient } from '../../http/http.ts';
import { serverObjectOf } from '../../http/jsonResponse.ts';
import { demandsProof } from '../../http/oauthError.ts';
import { clockOffset } from '../../http/serverTime.ts';
import { errorCode, quoteServerText } from '../../http/serverText.ts';
import { importProofKey, type ProofKey } from './proofKey.ts';

/** What proves in requests that a sign-in's key is here (RFC 9449 section 4). */
export interface Proofs {
  /** Makes the proofs, and remembers the nonces of each server. */
  readonly handle: oauth.DPoPHandle;
  /** How far the clock of the proofs is ahead of ours, in seconds. */
  ahead: number;
  readonly keyPair: CryptoKeyPair;
}

/** For each key in memory, because nonces are valid for longer than one connection. */
const known = new WeakMap<Secret, Proofs>();

/** @throws Failure `proof-key-lost` if the key is damaged. Nothing was sent. */
export async function proofsWith(key: ProofKey, issuer: string, clock: Clock): Promise<Proofs> {
  const before = known.get(key.secret);
  if (before) return before;
  const keyPair = await importProofKey(key);
  if (!keyPair) throw new Failure('proof-key-lost', { host: new URL(issuer).host });
  const handle = oauth.DPoP({}, keyPair, {
    [oauth.modifyAssertion]: (_header, payload) => {
      payload['iat'] = secondsNow(clock) + proofs.ahead;
    },
  });
  const proofs: Proofs = { handle, ahead: 0, keyPair };
  known.set(key.secret, proofs);
  return proofs;
}

/**
 * Sends access tokens that aren't bound as bearer tokens. The proof stays: Keycloak fails without it where the refresh
 * token is bound.
 */
export const asBearer =
  (http: HttpClient): HttpClient =>
  (url, init) => {
    const { authorization, ...headers } = init.headers ?? {};
    if (!authorization?.startsWith('DPoP ')) return http(url, init);
    return http(url, {
      ...init,
      headers: { ...headers, authorization: authorization.replace(/^DPoP/, 'Bearer') },
    });
  };

/**
 * Sends a request that proves the key. Repeats it once with the nonce that the server demands (RFC 9449 sections 8 and
 * 9), and once by the server's clock if that differs from ours: a proof is valid for seconds. The server has looked at
 * nothing else in a request that it refuses so, and spent nothing.
 *
 * @param send makes a new proof each time.
 * @throws Failure `proof-refused` if the server refuses the proof nevertheless, or `grant-refused` if it says so of a
 * token.
 */
export async function withProof(
  proofs: Proofs | undefined,
  clock: Clock,
  host: string,
  send: () => Promise<Response>,
): Promise<Response> {
  let answer = await send();
  if (!proofs || answer.ok) return answer;
  const left = new Set<Repetition>(['nonce', 'clock']);
  for (;;) {
    // Each once, in either order: servers differ in what they look at first.
    const reason = await reasonToRepeat(proofs, clock, answer, left);
    if (reason === undefined) break;
    left.delete(reason);
    if (reason === 'clock') proofs.ahead = clockOffset(answer, clock) ?? 0;
    answer = await send();
  }
  if (answer.status >= 500 || !(await refusesProof(answer))) return answer;
  const { error_description: words } = (await serverObjectOf(answer)) ?? {};
  const error = (await errorIn(answer)) ?? `status ${answer.status}`;
  // Some servers say this of a token that is bound to another key.
  const details = { host, error, said: saying(quoteServerText(words)) };
  throw error === 'invalid_grant'
    ? new Failure('grant-refused', details, { oauthError: error })
    : new Failure('proof-refused', details, { oauthError: error });
}

type Repetition = 'nonce' | 'clock';

async function reasonToRepeat(
  proofs: Proofs,
  clock: Clock,
  answer: Response,
  left: ReadonlySet<Repetition>,
): Promise<Repetition | undefined> {
  const error = await errorIn(answer);
  if (left.has('nonce') && error === 'use_dpop_nonce' && answer.headers.has('dpop-nonce')) return 'nonce';
  if (!left.has('clock')) return undefined;
  const ahead = clockOffset(answer, clock);
  const isTimely = ahead === undefined || ahead === proofs.ahead || error === 'invalid_grant';
  return !isTimely && (await refusesProof(answer)) ? 'clock' : undefined;
}

/** Returns the error code of a refusal, from its body or its challenge (RFC 9449 section 7.1). */
async function errorIn(answer: Response): Promise<string | undefined> {
  const challenge = answer.headers.get('www-authenticate') ?? '';
  const challenged = ['use_dpop_nonce', 'invalid_dpop_proof'].find(name => challenge.includes(name));
  return errorCode((await serverObjectOf(answer))?.['error']) ?? challenged;
}

async function refusesProof(answer: Response): Promise<boolean> {
  if (answer.ok) return false;
  const { error_description: words } = (await serverObjectOf(answer)) ?? {};
  return demandsProof((await errorIn(answer)) ?? '', typeof words === 'string' ? words : '');
}
