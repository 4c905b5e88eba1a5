/** Claims about the token rather than the user. They aren't kept with the grant. */
export const tokenClaims = new Set([
  'iss',
  'aud',
  'azp',
  'exp',
  'iat',
  'nbf',
  'jti',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'sid',
]);

/** What introspection says about the token (RFC 7662 section 2.2). It isn't needed later. */
export const introspectionClaims = new Set([
  ...tokenClaims,
  'active',
  'client_id',
  'token_type',
  'scope',
  'cnf',
]);

export const without = (claims: object, names: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.has(name)));
