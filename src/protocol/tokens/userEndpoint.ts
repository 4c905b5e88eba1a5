import * as l10n from '@vscode/l10n';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { standardAnswer } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { isObject, parseServerJson } from '../http/json.ts';
import { tokenEndpointFailure } from '../http/oauthError.ts';

/** The longest answer that is taken, in characters. */
const longestAnswer = 256 * 1024;

/**
 * Asks a provider without ID tokens who an access token belongs to. Unlike UserInfo there is no subject to
 * compare with: the answer is trusted because it came over TLS from the address in the settings.
 *
 * @throws Failure `method-unsupported` if no such endpoint is known, `response-invalid`, and those of
 * {@link tokenEndpointFailure} and the http client.
 */
export async function requestUser(
  connection: Connection,
  accessToken: Secret,
): Promise<Record<string, unknown>> {
  const { client, metadata, http } = connection;
  const address = metadata.userinfo_endpoint;
  if (!address) {
    const missing = l10n.t('an ID token, or an endpoint that says who signed in');
    throw new Failure('method-unsupported', { issuer: client.issuer, missing });
  }
  const { host } = new URL(address);
  const answer = await http(address, {
    headers: { accept: 'application/json', authorization: `Bearer ${accessToken.reveal()}` },
  });
  const { errorsWithStatus200 } = client.dialect ?? {};
  const response = await standardAnswer(answer, { errorsWithStatus200 });
  const refused = await tokenEndpointFailure(response, host);
  if (refused) throw refused;
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const text = await response.text();
  if (text.length > longestAnswer) throw invalid(l10n.t('it is too long to say who signed in'));
  const parsed = parseServerJson(text);
  if (parsed.kind !== 'json' || !isObject(parsed.value)) throw invalid(l10n.t('it is not a JSON object'));
  return { ...parsed.value };
}
