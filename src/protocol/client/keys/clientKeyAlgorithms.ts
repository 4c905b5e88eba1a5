/**
 * Lists the algorithms that a client's own key can have (RFC 7518 section 3.1, RFC 9864). In a separate file because
 * the settings schema needs the names and must not load `jose`, see docs/decisions/0024.
 */
export const clientKeyAlgorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519'] as const;
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number];
