import { l10n, type Shown } from '../../platform/shown.ts';
import { isObject } from '../../protocol/http/json.ts';
import type { DefinitionProblem, Provider } from './definition.ts';
import type { InstalledExtension } from './contributed.ts';
import type { ParsedProviders } from './parseProviders.ts';

/** More than any company has. */
const mostPatterns = 1000;

/** The issuers that one extension allows. A pattern that can't be read allows none. */
export interface IssuerList {
  readonly extension: string;
  readonly patterns: readonly IssuerPattern[];
}

/** One entry of a list: `https://login.example.com`, `https://*.example.com/realms/staff`. */
interface IssuerPattern {
  readonly protocol: string;
  /** With the port. */
  readonly host: string;
  /** The host is this one's, or any below it. */
  readonly isWildcard: boolean;
  /** Ends with a slash. */
  readonly folder: string;
}

/** What restricts the providers: nothing, if no installed extension has a list. */
export interface AllowedIssuers {
  readonly lists: readonly IssuerList[];
  readonly problems: readonly DefinitionProblem[];
}

/**
 * Collects the lists in `contributes.oidcAllowedIssuers` of the installed extensions: arrays of issuer URLs, whose
 * host can begin with `*.`. A URL allows itself and everything below its path. An issuer must be in every list, so
 * another extension can narrow what a company allows but never widen it. A list that can't be read allows nothing.
 */
export function allowedIssuers(extensions: readonly InstalledExtension[]): AllowedIssuers {
  const lists: IssuerList[] = [];
  const problems: DefinitionProblem[] = [];
  for (const { id: extension, manifest } of [...extensions].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const contributes = isObject(manifest) ? manifest['contributes'] : undefined;
    const list = isObject(contributes) ? contributes['oidcAllowedIssuers'] : undefined;
    if (list === undefined) continue;
    const refuse = (reason: Shown): void =>
      void problems.push({ providerId: '', field: undefined, reason, extension });
    if (!Array.isArray(list) || list.length > mostPatterns) {
      refuse(l10n.t('"contributes.oidcAllowedIssuers" must be an array of up to {0} URLs', mostPatterns));
      lists.push({ extension, patterns: [] });
      continue;
    }
    const patterns = list.flatMap(entry => {
      const pattern = typeof entry === 'string' ? readPattern(entry) : undefined;
      if (!pattern)
        refuse(
          l10n.t(
            '"contributes.oidcAllowedIssuers" contains “{0}”, which isn’t an issuer URL such as https://login.example.com or https://*.example.com',
            typeof entry === 'string' ? entry : typeof entry,
          ),
        );
      return pattern ?? [];
    });
    lists.push({ extension, patterns });
  }
  return { lists, problems };
}

function readPattern(text: string): IssuerPattern | undefined {
  const isWildcard = /^https?:\/\/\*\./.test(text);
  const url = URL.parse(isWildcard ? text.replace('*.', '') : text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!url || !isWeb || url.host.includes('*') || url.username + url.password + url.search + url.hash !== '')
    return undefined;
  // `*.com` would belong to no company.
  if (isWildcard && !url.hostname.includes('.')) return undefined;
  return { protocol: url.protocol, host: url.host, isWildcard, folder: asFolder(url.pathname) };
}

const asFolder = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

function isMatch({ protocol, host, isWildcard, folder }: IssuerPattern, url: URL): boolean {
  const isHost = isWildcard ? url.host.endsWith(`.${host}`) : url.host === host;
  return url.protocol === protocol && isHost && asFolder(url.pathname).startsWith(folder);
}

/** A URL of a provider that an extension's list leaves out. */
export interface Forbidden {
  readonly address: string;
  readonly extension: string;
}

/**
 * Returns the URL of a provider that is forbidden, and by which extension, or undefined if the provider can be used.
 * Checks the URLs in the provider's settings like its issuer: settings could otherwise send an allowed issuer's
 * sign-ins to another server.
 */
export function forbiddenBy(
  lists: readonly IssuerList[],
  { issuer, metadataUrl, endpoints = {} }: Pick<Provider, 'issuer' | 'metadataUrl' | 'endpoints'>,
): Forbidden | undefined {
  const addresses = [issuer, metadataUrl, ...Object.values<string | undefined>({ ...endpoints })].filter(
    address => address !== undefined,
  );
  for (const { extension, patterns } of lists) {
    const isAllowed = (address: string): boolean => {
      const url = URL.parse(address);
      return url !== null && patterns.some(pattern => isMatch(pattern, url));
    };
    const address = addresses.find(one => !isAllowed(one));
    if (address !== undefined) return { address, extension };
  }
  return undefined;
}

/** Returns the providers that every list allows, and names the others with the extension that forbids them. */
export function onlyAllowed(
  lists: readonly IssuerList[],
  { providers, problems }: ParsedProviders,
): ParsedProviders {
  const judged = providers.map(provider => ({ provider, forbidden: forbiddenBy(lists, provider) }));
  const refused = judged.flatMap(({ provider: { id, contributedBy }, forbidden }) =>
    forbidden
      ? [
          {
            providerId: id,
            field: undefined,
            reason: l10n.t(
              'isn’t allowed by the extension {0} ({1})',
              forbidden.extension,
              forbidden.address,
            ),
            extension: contributedBy,
          },
        ]
      : [],
  );
  return {
    providers: judged.flatMap(({ provider, forbidden }) => (forbidden ? [] : [provider])),
    problems: [...problems, ...refused],
  };
}
