import { l10n } from '../../platform/shown.ts';
import type { Secret } from '../../platform/secret.ts';
import { generateClientKey } from '../../protocol/client/keys/clientKey.ts';
import {
  registerClient,
  type Registration,
  type RegistrationForm,
} from '../../protocol/client/registration.ts';
import type { Consent } from '../../protocol/client/consent.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import {
  isAboutAuthentication,
  nextRegistration,
  registrationMethods,
  type LeftOut,
} from '../plan/askingLess.ts';
import type { Concessions } from './concessions.ts';

export interface Registering {
  readonly httpContext: HttpContext;
  readonly concessions: Concessions;
  /** False if other windows don't share what this one stores. */
  readonly sharesStorage: boolean;
}

export interface WantedRegistration {
  readonly provider: Provider;
  readonly consent: Consent;
  readonly metadata: Metadata;
  /** Undefined for a device code. */
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Registers this editor with all that it wants, then with ever less until the server takes it.
 *
 * @throws Failure as {@link registerClient}: the last refusal.
 */
export async function registerWithLess(
  { httpContext, concessions, sharesStorage }: Registering,
  { provider, consent, metadata, redirectUri, scopes, signal }: WantedRegistration,
  initialAccessToken: Secret | undefined,
): Promise<Registration> {
  const conceded = concessions.of(provider);
  const offersDevice = metadata.device_authorization_endpoint !== undefined;
  const possible: LeftOut = [
    ...(scopes.length > 0 ? (['registration:scope'] as const) : []),
    ...(offersDevice && redirectUri !== undefined ? (['registration:device-grant'] as const) : []),
  ];
  const methods = registrationMethods(metadata, conceded, sharesStorage);
  let [method] = methods;
  const key = methods.includes('private_key_jwt') ? await generateClientKey() : undefined;
  const tried: LeftOut[] = [];
  let leftOut: LeftOut = possible.filter(one => conceded.includes(one));
  for (;;) {
    if (method === undefined) {
      const missing = l10n.t('a client authentication that an editor can register for itself');
      throw new Failure('method-unsupported', { issuer: metadata.issuer, missing });
    }
    const form: RegistrationForm = {
      redirectUri,
      scopes: leftOut.includes('registration:scope') ? [] : scopes,
      deviceGrant: offersDevice && !leftOut.includes('registration:device-grant'),
      method,
      key: method === 'private_key_jwt' ? key : undefined,
    };
    tried.push(leftOut);
    try {
      const request = { metadata, consent, policy: provider, form, initialAccessToken, signal };
      const registration = await registerClient(httpContext, request);
      concessions.add(provider, leftOut);
      return registration;
    } catch (error) {
      if (!(error instanceof Failure) || !isNegotiable(error)) throw error;
      const other = isAboutAuthentication(error) ? methods[methods.indexOf(method) + 1] : undefined;
      if (other === undefined) {
        const next = nextRegistration(tried, possible, error);
        if (!next) throw error;
        leftOut = next;
      } else {
        concessions.add(provider, [`registration:${method}`]);
        method = other;
      }
      httpContext.log.info('registration refused, asking for less', {
        provider: provider.id,
        error: error.oauthError ?? `status ${error.status}`,
        without: leftOut,
        authentication: method,
      });
    }
  }
}

/**
 * True for a refusal that asking for less might help against: 401 demands an initial access token, and nothing else.
 */
const isNegotiable = ({ code, status }: Failure): boolean =>
  (code === 'registration-refused' || code === 'registration-closed') && status !== 401;
