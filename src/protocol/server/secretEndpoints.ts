import type { Metadata } from './metadata.ts';

/** The endpoints that get something secret: a token, a code, or what the client proves itself with. */
export const secretEndpoints = [
  'token_endpoint',
  'userinfo_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'end_session_endpoint',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'registration_endpoint',
] as const satisfies readonly (keyof Metadata)[];

export type SecretEndpoint = (typeof secretEndpoints)[number];

/** Where secrets are allowed to go, by endpoint. */
export type AgreedEndpoints = Readonly<Partial<Record<SecretEndpoint, string | undefined>>>;

export const endpointsOf = (metadata: Metadata): AgreedEndpoints =>
  Object.fromEntries(
    secretEndpoints.flatMap(name => (metadata[name] === undefined ? [] : [[name, metadata[name]]])),
  );
