import { l10n } from '../../platform/shown.ts';
import { clockTolerance, secondsNow } from '../../platform/clock.ts';
import { farthestClock } from '../../protocol/http/serverTime.ts';
import { isLoopbackHost } from '../../protocol/http/address.ts';
import { verifiesCertificates } from '../../protocol/client/verification.ts';
import { metadataAddresses, offeredEndpoints } from '../../protocol/server/discovery.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Blemish } from '../../protocol/http/blemishes.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { methodName } from '../plan/methodName.ts';
import { explainConcession } from '../plan/askingLess.ts';
import type { Plan } from '../plan/planner.ts';
import type { RegisteredUri } from '../redirect/registeredUris.ts';
import { clientSection, type ClientInquiry } from './clientSection.ts';
import { inquireDocument } from './documentFindings.ts';
import { metadataFindings, offers } from './offers.ts';
import { fail, failed, info, pass, section, warn, type Finding, type Section } from './report.ts';

/** What is known about past sign-ins. It holds no secret. */
export interface SeenGrants {
  readonly accounts: number;
  /** The lifetimes that the server sent, in seconds. Undefined: it sent none. */
  readonly lifetimes: readonly (number | undefined)[];
  readonly withoutRefreshToken: number;
  readonly signInNeeded: number;
}

export interface DiagnosisInput {
  readonly httpContext: HttpContext;
  readonly provider: Provider;
  /** How a sign-in would work from here. Throws what prevents finding that out. */
  plan(): Promise<Plan>;
  registeredUris(metadata: Metadata): readonly RegisteredUri[];
  readonly client: ClientInquiry;
  readonly grants: SeenGrants;
  /** The URL of this editor's client ID metadata document, if the settings name one. */
  readonly clientDocument: string | undefined;
  /** True if a client secret or key that is needed is stored. */
  readonly hasClientSecret: boolean;
  /** Whether stored values last. Undefined if that couldn't be tested. */
  readonly storageWorks: boolean | undefined;
  /** The URL of the proxy in the editor's settings, without its password. */
  readonly proxy: string | undefined;
}

/**
 * Checks everything that a sign-in to a provider needs, asks the server what needs no user, and reports what is right,
 * odd and wrong. The report holds no secret, and nothing is changed. Never throws for what it finds.
 */
export async function diagnose(input: DiagnosisInput): Promise<Section[]> {
  const { httpContext, provider } = input;
  const sections = [
    section(l10n.t('Settings'), settingsFindings(provider, input)),
    section(l10n.t('Connection'), [...(await reachability(httpContext, provider)), proxyFinding(input)]),
  ];
  let metadata: Metadata;
  try {
    httpContext.metadata.forget(provider.issuer);
    const discovered = await httpContext.metadata.get(provider.issuer, provider, undefined, offeredEndpoints);
    metadata = discovered.metadata;
    sections.push(
      section(l10n.t('Metadata'), metadataFindings(provider, metadata, discovered.metadataAddress)),
    );
  } catch (error) {
    return [...sections, section(l10n.t('Metadata'), [failed(l10n.t('Metadata'), error)])];
  }
  const document = await inquireDocument(httpContext, provider, metadata, input.clientDocument);
  sections.push(
    section(l10n.t('What the provider offers'), [
      ...(await offers(httpContext, provider, metadata)),
      ...document.findings,
    ]),
    section(l10n.t('Signing in from here'), await planFindings(input)),
  );
  // A service client opens no browser that could come back.
  if (!provider.service) {
    const uris = input.registeredUris(metadata);
    sections.push(
      section(
        l10n.t('Redirect URIs to register exactly as shown'),
        uris.map(({ uri, why }) => info(uri, why)),
      ),
      section(
        l10n.t('Client as the provider sees it'),
        document.isUsed ? [readOnArrival()] : await clientSection(input, input.client, metadata, uris),
      ),
    );
  }
  sections.push(section(l10n.t('Sign-ins'), grantFindings(input)));
  const conceded = input.client.stores.concessions.of(provider);
  if (conceded.length > 0)
    sections.push(
      section(
        l10n.t('What sign-ins leave out because the provider refused it'),
        conceded.map(one => info(l10n.t('Not requested again for 30 days'), explainConcession(one))),
      ),
    );
  const departures = departureFindings(httpContext.blemishes.of(provider.issuer));
  if (departures.length > 0)
    sections.push(section(l10n.t('Tolerated deviations from the standards'), departures));
  return sections;
}

