import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { readClaims } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';
import { clockOffset } from '../http/serverTime.ts';

export interface Introspection {
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the token ends, in seconds since the epoch by our clock, if the server says it. */
  readonly expiresAt: number | undefined;
}

/** The properties of a response (RFC 7662 section 2.2) that are used here. */
export const introspectionForms = { active: 'flag', sub: 'text', exp: 'number', scope: 'words' } as const;

/** The latest time that a `Date` can tell, in seconds since the epoch. */
const latestTime = 8.64e12;

/**
 * Introspects an access token at the server (RFC 7662).
 *
 * @returns undefined if the server has no introspection endpoint.
 * @throws Failure `token-untrusted` if the token isn't active or belongs to another user than `subject`,
 * `response-invalid`, or those of {@link tokenEndpointFailure} and the HTTP client.
 */
export async function introspectToken(
  connection: Connection,
  accessToken: Secret,
  subject: string | undefined,
): Promise<Introspection | undefined> {
  const { client, metadata, server, oauthClient, authenticate, options, httpContext } = connection;
  if (!metadata.introspection_endpoint) return undefined;
  const { host } = new URL(metadata.introspection_endpoint);
  const response = await oauth.introspectionRequest(server, oauthClient, authenticate, accessToken.reveal(), {
    ...options,
    additionalParameters: { token_type_hint: 'access_token' },
  });
  const ahead = clockOffset(response, httpContext.clock) ?? 0;
  await checkSuccess(response, host);
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const untrusted = (reason: string): Failure =>
    new Failure('token-untrusted', { issuer: client.issuer, reason });
  const note = httpContext.blemishes.at(client.issuer);
  const claims = await readClaims(response, host, { forms: introspectionForms, note });
  if (claims['active'] === false)
    throw untrusted(l10n.t('the server says that the access token isn’t valid'));
  // RFC 7662 section 2.2: without this member nothing is said of the token.
  if (claims['active'] !== true) throw invalid(l10n.t('it doesn’t say whether the token is "active"'));
  const { sub, exp } = claims;
  if (subject !== undefined && sub !== undefined && sub !== subject) {
    const reason = l10n.t('the introspection response names another user');
    throw new Failure('token-untrusted', { issuer: client.issuer, reason }, { otherPerson: true });
  }
  const isTime = typeof exp === 'number' && exp > 0 && exp <= latestTime;
  return { claims, expiresAt: isTime ? Math.floor(exp) - ahead : undefined };
}
