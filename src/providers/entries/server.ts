import { l10n } from '../../platform/shown.ts';
import { verifiesCertificates } from '../../protocol/client/verification.ts';
import { checkAddress, type AddressPolicy } from '../../protocol/http/address.ts';
import { KnownFailure } from '../../protocol/failures/knownFailure.ts';
import {
  isIssuerTemplate,
  type NamedEndpoints,
  type ServerSource,
} from '../../protocol/server/serverSource.ts';
import { WrongEntry } from '../settings/problems.ts';
import type { ProviderDefinition } from '../settings/schema.ts';
import { isServiceMethod } from '../settings/signInMethods.ts';

export interface Server extends ServerSource {
  readonly issuer: string;
}

/**
 * Where the server of an entry is, and how it is found out about.
 *
 * @throws WrongEntry
 */
export function serverOf(definition: ProviderDefinition): Server {
  const { allowLoopbackHttp = false, requestTimeout, metadataUrl, endpoints, allowedTenants } = definition;
  const discovery = definition.discovery ?? (definition.issuer !== undefined || metadataUrl !== undefined);
  const issuer = definition.issuer ?? issuerBehind(metadataUrl, endpoints);
  if (issuer === undefined) {
    throw new WrongEntry(
      'issuer',
      metadataUrl === undefined
        ? l10n.t('is missing: set the provider’s issuer URL or a "preset"')
        : l10n.t('is missing: this "metadataUrl" doesn’t reveal it'),
    );
  }
  if (isIssuerTemplate(issuer) && metadataUrl === undefined && discovery) {
    throw new WrongEntry(
      'metadataUrl',
      l10n.t('is missing: an issuer with {tenantid} doesn’t say where its metadata is'),
    );
  }
  const isService = isServiceMethod(definition.signInMethod);
  const signsIn = isService ? endpoints?.token : (endpoints?.authorization ?? endpoints?.deviceAuthorization);
  if (!discovery && (endpoints?.token === undefined || signsIn === undefined)) {
    throw new WrongEntry(
      'endpoints',
      isService
        ? l10n.t('must name "token"')
        : l10n.t('must name "token", and "authorization" or "deviceAuthorization"'),
    );
  }
  const named = Object.entries(endpoints ?? {}).map(([name, address]) => [`endpoints.${name}`, address]);
  const addresses = { issuer, metadataUrl, ...(Object.fromEntries(named) as Record<string, string>) };
  for (const [field, address] of Object.entries(addresses)) {
    if (address !== undefined) checkSetting(field, address, { allowLoopbackHttp });
  }
  // OpenID Connect Discovery 1.0 section 2.
  if (new URL(issuer).search !== '')
    throw new WrongEntry('issuer', l10n.t('isn’t an issuer: the URL has a query (?…)'));
  const certificates = verifiesCertificates() ? undefined : 'unverified';
  return {
    ...{ issuer, allowLoopbackHttp, certificates, requestTimeout },
    ...{ metadataUrl, discovery, endpoints, allowedTenants },
  };
}

/**
 * Returns the issuer that a metadata URL belongs to. For a server without metadata, returns the origin of its
 * endpoints.
 */
function issuerBehind(metadataUrl: string | undefined, endpoints: NamedEndpoints = {}): string | undefined {
  if (metadataUrl !== undefined) {
    const [, issuer] =
      /^(.+?)\/?\/\.well-known\/(?:openid-configuration|oauth-authorization-server)$/.exec(metadataUrl) ?? [];
    return issuer;
  }
  return URL.parse(endpoints.token ?? endpoints.authorization ?? '')?.origin;
}

/**
 * Refuses an entry that lacks a setting, or has one without effect, although each setting is valid on its own: a
 * sign-in would fail late, or a restriction would restrict no one.
 *
 * @throws WrongEntry
 */
export function checkComplete(definition: ProviderDefinition, { issuer, discovery }: Server): void {
  // Each refresh would end the access tokens that stand beside it.
  const sideBySide = (['narrowTokens', 'tokenPerResource'] as const).find(name => definition[name]);
  if (definition.refreshEndsAccessToken && sideBySide)
    throw new WrongEntry(sideBySide, l10n.t('has no effect with "refreshEndsAccessToken"'));
  const { clientId, clientAuthentication = 'none', signInMethod, redirect, endpoints } = definition;
  const ofRegistered =
    clientAuthentication === 'none'
      ? definition.certificateBoundTokens && 'certificateBoundTokens'
      : clientAuthentication;
  if (clientId === undefined && ofRegistered) {
    throw new WrongEntry(
      'clientId',
      l10n.t('is missing: "{0}" is only for a registered client', ofRegistered),
    );
  }
  if (clientId === undefined && discovery === false) {
    throw new WrongEntry(
      'clientId',
      l10n.t('is missing: without metadata, the editor can’t register itself'),
    );
  }
  if (definition.allowedTenants && !isIssuerTemplate(issuer)) {
    throw new WrongEntry('allowedTenants', l10n.t('has no effect: the issuer doesn’t contain {tenantid}'));
  }
  if (signInMethod === 'bridge' && redirect?.bridge === undefined && redirect?.relay === undefined) {
    throw new WrongEntry('redirect.bridge', l10n.t('is missing: "signInMethod" is "bridge"'));
  }
  if (signInMethod === 'device-code' && discovery === false && endpoints?.deviceAuthorization === undefined) {
    throw new WrongEntry(
      'endpoints.deviceAuthorization',
      l10n.t('is missing: "signInMethod" is "device-code"'),
    );
  }
}

/** @throws WrongEntry for a URL that can't be used. */
function checkSetting(field: string, address: string, policy: AddressPolicy): void {
  try {
    checkAddress(address, policy);
  } catch (error) {
    if (!(error instanceof KnownFailure)) throw error;
    throw new WrongEntry(
      field,
      error.code === 'address-insecure'
        ? l10n.t('must be an https URL (http is possible only on this computer, with "allowLoopbackHttp")')
        : l10n.t('can’t be used: {0}', error.details['reason'] ?? ''),
    );
  }
}
