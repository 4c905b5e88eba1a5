import { l10n } from '../../platform/shown.ts';
import { isCertificateMethod } from '../../protocol/client/clientAuthentication.ts';
import { serviceGrantTypes } from '../../protocol/server/serviceGrantTypes.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { acceptsRedirect } from '../../providers/settings/redirectSettings.ts';
import {
  isServiceMethod,
  personMethods,
  type BrowserMethod,
  type ServiceMethod,
  type PersonMethod,
  type ProviderMethod,
  type SignInMethod,
} from '../../providers/settings/signInMethods.ts';

/** Where this extension runs and where its person is. */
export interface Surroundings {
  /** What the person looks at: the desktop application, or a page in a browser. */
  readonly ui: 'desktop' | 'web';
  /** Where our code runs: on the person's own computer, on another one, or inside the browser. */
  readonly runsIn: 'local' | 'remote' | 'web-worker';
  /** The editor's name for the remote, such as `ssh-remote`, `wsl`, `codespaces`; undefined if there is none. */
  readonly remoteName: string | undefined;
  /** The scheme of the running product: `vscode`, `vscodium`, `code-oss`, … */
  readonly uriScheme: string;
}

export interface PlanInput {
  readonly surroundings: Surroundings;
  readonly metadata: Pick<
    Metadata,
    | 'issuer'
    | 'authorization_endpoint'
    | 'token_endpoint'
    | 'device_authorization_endpoint'
    | 'registration_endpoint'
    | 'client_id_metadata_document_supported'
    | 'grant_types_supported'
    | 'response_types_supported'
  >;
  readonly provider: Pick<
    Provider,
    'clientId' | 'clientAuthentication' | 'acceptsChangingRedirectUri' | 'redirect'
  >;
  /** What the settings ask for: the provider's own method, else the overall one. */
  readonly method: ProviderMethod;
  /** A client ID metadata document is configured, for servers that take one in place of a registration. */
  readonly hasClientDocument: boolean;
  /** The token endpoint does not let an editor inside the browser read its answers, see `readableAnswers.ts`. */
  readonly withholdsTokens?: boolean;
  /** Methods from which no answer came back in an earlier sign-in to this provider, in this window. */
  readonly failed: readonly SignInMethod[];
}

/** A method that is open, with one sentence that says why it is, or why it stands where it does. */
export interface PlannedMethod {
  readonly method: SignInMethod;
  readonly reason: string;
}

/** A method that is closed, with one sentence that says why. */
export interface ClosedMethod {
  readonly method: SignInMethod;
  readonly why: string;
}

export interface Plan {
  /** What is tried without asking, one after the other while the surroundings let each fail. */
  readonly tries: readonly PlannedMethod[];
  /** What a person can choose besides. */
  readonly offered: readonly PlannedMethod[];
  readonly closed: readonly ClosedMethod[];
}

type Verdict =
  | { readonly kind: 'open'; readonly reason: string }
  /** Does not work as far as can be told from here; somebody who knows better may insist on it. */
  | { readonly kind: 'doubtful'; readonly why: string }
  | { readonly kind: 'closed'; readonly why: string };

const open = (reason: string): Verdict => ({ kind: 'open', reason });
const doubtful = (why: string): Verdict => ({ kind: 'doubtful', why });
const closed = (why: string): Verdict => ({ kind: 'closed', why });

/**
 * Decides how to sign in: a pure function, so that every decision can be explained, logged and tested.
 *
 * A device code is tried by itself only if it was set, or if nothing brings an answer back to this editor: a
 * code that somebody else started is how people are tricked into signing strangers in (RFC 8628 section 5.4).
 */
