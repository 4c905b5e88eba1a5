import * as l10n from '@vscode/l10n';

/** The ways to sign in that end in a browser and come back with an authorization code, by how they come back. */
export const browserWays = ['uri-handler', 'loopback', 'bridge', 'paste'] as const;

/** The ways in which a person signs in. The setting `oidc.signIn.method` uses these names. */
export const personWays = [...browserWays, 'device-code'] as const;

/**
 * The ways in which the client signs in by itself, by the grant that it asks for: nobody is asked, no browser is
 * opened, and there is no refresh token, because the same can be asked for again (RFC 6749 section 4.4.3).
 */
export const machineWays = ['client-credentials', 'impersonation', 'token-exchange'] as const;

export type BrowserWay = (typeof browserWays)[number];
export type PersonWay = (typeof personWays)[number];
export type MachineWay = (typeof machineWays)[number];
export type Way = PersonWay | MachineWay;

/** What the overall setting may say: one of the ways of a person, or that the planner picks. */
export const methods = ['auto', ...personWays] as const;
export type Method = (typeof methods)[number];

/** What a provider's `signInMethod` may say: its client may be one that signs in by itself. */
export const providerMethods = [...methods, ...machineWays] as const;
export type ProviderMethod = (typeof providerMethods)[number];

export const isMethod = (value: unknown): value is Method => (methods as readonly unknown[]).includes(value);

export const isMachineWay = (way: unknown): way is MachineWay =>
  (machineWays as readonly unknown[]).includes(way);

/** The name of a way as a person reads it, in the middle of a sentence too. */
export function wayName(way: Way): string {
  switch (way) {
    case 'uri-handler':
      return l10n.t('browser, back by the address of the editor');
    case 'loopback':
      return l10n.t('browser, back to this computer (127.0.0.1)');
    case 'bridge':
      return l10n.t('browser, back by the bridge page');
    case 'paste':
      return l10n.t('browser, back by a pasted address');
    case 'device-code':
      return l10n.t('device code, entered in any browser');
    case 'client-credentials':
      return l10n.t('client credentials, without a person');
    case 'impersonation':
      return l10n.t('impersonation, without a person');
    case 'token-exchange':
      return l10n.t('exchange of the token of another sign-in');
  }
}
