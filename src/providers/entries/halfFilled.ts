import * as l10n from '@vscode/l10n';
import { isIssuerTemplate } from '../../protocol/server/serverSource.ts';
import type { ProviderDefinition } from '../settings/schema.ts';

/**
 * What an entry lacks, or has in vain, though each of its settings is right by itself: a sign-in would fail late, or
 * a restriction would restrict nobody.
 *
 * @returns the first such field, and why, as the rest of a sentence; undefined if there is none.
 */
export function halfFilled(
  definition: ProviderDefinition,
  source: { readonly issuer: string; readonly discovery: boolean },
): { readonly field: string; readonly reason: string } | undefined {
  const { clientId, clientAuthentication = 'none', signInMethod, redirect, endpoints } = definition;
  const wrong = (field: string, reason: string) => ({ field, reason });
  if (clientId === undefined && clientAuthentication !== 'none') {
    return wrong(
      'clientId',
      l10n.t('is missing: "{0}" is for a client that is registered', clientAuthentication),
    );
  }
  if (clientId === undefined && !source.discovery) {
    return wrong('clientId', l10n.t('is missing: without metadata, no editor can register itself'));
  }
  if (definition.allowedTenants && !isIssuerTemplate(source.issuer)) {
    return wrong('allowedTenants', l10n.t('is of no use: the issuer does not contain {tenantid}'));
  }
  if (signInMethod === 'bridge' && redirect?.bridge === undefined && redirect?.relay === undefined) {
    return wrong('redirect.bridge', l10n.t('is missing: "signInMethod" is "bridge"'));
  }
  if (signInMethod === 'device-code' && !source.discovery && endpoints?.deviceAuthorization === undefined) {
    return wrong('endpoints.deviceAuthorization', l10n.t('is missing: "signInMethod" is "device-code"'));
  }
  return undefined;
}
