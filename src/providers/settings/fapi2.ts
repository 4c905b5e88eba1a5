import { l10n } from '../../platform/shown.ts';
import { certificateMethods, isCertificateMethod } from '../../protocol/client/clientAuthentication.ts';
import { profileAlgorithms } from '../../protocol/client/securityProfile.ts';
import { WrongEntry } from './problems.ts';
import type { ProviderDefinition } from './schema.ts';

/**
 * What the FAPI 2.0 Security Profile demands of a client (section 5.3.3): pushed authorization requests with PKCE, `iss`
 * in responses, private_key_jwt or a certificate, and tokens bound by DPoP or to a certificate. Sets what an entry leaves
 * open. What a server must offer is in protocol/client/securityProfile.ts.
 *
 * @throws WrongEntry for a setting that contradicts it.
 */
export function fapi2(definition: ProviderDefinition): ProviderDefinition {
  const { clientAuthentication = 'private_key_jwt', dpop, certificateBoundTokens } = definition;
  if (!methods.includes(clientAuthentication)) throw mustBe('clientAuthentication', methods);
  if (definition.assertionAudience === 'token-endpoint') throw mustBe('assertionAudience', ['issuer']);
  for (const field of ['assertionAlgorithm', 'idTokenAlgorithm'] as const) {
    const algorithm = definition[field];
    if (algorithm !== undefined && !profileAlgorithms.includes(algorithm))
      throw mustBe(field, profileAlgorithms);
  }
  const isCertified =
    certificateBoundTokens ?? (dpop === undefined && isCertificateMethod(clientAuthentication));
  if (dpop === 'refresh-token' && !isCertified) throw mustBe('dpop', ['required']);
  const { signInMethod } = definition;
  const contradicting = [
    definition.allowLoopbackHttp === true && 'allowLoopbackHttp',
    definition.discovery === false && 'discovery',
    definition.endpoints && 'endpoints',
    (signInMethod === 'device-code' || signInMethod === 'impersonation') && 'signInMethod',
  ].find(field => field !== false && field !== undefined);
  if (contradicting)
    throw new WrongEntry(
      contradicting,
      l10n.t('must be removed: it isn’t allowed with "profile": "{0}"', 'fapi2'),
    );
  return {
    ...definition,
    clientAuthentication,
    certificateBoundTokens: isCertified,
    dpop: isCertified ? dpop : 'required',
  };
}

const methods: readonly string[] = ['private_key_jwt', ...certificateMethods];

const mustBe = (field: string, values: readonly string[]): WrongEntry =>
  new WrongEntry(
    field,
    l10n.t('must be {0} with "profile": "{1}"', values.map(value => `"${value}"`).join(' / '), 'fapi2'),
  );
