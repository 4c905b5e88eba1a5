import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import { prove, type Connection } from '../client/client.ts';
import { standardAnswer } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { readClaims } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';

/**
 * Asks a provider without ID tokens who an access token belongs to. Unlike UserInfo, there is no subject to compare:
 * the response is trusted because it came over TLS from the URL in the settings.
 *
 * @throws Failure `method-unsupported` if no such endpoint is known, `response-invalid`, or those of {@link
 * tokenEndpointFailure} and the HTTP client.
 */
export async function requestUser(
  connection: Connection,
  accessToken: Secret,
): Promise<Readonly<Record<string, unknown>>> {
  const { client, metadata, http, server, oauthClient, options, httpContext } = connection;
  const address = metadata.userinfo_endpoint;
  if (!address) {
    const missing = l10n.t('an ID token, or an endpoint that identifies the user');
    throw new Failure('method-unsupported', { issuer: client.issuer, missing });
  }
  const { host } = new URL(address);
  const token = accessToken.reveal();
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
  const answer = connection.proofs
    ? await prove(connection, address, () => oauth.userInfoRequest(server, oauthClient, token, options))
    : await http(address, { headers });
  const { errorsWithStatus200 } = client.dialect ?? {};
  const response = await standardAnswer(answer, { errorsWithStatus200 });
  await checkSuccess(response, host, 'token');
  return readClaims(response, host, { note: httpContext.blemishes.at(client.issuer) });
}
