import { l10n } from '../../platform/shown.ts';
import { StartFailure, type KnownFailure } from '../failures/knownFailure.ts';
import { isIssuerTemplate, tenantPlaceholder } from './serverSource.ts';

const tenantId = /^[\w.-]{1,100}$/;

/**
 * Returns the issuer that an ID token must name, if the server's is a template.
 *
 * @throws Failure `token-untrusted` for a tenant that isn't allowed to sign in.
 */
export function issuerOfTenant(
  template: string,
  tid: unknown,
  allowedTenants: readonly string[] | undefined,
): string {
  const untrusted = (reason: string): KnownFailure =>
    new StartFailure('token-untrusted', { issuer: template, reason });
  if (typeof tid !== 'string' || !tenantId.test(tid)) throw untrusted(l10n.t('it doesn’t name its tenant'));
  if (allowedTenants && !allowedTenants.some(allowed => allowed.toLowerCase() === tid.toLowerCase())) {
    throw untrusted(l10n.t('users of the tenant {0} aren’t allowed to sign in, see "allowedTenants"', tid));
  }
  return template.replace(tenantPlaceholder, tid);
}

/**
 * True if a response that names itself `iss` (RFC 9207) came from this issuer. A code that a user pasted alone has the
 * template itself (`readPasted`): only the ID token names its tenant.
 */
export function isFromIssuer(
  issuer: string,
  iss: string,
  allowedTenants: readonly string[] | undefined,
): boolean {
  if (iss === issuer || !isIssuerTemplate(issuer)) return iss === issuer;
  const [before = '', after = ''] = issuer.split(tenantPlaceholder);
  if (!iss.startsWith(before) || !iss.endsWith(after)) return false;
  const tid = iss.slice(before.length, iss.length - after.length);
  const isAllowed = allowedTenants?.some(allowed => allowed.toLowerCase() === tid.toLowerCase()) ?? true;
  return isAllowed && tenantId.test(tid);
}