const readOnArrival = (): Finding =>
  info(
    l10n.t('Not asked'),
    l10n.t('The provider reads this editor’s client ID metadata document when your browser arrives.'),
  );

/** What was read for what it means, as docs/checks.md lists it. */
function departureFindings(seen: readonly Blemish[]): Finding[] {
  const byCheck = Map.groupBy(seen, ({ check }) => check);
  return [...byCheck].map(([check, blemishes]) =>
    info(check, blemishes.map(({ member }) => member).join(', ')),
  );
}

function settingsFindings(
  provider: Provider,
  { hasClientSecret, clientDocument }: DiagnosisInput,
): Finding[] {
  const { clientId, clientAuthentication, contributedBy, mcpServer } = provider;
  return [
    info(l10n.t('Issuer'), provider.issuer),
    info(
      l10n.t('Comes from'),
      mcpServer !== undefined
        ? l10n.t('the metadata of the MCP server {0}, in the setting oidc.mcpServers', mcpServer)
        : contributedBy === undefined
          ? l10n.t('the setting oidc.providers')
          : l10n.t('the extension {0}', contributedBy),
    ),
    info(
      l10n.t('Client ID'),
      clientId ??
        (clientDocument === undefined
          ? l10n.t('none: this editor registers itself')
          : l10n.t('none: this editor uses its client ID metadata document, or registers itself')),
    ),
    clientAuthentication === 'none'
      ? pass(l10n.t('Client authentication'), l10n.t('none: a public client with PKCE'))
      : hasClientSecret
        ? pass(
            l10n.t('Client authentication'),
            l10n.t('{0} (its secret, key, or certificate is stored)', clientAuthentication),
          )
        : warn(
            l10n.t('Client authentication'),
            l10n.t('{0} (its secret, key, or certificate isn’t stored)', clientAuthentication),
            l10n.t('Enter it at the next sign-in, or run "OIDC: Replace Client Secret".'),
          ),
    info(l10n.t('Scopes'), provider.scopes?.join(' ') ?? l10n.t('the default ones')),
  ];
}

/** Requests the metadata document, to see how long it takes, which host responds, and what time it is there. */
async function reachability(
  { clock, http }: HttpContext,
  provider: Provider,
): Promise<(Finding | undefined)[]> {
  const address = provider.metadataUrl ?? metadataAddresses(provider.issuer)[0] ?? provider.issuer;
  const target = provider.discovery === false ? (provider.endpoints?.token ?? provider.issuer) : address;
  const { host, protocol, hostname } = new URL(target);
  const isEncrypted = protocol === 'https:';
  const encryption = isEncrypted
    ? undefined
    : warn(
        l10n.t('Encryption'),
        l10n.t('{0} is reached over plain http', host),
        isLoopbackHost(hostname) ? l10n.t('Only good for development on this computer.') : undefined,
      );
  const started = clock.now();
  try {
    const { status, headers } = await http(provider)(target, { headers: { accept: 'application/json' } });
    const milliseconds = clock.now() - started;
    const slowly = l10n.t('{0} responded after {1} ms', host, milliseconds);
    return [
      milliseconds > 3000
        ? warn(l10n.t('Reachability'), slowly, l10n.t('Check your network, proxy and VPN.'))
        : pass(
            l10n.t('Reachability'),
            l10n.t('{0} responded after {1} ms with status {2}', host, milliseconds, status),
          ),
      isEncrypted ? certificateFinding() : undefined,
      encryption,
      skewFinding(headers.get('date'), secondsNow(clock)),
    ];
  } catch (error) {
    const isUntrusted = error instanceof Failure && error.code === 'server-untrusted';
    return [failed(isUntrusted ? l10n.t('Certificate') : l10n.t('Reachability'), error), encryption];
  }
}

