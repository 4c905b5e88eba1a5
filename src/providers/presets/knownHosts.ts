import type { PresetName } from '../settings/presetNames.ts';

/** A preset that matches a URL, with the values that the URL reveals. */
export interface KnownHost {
  readonly preset: PresetName;
  readonly values: Readonly<Record<string, string>>;
}

const hosts: readonly [pattern: RegExp, known: (host: string, path: string) => KnownHost | undefined][] = [
  [/^(www\.)?github\.com$/, () => ({ preset: 'github', values: {} })],
  [/^gitlab\.com$/, () => ({ preset: 'gitlab', values: {} })],
  [/^(accounts\.)?google\.com$/, () => ({ preset: 'google', values: {} })],
  [
    /^login\.microsoftonline\.com$/,
    (_, path) => {
      const [tenant] = /^[A-Za-z0-9.-]+/.exec(path.slice(1)) ?? [];
      return { preset: 'entra', values: tenant === undefined ? {} : { tenant } };
    },
  ],
  [/\.okta\.com$/, (domain, path) => okta(domain, path)],
  [/\.auth0\.com$/, domain => ({ preset: 'auth0', values: { domain } })],
  [/\.qlikcloud\.com$/, host => ({ preset: 'qlik-cloud', values: { host } })],
  [/^(auth|id|api)\.atlassian\.com$/, () => ({ preset: 'atlassian', values: {} })],
  [/(^|\.)slack\.com$/, () => ({ preset: 'slack', values: {} })],
  [/(^|\.)salesforce\.com$/, host => ({ preset: 'salesforce', values: { host } })],
  [/^cognito-idp\.([a-z0-9-]+)\.amazonaws\.com$/, (host, path) => cognito(host, path)],
];

function okta(domain: string, path: string): KnownHost {
  const [server = ''] = /^\/oauth2\/[\w-]+/.exec(path) ?? [];
  return { preset: 'okta', values: { domain, server } };
}

function cognito(host: string, path: string): KnownHost {
  const region = host.split('.')[1] ?? '';
  const [, pool] = /^\/([\w-]+)/.exec(path) ?? [];
  return { preset: 'cognito', values: { region, ...(pool !== undefined && { pool }) } };
}

/** Returns the preset for a URL that a user entered, if its host belongs to a known provider. */
export function presetForAddress(address: string): KnownHost | undefined {
  const url = URL.parse(address);
  if (!url) return undefined;
  const [, known] = hosts.find(([pattern]) => pattern.test(url.hostname)) ?? [];
  return known?.(url.host, url.pathname);
}
