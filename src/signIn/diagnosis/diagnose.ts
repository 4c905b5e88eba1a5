import { secondsNow } from '../../platform/clock.ts';
import { isLoopbackHost } from '../../protocol/address.ts';
import { metadataAddresses } from '../../protocol/discovery.ts';
import { Failure } from '../../protocol/failure.ts';
import { certificateCode } from '../../protocol/http.ts';
import type { Metadata } from '../../protocol/metadata.ts';
import type { Wire } from '../../protocol/wire.ts';
import type { Provider } from '../../providers/definition.ts';
import { wayName } from '../../providers/signInMethods.ts';
import type { Plan } from '../planner.ts';
import type { RegisteredUri } from '../redirect/registeredUris.ts';
import { metadataFindings, offers } from './offers.ts';
import { fail, failed, info, pass, warn, type Finding, type Section } from './report.ts';

/** What is known of the sign-ins there have been; nothing of it is secret. */
export interface SeenGrants {
  readonly accounts: number;
  /** The lifetimes that the server gave, in seconds; undefined: it did not say. */
  readonly lifetimes: readonly (number | undefined)[];
  readonly withoutRefreshToken: number;
  readonly signInNeeded: number;
}

export interface DiagnosisInput {
  readonly wire: Wire;
  readonly provider: Provider;
  /** How a sign-in would go from here; throws what keeps it from being known. */
  plan(): Promise<Plan>;
  registeredUris(metadata: Metadata): readonly RegisteredUri[];
  readonly grants: SeenGrants;
  /** True if a client secret or key that is needed is stored. */
  readonly hasClientSecret: boolean;
  /** Whether what is stored lasts: undefined if it could not be told. */
  readonly storageWorks: boolean | undefined;
  /** The address of the proxy that the editor is set to use, without its password. */
  readonly proxy: string | undefined;
}

/** A clock that differs by more than this, in seconds, endangers sign-ins. */
const clockLimit = 60;

/**
 * Looks at everything that a sign-in to a provider takes, and says what is right, what is odd and what is
 * wrong. Nothing secret is in it, and nothing is changed by it; it never throws for what it finds.
 */
export async function diagnose(input: DiagnosisInput): Promise<Section[]> {
  const { wire, provider } = input;
  const settings: Section = { title: 'Settings', findings: settingsFindings(provider, input) };
  const { reach, skew } = await reachability(wire, provider);
  const sections: Section[] = [
    settings,
    { title: 'Connection', findings: [...reach, ...skew, proxyFinding(input)] },
  ];
  let metadata: Metadata;
  try {
    wire.metadata.forget(provider.issuer);
    const discovered = await wire.metadata.get(provider.issuer, provider);
    metadata = discovered.metadata;
    sections.push({
      title: 'Metadata',
      findings: metadataFindings(provider, metadata, discovered.metadataAddress),
    });
  } catch (error) {
    sections.push({ title: 'Metadata', findings: [failed('Metadata', error)] });
    return sections;
  }
  sections.push({ title: 'What the provider offers', findings: await offers(wire, provider, metadata) });
  sections.push({ title: 'Signing in from here', findings: await planFindings(input) });
  // A client that signs in by itself opens no browser that could come back.
  if (!provider.machine) {
    sections.push({
      title: 'Redirect URIs to register at the provider, to the letter',
      findings: input
        .registeredUris(metadata)
        .map(({ uri, why }) => ({ verdict: 'info', what: uri, found: why })),
    });
  }
  sections.push({ title: 'Sign-ins', findings: grantFindings(input) });
  return sections;
}

function settingsFindings(provider: Provider, { hasClientSecret }: DiagnosisInput): Finding[] {
  const { clientId, clientAuthentication, contributedBy } = provider;
  return [
    info('Issuer', provider.issuer),
    info(
      'Comes from',
      contributedBy === undefined ? 'the setting oidc.providers' : `the extension ${contributedBy}`,
    ),
    info('Client id', clientId ?? 'none: this editor registers itself'),
    clientAuthentication === 'none'
      ? pass('Client authentication', 'none: a public client with PKCE')
      : hasClientSecret
        ? pass('Client authentication', `${clientAuthentication}; what it takes is stored`)
        : warn(
            'Client authentication',
            `${clientAuthentication}; what it takes is not stored`,
            'It is asked for at the next sign-in; or run "OIDC: Replace Client Secret".',
          ),
    info('Scopes', provider.scopes?.join(' ') ?? 'the usual ones'),
  ];
}

