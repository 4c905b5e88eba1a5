import { l10n, type Shown } from '../../platform/shown.ts';

/** The methods that end in a browser and come back with an authorization code, by how they come back. */
export const browserMethods = ['uri-handler', 'loopback', 'bridge', 'paste'] as const;

/** The methods by which a person signs in. The setting `oidc.signIn.method` uses these names. */
export const personMethods = [...browserMethods, 'device-code'] as const;

/**
 * The methods by which a service signs in, by the grant that it asks for: nobody is asked, no browser is
 * opened, and there is no refresh token, because the same can be asked for again (RFC 6749 section 4.4.3).
 */
export const serviceMethods = ['client-credentials', 'impersonation', 'token-exchange'] as const;

export type BrowserMethod = (typeof browserMethods)[number];
export type PersonMethod = (typeof personMethods)[number];
export type ServiceMethod = (typeof serviceMethods)[number];
export type SignInMethod = PersonMethod | ServiceMethod;

/** What the overall setting may say: one of the methods of a person, or that the planner picks. */
export const methods = ['auto', ...personMethods] as const;
export type Method = (typeof methods)[number];

/** What a provider's `signInMethod` may say: its client may be one that signs in by itself. */
export const providerMethods = [...methods, ...serviceMethods] as const;
export type ProviderMethod = (typeof providerMethods)[number];

export const isMethod = (value: unknown): value is Method => (methods as readonly unknown[]).includes(value);

export const isServiceMethod = (method: unknown): method is ServiceMethod =>
  (serviceMethods as readonly unknown[]).includes(method);

/** The name of a method as a person reads it, in the middle of a sentence too. */
export function methodName(method: SignInMethod): Shown {
  const texts: Readonly<Record<SignInMethod, Shown>> = {
    'uri-handler': l10n.t('browser, returns through the editor’s URL'),
    loopback: l10n.t('browser, returns to this computer (127.0.0.1)'),
    bridge: l10n.t('browser, returns through the bridge page'),
    paste: l10n.t('browser, returns through a pasted URL'),
    'device-code': l10n.t('device code, entered in any browser'),
    'client-credentials': l10n.t('client credentials, without a user'),
    impersonation: l10n.t('impersonation, without a user'),
    'token-exchange': l10n.t('exchange of another sign-in’s token'),
  };
  return texts[method];
}
