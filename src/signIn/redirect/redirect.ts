import type { Secret } from '../../platform/secret.ts';
import type { Metadata } from '../../protocol/metadata.ts';

/** A redirect URI that is ready to receive the response to one authorization request. */
export interface OpenRedirect {
  readonly redirectUri: string;
  readonly response: Promise<URLSearchParams>;
  /** Stops receiving. Called on every way out of a sign-in. */
  close(): void;
}

/** One way in which an authorization response comes back to the editor. */
export interface Redirect {
  /** @param path the path of the redirect URI, see {@link redirectPath}. */
  open(state: Secret, path: string): Promise<OpenRedirect>;
}

/**
 * The path of the redirect URI. A server that names itself in its responses (RFC 9207) can be told from any
 * other by that; every other issuer gets a path of its own, so that a response of one cannot be passed off as
 * that of another (RFC 9700 section 4.4.2.2).
 */
export function redirectPath(metadata: Metadata): string {
  if (metadata.authorization_response_iss_parameter_supported) return '/callback';
  const { host, pathname } = new URL(metadata.issuer);
  return `/callback/${host}${pathname.replace(/\/$/, '')}`;
}
