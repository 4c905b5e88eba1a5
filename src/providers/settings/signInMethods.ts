/** The methods that end in a browser and come back with an authorization code, by how they come back. */
export const browserMethods = ['uri-handler', 'loopback', 'bridge', 'paste'] as const;

/** The sign-in methods of a user. The setting `oidc.signIn.method` uses these names. */
export const personMethods = [...browserMethods, 'device-code'] as const;

/**
 * The sign-in methods of a service, by grant type: no user is asked, no browser opens, and there is no refresh token,
 * because the same request can be repeated (RFC 6749 section 4.4.3).
 */
export const serviceMethods = [
  'client-credentials',
  'impersonation',
  'token-exchange',
  'identity-assertion',
] as const;

export type BrowserMethod = (typeof browserMethods)[number];
export type PersonMethod = (typeof personMethods)[number];
export type ServiceMethod = (typeof serviceMethods)[number];
export type SignInMethod = PersonMethod | ServiceMethod;

/** The values of the general setting: a user's method, or the planner's choice. */
export const methods = ['auto', ...personMethods] as const;
export type Method = (typeof methods)[number];

/** The values of a provider's `signInMethod`, which include those of a service. */
export const providerMethods = [...methods, ...serviceMethods] as const;
export type ProviderMethod = (typeof providerMethods)[number];

export const isMethod = (value: unknown): value is Method => (methods as readonly unknown[]).includes(value);

export const isServiceMethod = (method: unknown): method is ServiceMethod =>
  (serviceMethods as readonly unknown[]).includes(method);
