/**
 * Lists the grant types of services. In a separate file because the settings schema needs the names and must not load
 * the token requests, see docs/decisions/0024.
 */
export const serviceGrantTypes = {
  /** RFC 6749 section 4.4. */
  'client-credentials': 'client_credentials',
  /** Qlik Cloud's own. */
  impersonation: 'urn:qlik:oauth:user-impersonation',
  /** RFC 8693 section 2.1. */
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
  /** RFC 7523 section 2.1. The assertion comes from a token exchange with the other provider. */
  'identity-assertion': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;
