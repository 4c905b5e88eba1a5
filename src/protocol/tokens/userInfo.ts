import * as l10n from '@vscode/l10n';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import { inTimeOf } from '../client/assertionTime.ts';
import type { Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { payloadOf } from '../http/json.ts';
import { readClaims } from '../http/jsonResponse.ts';
import { verifySignature } from './keys.ts';
import { checkSuccess } from '../http/oauthError.ts';
import { clockFor, clockOffset } from '../http/serverTime.ts';

export type UserInfo = Readonly<Record<string, unknown>>;

/**
 * Asks who the person is (OpenID Connect Core 1.0 section 5.3). A signed answer must be signed by the server.
 *
 * @returns undefined if the server has no UserInfo endpoint.
 * @throws Failure `token-untrusted` if the answer is about somebody else than `subject` or its signature is
 * wrong, `response-invalid`, and those of {@link tokenEndpointFailure} and the http client.
 */
export async function requestUserInfo(
  connection: Connection,
  accessToken: Secret,
  subject: string,
): Promise<UserInfo | undefined> {
  const { client, metadata, server, oauthClient, options, httpContext } = connection;
  if (!metadata.userinfo_endpoint) return undefined;
  const { host } = new URL(metadata.userinfo_endpoint);
  const response = await oauth.userInfoRequest(server, oauthClient, accessToken.reveal(), options);
  await checkSuccess(response, host, 'token');
  const read = await readClaims(response, host, payloadIfSigned);
  const ahead = clockFor(clockOffset(response, httpContext.clock), read, httpContext.clock);
  const isSigned = (response.headers.get('content-type') ?? '').split(';')[0] === 'application/jwt';
  const untrusted = (reason: string): Failure =>
    new Failure('token-untrusted', { issuer: client.issuer, reason });
  let claims: oauth.UserInfoResponse;
  try {
    claims = await oauth.processUserInfoResponse(
      {
        ...server,
        // A server that signs its answers without saying how does as with its ID tokens.
        userinfo_signing_alg_values_supported: [
          ...(metadata.userinfo_signing_alg_values_supported ??
            metadata.id_token_signing_alg_values_supported ?? ['RS256']),
        ],
      },
      inTimeOf(oauthClient, ahead),
      oauth.skipSubjectCheck,
      response,
    );
    if (isSigned) await verifySignature(connection, response);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (isSigned) throw untrusted(l10n.t('the signed UserInfo that goes with it cannot be trusted'));
    throw new Failure('response-invalid', { host, reason: l10n.t('it is not a valid UserInfo response') });
  }
  if (claims.sub !== subject) throw untrusted(l10n.t('UserInfo names another person'));
  return claims;
}

/** A signed answer is a JSON Web Token. */
const payloadIfSigned = (text: string): string =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) ? payloadOf(text) : text;
