import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import * as v from 'valibot';
import { prove, type Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { jsonAnswer } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';

export const pushed = {
  forms: { request_uri: 'text' },
  schema: v.object({ request_uri: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2000)) }),
} as const;

/**
 * Sends the parameters of an authorization request to the server before the browser opens (RFC 9126). This reports
 * errors in them here rather than on an error page.
 *
 * @returns the `request_uri` to open instead of the parameters, or undefined if the server has no such endpoint, or
 * has one that fails or can't know the client yet, and isn't required.
 * @throws Failure `redirect-refused`, `client-refused`, `request-refused`, `proof-refused`, and passing ones only if the server
 * requires pushed requests.
 */
export async function pushAuthorizationRequest(
  connection: Connection,
  parameters: URLSearchParams,
): Promise<string | undefined> {
  const { client, metadata, server, oauthClient, authenticate, options, httpContext } = connection;
  const required = metadata.require_pushed_authorization_requests === true;
  const endpoint = metadata.pushed_authorization_request_endpoint;
  // Servers read a document when the browser arrives. Before that, Keycloak doesn't know such a client.
  if (client.isDocument && !required) return undefined;
  if (!endpoint) {
    if (!required) return undefined;
    const missing = l10n.t('the endpoint for pushed authorization requests, which it requires');
    throw new Failure('method-unsupported', { issuer: metadata.issuer, missing });
  }
  const { host } = new URL(endpoint);
  try {
    const response = await prove(connection, endpoint, () =>
      oauth.pushedAuthorizationRequest(server, oauthClient, authenticate, parameters, options),
    );
    await checkSuccess(response, host);
    return (await jsonAnswer(response, host, pushed, httpContext.blemishes.at(client.issuer))).request_uri;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const redirectUri = parameters.get('redirect_uri');
    const { said = '' } = error.details;
    // RFC 9126 section 2.3 defines no code for it, so the description has to reveal it.
    const aboutRedirect = /redirect.?uri/i.test(`${error.details['error']} ${said}`);
    if (aboutRedirect && redirectUri) throw new Failure('redirect-refused', { host, redirectUri, said });
    const unusable =
      error.passing || ['response-invalid', 'redirected', 'grant-refused'].includes(error.code);
    if (required || !unusable) throw error;
    httpContext.log.warn('pushed authorization request not possible, going without', {
      issuer: metadata.issuer,
      failure: error.code,
    });
    return undefined;
  }
}
