/**
 * The tokens that are bound to a key (RFC 9449), by the `dpop` setting: all of them, or only the refresh token, and access
 * tokens remain bearer tokens. In a separate file because the settings schema needs the names and must not load `jose`,
 * see docs/decisions/0024.
 */
export const proofBindings = ['refresh-token', 'required'] as const;
export type ProofBinding = (typeof proofBindings)[number];