export function planSignIn(input: PlanInput): Plan {
  if (isServiceMethod(input.method)) return planService(input.method, input);
  const verdicts = new Map(personMethods.map(method => [method, judge(method, input)]));
  const closedMethods = personMethods.flatMap(method => {
    const verdict = verdicts.get(method);
    return verdict && verdict.kind !== 'open' ? [{ method, why: verdict.why }] : [];
  });
  const planned = (method: PersonMethod): PlannedMethod[] => {
    const verdict = verdicts.get(method);
    return verdict?.kind === 'open' ? [{ method, reason: verdict.reason }] : [];
  };

  if (input.method !== 'auto') {
    const fixed = input.method;
    const verdict = verdicts.get(fixed);
    const others = personMethods.filter(method => method !== fixed).flatMap(planned);
    if (!verdict || verdict.kind === 'closed') return { tries: [], offered: others, closed: closedMethods };
    const reason = verdict.kind === 'open' ? verdict.reason : l10n.t('It is set, although: {0}', verdict.why);
    return {
      tries: [{ method: fixed, reason }],
      offered: others,
      closed: closedMethods.filter(({ method }) => method !== fixed),
    };
  }

  const automatic = failedLast(automaticOrder(input).flatMap(planned), input.failed);
  const manual = planned('paste');
  const device = planned('device-code');
  if (automatic.length > 0) {
    return { tries: [...automatic, ...manual], offered: device, closed: closedMethods };
  }
  const [code] = device;
  if (!code) return { tries: manual, offered: [], closed: closedMethods };
  const reason = l10n.t(
    'Nothing can bring the answer of a browser back to this editor, so you enter a code instead.',
  );
  return { tries: [{ ...code, reason }], offered: manual, closed: closedMethods };
}

/**
 * A client that signs in by itself signs in as itself, or as the settings say. There is no other method: a person
 * would be somebody else.
 */
function planService(method: ServiceMethod, input: PlanInput): Plan {
  const { metadata } = input;
  const { host } = new URL(metadata.issuer);
  if (!metadata.token_endpoint) {
    return { tries: [], offered: [], closed: [{ method, why: l10n.t('{0} has no token endpoint.', host) }] };
  }
  const why = lacksCertificate(input) ?? (input.withholdsTokens ? withheld(input) : undefined);
  if (why !== undefined) return { tries: [], offered: [], closed: [{ method, why }] };
  const listed = metadata.grant_types_supported?.includes(serviceGrantTypes[method]) ?? true;
  const doubts = listed ? [] : [l10n.t('It is tried although {0} does not list that grant type.', host)];
  const reason = [serviceReason(method), ...doubts].join(' ');
  return { tries: [{ method, reason }], offered: [], closed: [] };
}

function serviceReason(method: ServiceMethod): string {
  switch (method) {
    case 'client-credentials':
      return l10n.t('The client signs in as itself: no person is asked and no browser is opened.');
    case 'impersonation':
      return l10n.t('The client signs in in the name of the user that is set: no browser is opened.');
    case 'token-exchange':
      return l10n.t('The token of your sign-in at another provider is exchanged for one of this provider.');
  }
}

/** The methods that need nobody to carry anything, likeliest first: what was set for the provider comes before. */
function automaticOrder({ provider: { redirect } }: PlanInput): BrowserMethod[] {
  const set: BrowserMethod[] = [];
  if (redirect.bridge !== undefined || redirect.relay !== undefined) set.push('bridge');
  if (redirect.loopbackHost !== undefined || redirect.loopbackPorts !== undefined) set.push('loopback');
  return [...new Set<BrowserMethod>([...set, 'uri-handler', 'loopback', 'bridge'])];
}

function failedLast(planned: readonly PlannedMethod[], failed: readonly SignInMethod[]): PlannedMethod[] {
  const again = planned
    .filter(({ method }) => failed.includes(method))
    .map(({ method }) => ({
      method,
      reason: l10n.t('No answer came back this way before, so others go first.'),
    }));
  return [...planned.filter(({ method }) => !failed.includes(method)), ...again];
}

function judge(method: PersonMethod, input: PlanInput): Verdict {
  const missing = lacksCertificate(input) ?? missingFor(method, input);
  if (missing !== undefined) return closed(missing);
  if (input.withholdsTokens) return doubtful(withheld(input));
  switch (method) {
    case 'uri-handler':
      return judgeUriHandler(input);
    case 'loopback':
      return judgeLoopback(input);
    case 'bridge':
      return judgeBridge(input);
    case 'paste':
      return judgePaste(input.provider);
    case 'device-code':
      return open(l10n.t('You enter a code in any browser, also that of another device.'));
  }
}

function withheld({ metadata }: PlanInput): string {
  const { host } = new URL(metadata.token_endpoint ?? metadata.issuer);
  return l10n.t(
    '{0} does not allow an editor inside the browser to read its answers (CORS), so no sign-in could be completed.',
    host,
  );
}

/** A browser shows its own certificates, after asking the person, and none of ours. */
const lacksCertificate = ({ provider, surroundings }: PlanInput): string | undefined =>
  isCertificateMethod(provider.clientAuthentication) && surroundings.runsIn === 'web-worker'
    ? l10n.t(
        'An editor inside the browser cannot show the client certificate that is set; sign in from the editor on the desktop or with a remote.',
      )
    : undefined;

