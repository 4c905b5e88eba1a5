import { l10n } from '../../platform/shown.ts';
import { showsCertificate } from '../../protocol/client/clientAuthentication.ts';
import { isObject, parseServerObject } from '../../protocol/http/json.ts';
import { metadataWarnings, otherHosts, type Metadata } from '../../protocol/server/metadata.ts';
import { unmetBy } from '../../protocol/client/securityProfile.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { fail, failed, info, pass, warn, type Finding } from './report.ts';

/** What the document says about itself. */
export function metadataFindings(
  { issuer }: Provider,
  metadata: Metadata,
  at: string,
): (Finding | undefined)[] {
  const elsewhere = otherHosts(issuer, metadata);
  return [
    pass(l10n.t('Document'), at),
    metadata.issuer === issuer
      ? pass(l10n.t('Issuer'), l10n.t('matches the settings exactly'))
      : warn(l10n.t('Issuer'), l10n.t('{0}, which the template in the settings allows', metadata.issuer)),
    elsewhere === ''
      ? undefined
      : info(l10n.t('Other hosts'), l10n.t('it names endpoints at {0}', elsewhere)),
    ...metadataWarnings(metadata).map(text => warn(l10n.t('Metadata warning'), text)),
  ];
}

export async function offers(
  httpContext: HttpContext,
  provider: Provider,
  metadata: Metadata,
): Promise<(Finding | undefined)[]> {
  const listed = (names: readonly string[] | undefined): string =>
    names?.join(', ') ?? l10n.t('not listed in the metadata');
  const has = (what: string, endpoint: string | undefined, without: string): Finding =>
    endpoint === undefined ? info(what, l10n.t('no ({0})', without)) : pass(what, l10n.t('yes'));
  const challenges = metadata.code_challenge_methods_supported;
  return [
    metadata.token_endpoint
      ? pass(l10n.t('Token endpoint'), new URL(metadata.token_endpoint).host)
      : fail(
          l10n.t('Token endpoint'),
          l10n.t('none'),
          l10n.t('Without one, you can’t sign in. Contact the provider’s administrator.'),
        ),
    has(
      l10n.t('Sign-in with the browser'),
      metadata.authorization_endpoint,
      l10n.t('there is no authorization endpoint'),
    ),
    challenges?.includes('S256')
      ? pass('PKCE', 'S256')
      : warn(
          'PKCE',
          challenges ? l10n.t('the metadata doesn’t list S256') : l10n.t('not listed in the metadata'),
          l10n.t('It’s used anyway.'),
        ),
    info(l10n.t('Grant types'), listed(metadata.grant_types_supported)),
    has(
      l10n.t('Device codes'),
      metadata.device_authorization_endpoint,
      l10n.t('where the browser can’t return to the editor, you can only paste the URL'),
    ),
    has(
      l10n.t('Pushed authorization requests'),
      metadata.pushed_authorization_request_endpoint,
      l10n.t('the browser carries the request'),
    ),
    has(l10n.t('Automatic registration'), metadata.registration_endpoint, l10n.t('a client ID must be set')),
    has(
      l10n.t('Revocation'),
      metadata.revocation_endpoint,
      l10n.t('after sign-out, tokens stay valid until they expire'),
    ),
    has(l10n.t('Logout'), metadata.end_session_endpoint, l10n.t('the browser stays signed in there')),
    info(l10n.t('Signatures'), listed(metadata.id_token_signing_alg_values_supported)),
    await keysFinding(httpContext, provider, metadata),
    ...certificateFindings(provider, metadata),
    proofFinding(provider, metadata),
    profileFinding(provider, metadata),
    scopesFinding(provider, metadata),
  ];
}

/** Where a client certificate is shown, and what becomes of the tokens. */
function certificateFindings(provider: Provider, metadata: Metadata): (Finding | undefined)[] {
  if (!showsCertificate(provider)) return [];
  const shownAt = metadata.mtls_endpoint_aliases?.token_endpoint ?? metadata.token_endpoint;
  const binds = metadata.tls_client_certificate_bound_access_tokens === true;
  return [
    shownAt === undefined
      ? undefined
      : pass(l10n.t('Client certificate'), l10n.t('shown to {0}', new URL(shownAt).host)),
    provider.certificateBoundTokens
      ? boundFinding(binds)
      : binds
        ? warn(
            l10n.t('Bound tokens'),
            l10n.t(
              'the provider can bind access tokens to the client certificate, which extensions don’t have',
            ),
            l10n.t(
              'Register the client without "tls_client_certificate_bound_access_tokens", unless no server checks the binding.',
            ),
          )
        : undefined,
  ];
}

