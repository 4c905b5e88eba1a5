/** The algorithms that a client's own key may have (RFC 7518 section 3.1, RFC 9864). */
export const clientKeyAlgorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519'] as const;
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number];