/** What the server or the settings lack for a method, wherever the editor runs. */
function missingFor(
  method: PersonMethod,
  { metadata, provider, hasClientDocument }: PlanInput,
): string | undefined {
  const host = new URL(metadata.issuer).host;
  if (!metadata.token_endpoint) return l10n.t('{0} has no token endpoint.', host);
  const known =
    provider.clientId !== undefined ||
    metadata.registration_endpoint !== undefined ||
    (hasClientDocument && metadata.client_id_metadata_document_supported === true);
  if (!known)
    return l10n.t('No client id is set, and {0} does not let applications register themselves.', host);
  if (method === 'device-code') {
    return metadata.device_authorization_endpoint ? undefined : l10n.t('{0} offers no device codes.', host);
  }
  if (!metadata.authorization_endpoint) return l10n.t('{0} has no authorization endpoint.', host);
  const hasCodes =
    (metadata.grant_types_supported?.includes('authorization_code') ?? true) &&
    (metadata.response_types_supported?.includes('code') ?? true);
  return !hasCodes ? l10n.t('{0} does not offer the authorization code grant.', host) : undefined;
}

function judgeUriHandler({ surroundings, metadata, provider }: PlanInput): Verdict {
  const { ui, remoteName, uriScheme } = surroundings;
  const kind = ui === 'desktop' ? 'editor' : 'https';
  if (!acceptsRedirect(provider.redirect, kind)) {
    return doubtful(l10n.t('The provider is set to take no address of this editor as a redirect URI.'));
  }
  if (ui === 'desktop') {
    return open(
      remoteName === undefined
        ? l10n.t('The browser hands the answer to the editor by its own address ({0}://).', uriScheme)
        : l10n.t(
            'The browser hands the answer to the editor on your computer ({0}://), though the workspace is remote ({1}).',
            uriScheme,
            remoteName,
          ),
    );
  }
  if (provider.acceptsChangingRedirectUri) {
    return open(l10n.t('The address of this editor changes, which the provider is set to accept.'));
  }
  if (provider.clientId === undefined && metadata.registration_endpoint !== undefined) {
    return open(
      l10n.t('The address of this editor changes, so it is registered with the provider each time.'),
    );
  }
  return doubtful(l10n.t('The address of this editor changes; see "acceptsChangingRedirectUri".'));
}

function judgeLoopback({ surroundings: { runsIn, remoteName }, provider: { redirect } }: PlanInput): Verdict {
  if (runsIn === 'web-worker') {
    return closed(l10n.t('The extension runs inside the browser, where nothing can listen for an answer.'));
  }
  if (!acceptsRedirect(redirect, 'loopback')) {
    return doubtful(l10n.t('The provider is set to take no address of this computer as a redirect URI.'));
  }
  if (runsIn === 'local') return open(l10n.t('The browser hands the answer to this computer (127.0.0.1).'));
  return doubtful(
    remoteName === undefined
      ? l10n.t('The answer would go to your computer; the extension runs elsewhere.')
      : l10n.t('The answer would go to your computer; the extension runs elsewhere ({0}).', remoteName),
  );
}

function judgeBridge({ provider: { redirect } }: PlanInput): Verdict {
  const page = redirect.bridge ?? redirect.relay;
  if (page === undefined) return closed(l10n.t('No bridge page is set for the provider.'));
  return open(
    l10n.t('The page that is set for the provider, on {0}, hands the answer on.', new URL(page).host),
  );
}

function judgePaste({ redirect }: PlanInput['provider']): Verdict {
  if (redirect.paste === undefined && !acceptsRedirect(redirect, 'loopback')) {
    return doubtful(
      l10n.t('No page is set on which the browser ends, and the provider takes no address of this computer.'),
    );
  }
  return open(l10n.t('You copy the address on which the browser ends, so nothing has to reach this editor.'));
}

/** The plan as it stands in the log. */
export function describePlan(plan: Plan): Readonly<Record<string, readonly string[]>> {
  const reasons = (planned: readonly PlannedMethod[]) =>
    planned.map(({ method, reason }) => `${method}: ${reason}`);
  return {
    tries: reasons(plan.tries),
    offered: reasons(plan.offered),
    closed: plan.closed.map(({ method, why }) => `${method}: ${why}`),
  };
}
