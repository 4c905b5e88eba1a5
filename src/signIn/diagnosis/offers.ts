import { isObject, parseServerJson } from '../../protocol/json.ts';
import { metadataWarnings, type Metadata } from '../../protocol/metadata.ts';
import type { Wire } from '../../protocol/wire.ts';
import type { Provider } from '../../providers/definition.ts';
import { fail, failed, info, pass, warn, type Finding } from './report.ts';

/** What the document says about itself. */
export function metadataFindings(provider: Provider, metadata: Metadata, at: string): Finding[] {
  const { host } = new URL(provider.issuer);
  const elsewhere = new Set(
    Object.entries(metadata)
      .filter(([name, value]) => /_(endpoint|uri)$/.test(name) && typeof value === 'string')
      .map(([, value]) => new URL(String(value)).host)
      .filter(other => other !== host),
  );
  return [
    pass('Document', at),
    metadata.issuer === provider.issuer
      ? pass('Issuer', 'is that of the settings, to the letter')
      : warn('Issuer', `${metadata.issuer}, which the template in the settings allows`),
    ...(elsewhere.size > 0
      ? [info('Other hosts', `it names endpoints at ${[...elsewhere].join(', ')}`)]
      : []),
    ...metadataWarnings(metadata).map(text => warn('Oddity', text)),
  ];
}

/** What the provider offers, and what its lacking means. */
export async function offers(wire: Wire, provider: Provider, metadata: Metadata): Promise<Finding[]> {
  const has = (what: string, endpoint: string | undefined, without: string): Finding =>
    endpoint === undefined ? info(what, `no; ${without}`) : pass(what, 'yes');
  const challenges = metadata.code_challenge_methods_supported;
  return [
    metadata.token_endpoint
      ? pass('Token endpoint', new URL(metadata.token_endpoint).host)
      : fail(
          'Token endpoint',
          'none',
          'Without one nobody can sign in. Ask the administrator of the provider.',
        ),
    has('Sign-in with the browser', metadata.authorization_endpoint, 'there is no authorization endpoint'),
    challenges?.includes('S256')
      ? pass('PKCE', 'S256')
      : warn(
          'PKCE',
          challenges ? 'the metadata does not list S256' : 'the metadata does not say',
          'It is used all the same.',
        ),
    info('Grant types', metadata.grant_types_supported?.join(', ') ?? 'the metadata does not say'),
    has(
      'Device codes',
      metadata.device_authorization_endpoint,
      'where no answer can come back, only pasting is left',
    ),
    has(
      'Pushed authorization requests',
      metadata.pushed_authorization_request_endpoint,
      'the browser carries the request',
    ),
    has('Registration by itself', metadata.registration_endpoint, 'a client id has to be set'),
    has('Revocation', metadata.revocation_endpoint, 'at sign-out, tokens end by themselves'),
    has('Logout', metadata.end_session_endpoint, 'the browser stays signed in there'),
    info(
      'Signatures',
      metadata.id_token_signing_alg_values_supported?.join(', ') ?? 'the metadata does not say',
    ),
    await keysFinding(wire, provider, metadata),
    scopesFinding(provider, metadata),
  ];
}

async function keysFinding(
  wire: Wire,
  provider: Provider,
  { jwks_uri: address }: Metadata,
): Promise<Finding> {
  if (address === undefined) {
    return provider.accountId === undefined && !provider.machine
      ? fail(
          'Keys',
          'the provider publishes none',
          'Its ID tokens cannot be verified. Set "account.id" if it has none.',
        )
      : info('Keys', 'none, and no ID tokens are expected');
  }
  try {
    const response = await wire.http(provider)(address, { headers: { accept: 'application/json' } });
    const parsed = parseServerJson(await response.text());
    const keys = parsed.kind === 'json' && isObject(parsed.value) ? parsed.value['keys'] : undefined;
    if (response.status !== 200 || !Array.isArray(keys)) {
      return fail(
        'Keys',
        `there are none at ${new URL(address).host} (status ${response.status})`,
        'Tell the administrator of the provider.',
      );
    }
    const kinds = keys.filter(isObject).map(({ kty, alg }) =>
      String(alg ?? kty)
        .replace(/[^\w-]/g, '')
        .slice(0, 20),
    );
    return pass('Keys', `${keys.length} (${[...new Set(kinds)].join(', ')})`);
  } catch (error) {
    return failed('Keys', error);
  }
}

function scopesFinding({ scopes }: Provider, { scopes_supported: supported }: Metadata): Finding {
  const unknown = supported === undefined ? [] : (scopes ?? []).filter(scope => !supported.includes(scope));
  return unknown.length > 0
    ? warn(
        'Scopes',
        `the metadata does not list ${unknown.join(', ')}`,
        'Correct "scopes" in the settings, unless you know better.',
      )
    : info('Scopes', supported?.slice(0, 50).join(' ') ?? 'the metadata does not say');
}
