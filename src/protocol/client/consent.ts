declare const given: unique symbol;

/** The user's yes to a sign-in at an issuer, wherever its server leads. Only signIn/trust.ts makes one. */
export interface Consent {
  readonly issuer: string;
  readonly [given]: true;
}

const consents = new WeakSet<object>();

export function consentTo(issuer: string): Consent {
  const consent = { issuer } as Consent;
  consents.add(consent);
  return consent;
}

/** True for what {@link consentTo} has made, and for nothing that looks the same. */
export const isConsent = (agreement: object): agreement is Consent => consents.has(agreement);
