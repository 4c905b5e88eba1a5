const longestChallenge = 16_384;
const mostScopes = 100;
/** A scope that an authorization server can know (RFC 6749 section 3.3), of a length that one has. */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;

/** Errors of a proof (RFC 9449 section 7.1). Another token doesn't help. */
const proofErrors: readonly unknown[] = ['use_dpop_nonce', 'invalid_dpop_proof'];

/** The challenge to pass on. Undefined: the server wants something other than a token, or refuses the proof with it. */
export function challengeOf({ status, headers }: Response): string | undefined {
  const header = headers.get('www-authenticate') ?? '';
  if (header.length > longestChallenge) return undefined;
  if (proofErrors.includes(errorOf(header))) return undefined;
  if (isForBearer(header) || isForDpop(header)) return header;
  // Some servers only say no. Such a 403 is about the user, not about the token.
  const namesScheme = /^\s*[\w-]+(\s|$)/.test(header);
  return status === 401 && !namesScheme ? 'Bearer' : undefined;
}

const isForBearer = (header: string): boolean => /(^|,)\s*bearer(\s|,|$)/i.test(header);
const isForDpop = (header: string): boolean => /(^|,)\s*dpop(\s|,|$)/i.test(header);

/** True for a server that takes only tokens that are bound to a key (RFC 9449 section 7.1). */
export const isForBound = (challenge: string): boolean => isForDpop(challenge) && !isForBearer(challenge);

/** The error that a challenge names. Undefined: it names none, or not with the characters of an error code. */
export const errorOf = (challenge: string | undefined): string | undefined =>
  /\berror="?([a-z_]{1,60})(?![\w-])/.exec(challenge ?? '')?.[1];

/** The scopes that a challenge asks for. What is no scope is left out: a server must not write our requests. */
export function scopesOf(challenge: string): readonly string[] {
  const words = /\bscope="?([^",]*)/i.exec(challenge)?.[1]?.split(' ') ?? [];
  return words.filter(word => scopeToken.test(word)).slice(0, mostScopes);
}
