import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import { inTimeOf } from '../client/assertionTime.ts';
import { prove, type Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { isJwt, payloadOf } from '../http/json.ts';
import { noteMediaType, readClaims } from '../http/jsonResponse.ts';
import { userClaimForms } from './idTokenForms.ts';
import { verifySignature } from './keys.ts';
import { checkSuccess } from '../http/oauthError.ts';
import { clockFor, clockOffset } from '../http/serverTime.ts';
import { textOf } from '../http/serverText.ts';

/** The members that are used whatever the settings are. */
export const userInfoForms = { ...userClaimForms, sub: 'text' } as const;

export type UserInfo = Readonly<Record<string, unknown>>;

/**
 * Requests the user's claims (OpenID Connect Core 1.0 section 5.3). A signed response must be signed by the server.
 *
 * @returns undefined if the server has no UserInfo endpoint.
 * @throws Failure `token-untrusted` if the response is about another user than `subject` or its signature is wrong,
 * `response-invalid`, or those of {@link tokenEndpointFailure} and the HTTP client.
 */
export async function requestUserInfo(
  connection: Connection,
  accessToken: Secret,
  subject: string,
): Promise<UserInfo | undefined> {
  const { client, metadata, server, oauthClient, options, httpContext } = connection;
  if (!metadata.userinfo_endpoint) return undefined;
  const { host } = new URL(metadata.userinfo_endpoint);
  const response = await prove(connection, metadata.userinfo_endpoint, () =>
    oauth.userInfoRequest(server, oauthClient, accessToken.reveal(), options),
  );
  await checkSuccess(response, host, 'token');
  const ahead = clockOffset(response, httpContext.clock);
  const note = httpContext.blemishes.at(client.issuer);
  const claims = await readClaims(response, host, { forms: userInfoForms, note }, payloadIfSigned);
  const untrusted = (reason: string): Failure =>
    new Failure('token-untrusted', { issuer: client.issuer, reason });
  const text = (await textOf(response)).trim();
  if (isJwt(text) || /^application\/jwt\b/i.test(response.headers.get('content-type') ?? '')) {
    await checkSigned(connection, text, clockFor(ahead, claims, httpContext.clock)).catch(
      (error: unknown) => {
        throw error instanceof Failure
          ? error
          : untrusted(l10n.t('the signed UserInfo response for it can’t be trusted'));
      },
    );
  } else noteMediaType(response, note);
  if (typeof claims['sub'] !== 'string')
    throw new Failure('response-invalid', { host, reason: l10n.t('it isn’t a valid UserInfo response') });
  if (claims['sub'] !== subject) {
    const reason = l10n.t('the UserInfo response names another user');
    throw new Failure('token-untrusted', { issuer: client.issuer, reason }, { otherPerson: true });
  }
  return claims;
}

/**
 * Checks a signed response, a JSON Web Token whatever its media type says. It must be for this client and from the
 * server.
 */
async function checkSigned(connection: Connection, text: string, ahead: number): Promise<void> {
  const { metadata, server, oauthClient } = connection;
  const signed = new Response(text, { headers: { 'content-type': 'application/jwt' } });
  await oauth.processUserInfoResponse(
    {
      ...server,
      // If the server doesn't declare a UserInfo signing algorithm, assume its ID token algorithm.
      userinfo_signing_alg_values_supported: [
        ...(metadata.userinfo_signing_alg_values_supported ??
          metadata.id_token_signing_alg_values_supported ?? ['RS256']),
      ],
    },
    inTimeOf(oauthClient, ahead),
    oauth.skipSubjectCheck,
    signed,
  );
  await verifySignature(connection, signed);
}

const payloadIfSigned = (text: string): string => (isJwt(text.trim()) ? payloadOf(text.trim()) : text);
