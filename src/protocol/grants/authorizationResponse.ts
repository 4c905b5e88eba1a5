import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { AuthorizationRequest } from './authorizationRequest.ts';
import type { Connection } from '../client/client.ts';
import { Failure, saying } from '../failures/failure.ts';
import { demandsProof } from '../http/oauthError.ts';
import { errorCode, longWords, quoteServerText } from '../http/serverText.ts';
import { isIssuerTemplate } from '../server/serverSource.ts';
import { isFromIssuer } from '../server/tenantIssuer.ts';

/** Response parameters that safety depends on. Each can occur only once (RFC 6749 section 3.1). */
const single = ['code', 'state', 'iss'] as const;

/**
 * Checks an authorization response (RFC 6749 section 4.1.2, RFC 9207) before using it in a request. The caller has
 * already found the pending request by the response's `state`.
 *
 * @returns the parameters in the form that the code exchange requires.
 * @throws Failure `response-foreign` if `iss` isn't the server asked, or is missing although announced,
 * `response-invalid` if a parameter is repeated or there is neither code nor error, or one of `access-denied`,
 * `login-needed`, `authorization-refused`, `server-failed` for an error response.
 */
export function checkAuthorizationResponse(
  connection: Connection,
  request: AuthorizationRequest,
  parameters: URLSearchParams,
): URLSearchParams {
  const { client, metadata, server, oauthClient } = connection;
  const { host } = new URL(client.issuer);
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });

  const repeated = single.find(name => parameters.getAll(name).length > 1);
  if (repeated !== undefined) throw invalid(l10n.t('"{0}" occurs more than once', repeated));

  // The sender is checked first, on error responses too: mix-up attacks (RFC 9700 section 4.4). Any server can send a
  // response to the redirect URIs of a document, so there it is required, whatever the metadata says by now.
  const iss = parameters.get('iss');
  if (
    iss !== null
      ? !isFromIssuer(metadata.issuer, iss, client.policy.allowedTenants)
      : client.isDocument === true || metadata.authorization_response_iss_parameter_supported === true
  ) {
    const found =
      iss === null
        ? l10n.t('a server that didn’t identify itself')
        : (quoteServerText(iss) ?? l10n.t('an unnamed server'));
    throw new Failure('response-foreign', { found, expected: client.issuer });
  }

  // An empty error is none.
  if (parameters.getAll('error').some(error => error.trim() !== ''))
    throw authorizationError(connection, parameters);
  const code = parameters.get('code');
  if (!code) throw invalid(l10n.t('it contains neither a code nor an error'));
  // RFC 6749 appendix A.11.
  if (!/^[\x20-\x7E]+$/.test(code)) throw invalid(l10n.t('its code is malformed'));

  try {
    // The library doesn't support templates. The sender was checked above.
    const checked = new URLSearchParams(parameters);
    checked.delete('error');
    if (isIssuerTemplate(metadata.issuer)) checked.delete('iss');
    return oauth.validateAuthResponse(server, oauthClient, checked, request.state.reveal());
  } catch {
    // All that can be said without repeating the response, which holds the code.
    throw invalid(l10n.t('it isn’t a valid authorization response'));
  }
}

function authorizationError(
  { client: { issuer, dialect }, proofs, httpContext }: Connection,
  parameters: URLSearchParams,
): Failure {
  const written = parameters.getAll('error').find(value => value.trim() !== '');
  const error = errorCode(written) ?? quoteServerText(written) ?? l10n.t('an unreadable error');
  const [theirs] =
    Object.entries(dialect?.names ?? {}).find(([, standard]) => standard === 'error_description') ?? [];
  const description = parameters.get('error_description') ?? parameters.get(theirs ?? 'error_description');
  const words = description?.replaceAll('+', ' ');
  const said = saying(quoteServerText(words));
  const whole = longWords(words);
  if (whole !== undefined) httpContext.log.warn('refused in many words', { issuer, words: whole });
  if (demandsProof(error, said)) {
    const { host } = new URL(issuer);
    return proofs
      ? new Failure('proof-refused', { host, error, said }, { oauthError: error })
      : new Failure('proof-demanded', { host, said }, { oauthError: error });
  }
  switch (error) {
    case 'access_denied':
      return new Failure('access-denied', { issuer, said }, { oauthError: error });
    case 'login_required':
    case 'interaction_required':
    case 'consent_required':
    case 'account_selection_required':
      return new Failure('login-needed', { issuer, error, said }, { oauthError: error });
    case 'server_error':
    case 'temporarily_unavailable':
      if (/different scope|grant exists/i.test(words ?? ''))
        return new Failure('scopes-differ', { issuer, said }, { oauthError: error });
      // With words it is about this request, and stays so.
      if (said === '') return new Failure('server-failed', { host: new URL(issuer).host, status: error });
  }
  return new Failure('authorization-refused', { issuer, error, said }, { oauthError: error });
}