/** Asks for the document itself, to see how long it takes, who answers, and what time it is there. */
async function reachability(wire: Wire, provider: Provider): Promise<{ reach: Finding[]; skew: Finding[] }> {
  const [address] =
    provider.metadataUrl === undefined ? metadataAddresses(provider.issuer) : [provider.metadataUrl];
  const target =
    provider.discovery === false
      ? (provider.endpoints?.token ?? provider.issuer)
      : (address ?? provider.issuer);
  const { host, protocol, hostname } = new URL(target);
  const secure =
    protocol === 'https:'
      ? undefined
      : warn(
          'Encryption',
          `${host} is asked by plain http`,
          isLoopbackHost(hostname) ? 'Only good for development on this computer.' : undefined,
        );
  const started = wire.clock.now();
  try {
    const response = await wire.http(provider)(target, { headers: { accept: 'application/json' } });
    const milliseconds = wire.clock.now() - started;
    const reach = [
      milliseconds > 3000
        ? warn(
            'Reachability',
            `${host} answered after ${milliseconds} ms`,
            'Check your network, proxy and VPN.',
          )
        : pass('Reachability', `${host} answered after ${milliseconds} ms with status ${response.status}`),
      ...(protocol === 'https:' ? [pass('Certificate', 'trusted by this editor')] : []),
      ...(secure ? [secure] : []),
    ];
    return { reach, skew: skewFinding(response.headers.get('date'), secondsNow(wire.clock)) };
  } catch (error) {
    const isUntrusted =
      error instanceof Failure && certificateCode.test(String(error.details['reason'] ?? ''));
    const own = failed(isUntrusted ? 'Certificate' : 'Reachability', error);
    const next = isUntrusted
      ? 'Add the certificate of your company to the operating system, and leave the setting http.systemCertificates on.'
      : undefined;
    return { reach: [{ ...own, next }, ...(secure ? [secure] : [])], skew: [] };
  }
}

function skewFinding(date: string | null, now: number): Finding[] {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return [info('Clock', 'the server does not say what time it is there')];
  const difference = Math.round(there / 1000 - now);
  return Math.abs(difference) <= clockLimit
    ? [pass('Clock', `differs by ${Math.abs(difference)} s`)]
    : [
        fail(
          'Clock',
          `differs from that of the server by ${Math.abs(difference)} s`,
          'Set the clock of this computer.',
        ),
      ];
}

const proxyFinding = ({ proxy }: DiagnosisInput): Finding =>
  info('Proxy', proxy ?? 'none is set in the editor (http.proxy); that of the operating system may be used');

async function planFindings(input: DiagnosisInput): Promise<Finding[]> {
  try {
    const { tries, offered, closed } = await input.plan();
    return [
      ...tries.map(({ way, reason }, at) => pass(`${at + 1}. ${wayName(way)}`, reason)),
      ...offered.map(({ way, reason }) => info(wayName(way), `on demand. ${reason}`)),
      ...closed.map(({ way, why }) => info(wayName(way), `not here. ${why}`)),
      ...(tries.length > 0
        ? []
        : [
            fail(
              'Any way',
              'none is open',
              'See the reasons above; a client id or a bridge page may be missing.',
            ),
          ]),
    ];
  } catch (error) {
    return [failed('Ways to sign in', error)];
  }
}

function grantFindings({ grants, provider, storageWorks }: DiagnosisInput): Finding[] {
  const { accounts, lifetimes, withoutRefreshToken, signInNeeded } = grants;
  const storage =
    storageWorks === false
      ? fail('Secret storage', 'what is stored cannot be read again', 'Check the keyring of this computer.')
      : pass(
          'Secret storage',
          'takes and gives; whether it outlives the editor depends on the keyring of the computer',
        );
  if (accounts === 0) return [info('Accounts', 'nobody is signed in'), storage];
  const said = lifetimes.filter(seconds => seconds !== undefined);
  return [
    info('Accounts', `${accounts} signed in`),
    said.length > 0
      ? info('Token lifetime', `${Math.min(...said)} to ${Math.max(...said)} s`)
      : provider.assumedTokenLifetime === undefined
        ? warn('Token lifetime', 'the provider does not say', 'Set "assumedTokenLifetime" if its tokens end.')
        : info('Token lifetime', `taken for ${provider.assumedTokenLifetime} s, as set`),
    withoutRefreshToken > 0
      ? warn(
          'Staying signed in',
          `${withoutRefreshToken} of them without a refresh token`,
          'Ask for the scope "offline_access", or for what the provider has in its place.',
        )
      : pass('Staying signed in', provider.machine ? 'by asking for a new token' : 'with refresh tokens'),
    ...(signInNeeded > 0 ? [warn('Sign-in needed', `for ${signInNeeded} of them`, 'Sign in again.')] : []),
    storage,
  ];
}
