/** The ways to sign in that end in a browser and come back with an authorization code, by how they come back. */
export const browserWays = ['uri-handler', 'loopback', 'bridge', 'paste'] as const;

/** Every way to sign in. The settings `oidc.signIn.method` and a provider's `signInMethod` use these names. */
export const ways = [...browserWays, 'device-code'] as const;

export type BrowserWay = (typeof browserWays)[number];
export type Way = (typeof ways)[number];

/** What a setting may say: one of the ways, or that the planner picks. */
export const methods = ['auto', ...ways] as const;
export type Method = (typeof methods)[number];

export const isMethod = (value: unknown): value is Method => (methods as readonly unknown[]).includes(value);

/** The name of a way as a person reads it, in the middle of a sentence too. */
export const wayNames: Readonly<Record<Way, string>> = {
  'uri-handler': 'browser, back by the address of the editor',
  loopback: 'browser, back to this computer (127.0.0.1)',
  bridge: 'browser, back by the bridge page',
  paste: 'browser, back by a pasted address',
  'device-code': 'device code, entered in any browser',
};