const certificateFinding = (): Finding =>
  verifiesCertificates()
    ? pass(l10n.t('Certificate'), l10n.t('trusted by this editor'))
    : warn(
        l10n.t('Certificate'),
        l10n.t('not verified, because of the environment variable NODE_TLS_REJECT_UNAUTHORIZED'),
      );

function skewFinding(date: string | null, now: number): Finding {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) {
    return info(l10n.t('Clock'), l10n.t('the server doesn’t send its time'));
  }
  const difference = Math.abs(Math.round(there / 1000 - now));
  if (difference <= clockTolerance) return pass(l10n.t('Clock'), l10n.t('differs by {0} s', difference));
  const advice = l10n.t('Set the clock of this computer.');
  return difference <= farthestClock
    ? warn(
        l10n.t('Clock'),
        l10n.t(
          'differs from the server’s by {0} s (tokens are checked against the server’s clock)',
          difference,
        ),
        advice,
      )
    : fail(l10n.t('Clock'), l10n.t('differs from the server’s by {0} s', difference), advice);
}

const proxyFinding = ({ proxy }: DiagnosisInput): Finding =>
  info(
    l10n.t('Proxy'),
    proxy ?? l10n.t('none is set in the editor (http.proxy), so the operating system’s might be used'),
  );

async function planFindings(input: DiagnosisInput): Promise<Finding[]> {
  try {
    const { tries, offered, closed } = await input.plan();
    const findings = [
      ...tries.map(({ method, reason }, at) => pass(`${at + 1}. ${methodName(method)}`, reason)),
      ...offered.map(({ method, reason }) => info(methodName(method), l10n.t('on demand. {0}', reason))),
      ...closed.map(({ method, why }) => info(methodName(method), l10n.t('not here. {0}', why))),
    ];
    if (tries.length > 0) return findings;
    const next = l10n.t('See the reasons above. A client ID or a bridge page might be missing.');
    return [...findings, fail(l10n.t('Sign-in methods'), l10n.t('none works here'), next)];
  } catch (error) {
    return [failed(l10n.t('Sign-in methods'), error)];
  }
}

function grantFindings({ grants, provider, storageWorks }: DiagnosisInput): (Finding | undefined)[] {
  const { accounts, withoutRefreshToken, signInNeeded } = grants;
  const storage =
    storageWorks === false
      ? fail(
          l10n.t('Secret storage'),
          l10n.t('stored values can’t be read back'),
          l10n.t('Check the keyring of this computer.'),
        )
      : pass(
          l10n.t('Secret storage'),
          l10n.t('works (this computer’s keyring decides whether values outlive the editor)'),
        );
  if (accounts === 0) return [info(l10n.t('Accounts'), l10n.t('no one is signed in')), storage];
  return [
    info(l10n.t('Accounts'), l10n.t('{0} signed in', accounts)),
    lifetimeFinding(provider, grants),
    withoutRefreshToken > 0
      ? warn(
          l10n.t('Staying signed in'),
          l10n.t('{0} of them without a refresh token', withoutRefreshToken),
          l10n.t('Request the scope "offline_access", or the provider’s equivalent.'),
        )
      : pass(
          l10n.t('Staying signed in'),
          provider.service ? l10n.t('by requesting a new token') : l10n.t('with refresh tokens'),
        ),
    signInNeeded > 0
      ? warn(l10n.t('Sign-in needed'), l10n.t('for {0} of them', signInNeeded), l10n.t('Sign in again.'))
      : undefined,
    storage,
  ];
}

function lifetimeFinding({ assumedTokenLifetime: assumed }: Provider, { lifetimes }: SeenGrants): Finding {
  const said = lifetimes.filter(seconds => seconds !== undefined);
  if (said.length > 0) {
    return info(l10n.t('Token lifetime'), l10n.t('{0} to {1} s', Math.min(...said), Math.max(...said)));
  }
  return assumed === undefined
    ? warn(
        l10n.t('Token lifetime'),
        l10n.t('the provider doesn’t send it'),
        l10n.t('Set "assumedTokenLifetime" if its tokens expire.'),
      )
    : info(l10n.t('Token lifetime'), l10n.t('assumed to be {0} s, as configured', assumed));
}
