const longestChallenge = 16_384;
const mostScopes = 100;
/** A scope that an authorization server can know (RFC 6749 section 3.3), of a length that one has. */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;

/** The challenge to pass on. Undefined: the server wants something other than a bearer token. */
export function challengeOf({ status, headers }: Response): string | undefined {
  const header = headers.get('www-authenticate') ?? '';
  if (header.length > longestChallenge) return undefined;
  if (/(^|,)\s*bearer(\s|,|$)/i.test(header)) return header;
  // Some servers only say no. Such a 403 is about the user, not about the token.
  const namesScheme = /^\s*[\w-]+(\s|$)/.test(header);
  return status === 401 && !namesScheme ? 'Bearer' : undefined;
}

/** The error that a challenge names. Undefined: it names none, or not with the characters of an error code. */
export const errorOf = (challenge: string | undefined): string | undefined =>
  /\berror="?([a-z_]{1,60})(?![\w-])/.exec(challenge ?? '')?.[1];

/** The scopes that a challenge asks for. What is no scope is left out: a server must not write our requests. */
export function scopesOf(challenge: string): readonly string[] {
  const words = /\bscope="?([^",]*)/i.exec(challenge)?.[1]?.split(' ') ?? [];
  return words.filter(word => scopeToken.test(word)).slice(0, mostScopes);
}
