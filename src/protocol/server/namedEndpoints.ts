import type { NamedEndpoints, ServerSource } from './serverSource.ts';

const members = {
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  keys: 'jwks_uri',
  userInfo: 'userinfo_endpoint',
  deviceAuthorization: 'device_authorization_endpoint',
  revocation: 'revocation_endpoint',
  introspection: 'introspection_endpoint',
  endSession: 'end_session_endpoint',
} as const satisfies Record<keyof NamedEndpoints, string>;

/** The endpoints of the settings under the names of metadata (RFC 8414 section 2). */
export const endpointMembers = (endpoints: NamedEndpoints = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, member]) => {
      const address = endpoints[name as keyof NamedEndpoints];
      return address === undefined ? [] : [[member, address]];
    }),
  );

/** Part of a server's cache key: the same issuer from another source is another entry. */
export const sourceKey = (source: ServerSource): string =>
  JSON.stringify([
    source.allowLoopbackHttp,
    source.metadataUrl,
    source.discovery !== false,
    source.endpoints && endpointMembers(source.endpoints),
  ]);