const boundFinding = (binds: boolean): Finding =>
  binds
    ? pass(l10n.t('Bound tokens'), l10n.t('access tokens are bound to the client certificate'))
    : warn(
        l10n.t('Bound tokens'),
        l10n.t('not listed in the metadata, but "certificateBoundTokens" is on'),
        l10n.t('If a sign-in fails because of it, remove "certificateBoundTokens" from the settings.'),
      );

/** Whether tokens can be bound to a key (RFC 9449), and whether they are. */
function proofFinding(
  { dpop }: Provider,
  { dpop_signing_alg_values_supported: algorithms }: Metadata,
): Finding | undefined {
  const what = l10n.t('Key-bound tokens (DPoP)');
  if (!dpop) return algorithms && info(what, l10n.t('supported, but "dpop" isn’t set'));
  return algorithms
    ? pass(what, l10n.t('used ("dpop" is "{0}")', dpop))
    : warn(
        what,
        l10n.t('not listed in the metadata, but "dpop" is "{0}"', dpop),
        l10n.t('If a sign-in fails because of it, remove "dpop" from the settings.'),
      );
}

/** Whether the server meets the profile that the settings name. */
function profileFinding(provider: Provider, metadata: Metadata): Finding | undefined {
  if (!provider.profile) return undefined;
  const what = l10n.t('Security profile');
  const unmet = unmetBy(metadata, provider);
  return unmet.length === 0
    ? pass(what, 'FAPI 2.0')
    : fail(
        what,
        l10n.t('for FAPI 2.0, the metadata falls short in {0}', unmet.join(', ')),
        l10n.t(
          'Ask the provider’s administrator to enable FAPI 2.0, or remove "profile" from the provider’s settings.',
        ),
      );
}

async function keysFinding(
  httpContext: HttpContext,
  provider: Provider,
  { jwks_uri: address }: Metadata,
): Promise<Finding> {
  if (address === undefined) {
    return provider.accountId === undefined && !provider.service
      ? fail(
          l10n.t('Keys'),
          l10n.t('the provider publishes none'),
          l10n.t('Its ID tokens can’t be verified. Set "account.id" if it sends none.'),
        )
      : info(l10n.t('Keys'), l10n.t('none, and no ID tokens are expected'));
  }
  try {
    const response = await httpContext.http(provider)(address, { headers: { accept: 'application/json' } });
    const keys = parseServerObject(await response.text())?.['keys'];
    if (response.status !== 200 || !Array.isArray(keys)) {
      return fail(
        l10n.t('Keys'),
        l10n.t('there are none at {0} (status {1})', new URL(address).host, response.status),
        l10n.t('Contact the provider’s administrator.'),
      );
    }
    const kinds = keys.filter(isObject).map(({ kty, alg }) =>
      String(alg ?? kty)
        .replace(/[^\w-]/g, '')
        .slice(0, 20),
    );
    return pass(l10n.t('Keys'), `${keys.length} (${[...new Set(kinds)].join(', ')})`);
  } catch (error) {
    return failed(l10n.t('Keys'), error);
  }
}

function scopesFinding({ scopes }: Provider, { scopes_supported: supported }: Metadata): Finding {
  const unknown = supported === undefined ? [] : (scopes ?? []).filter(scope => !supported.includes(scope));
  return unknown.length > 0
    ? warn(
        l10n.t('Scopes'),
        l10n.t('the metadata doesn’t list {0}', unknown.join(', ')),
        l10n.t('Correct "scopes" in the settings, unless the metadata is incomplete.'),
      )
    : info(l10n.t('Scopes'), supported?.slice(0, 50).join(' ') ?? l10n.t('not listed in the metadata'));
}
