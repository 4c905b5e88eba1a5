import { l10n, type Shown } from '../../platform/shown.ts';
import { serviceGrantTypes } from '../../protocol/server/serviceGrantTypes.ts';
import {
  isServiceMethod,
  personMethods,
  type BrowserMethod,
  type ServiceMethod,
  type PersonMethod,
  type SignInMethod,
} from '../../providers/settings/signInMethods.ts';
import { lists } from './documentMethods.ts';
import { judge, lacksCertificate, withheld, type PlanInput } from './verdicts.ts';

export type { PlanInput, Surroundings } from './verdicts.ts';

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
  /** What else the user can choose. */
  readonly offered: readonly PlannedMethod[];
  readonly closed: readonly ClosedMethod[];
}

/**
 * Decides how to sign in. A pure function: every decision can be explained, logged and tested.
 *
 * A device code is tried automatically only if it was set, or if no response can come back to this editor: codes that
 * another user started are how users are tricked into signing in attackers (RFC 8628 section 5.4).
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
    const reason =
      verdict.kind === 'open'
        ? verdict.reason
        : l10n.t('It’s configured, but might not work. {0}', verdict.why);
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
  return { tries: [{ ...code, reason: cannotReturn() }], offered: manual, closed: closedMethods };
}

/** The reason for a device code that the user didn't choose (RFC 8628 section 5.4). */
export const cannotReturn = (): Shown =>
  l10n.t('Your browser can’t return to this editor, so you’ll sign in with a code.');

/**
 * A service client signs in as itself, or as the settings say. There is no other method: a user would be a different
 * identity.
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
  const doubts = listed ? [] : [l10n.t('It’s tried even though {0} doesn’t list that grant type.', host)];
  const reason = [serviceReason(method), ...doubts].join(' ');
  return { tries: [{ method, reason }], offered: [], closed: [] };
}

function serviceReason(method: ServiceMethod): string {
  switch (method) {
    case 'client-credentials':
      return l10n.t('The client signs in as itself, without a user or a browser.');
    case 'impersonation':
      return l10n.t('The client signs in on behalf of the configured user, without a browser.');
    case 'token-exchange':
      return l10n.t(
        'The token from your sign-in to another provider is exchanged for one from this provider.',
      );
    case 'identity-assertion':
      return l10n.t('Another provider that you’re signed in to asserts your identity to this one.');
  }
}

/**
 * The methods that need no copying by the user, likeliest first. Those set for the provider come first, then those whose
 * redirect URI the client ID metadata document lists: the others need a registration.
 */
function automaticOrder(input: PlanInput): BrowserMethod[] {
  const { redirect } = input.provider;
  const set: BrowserMethod[] = [];
  if (redirect.bridge !== undefined || redirect.relay !== undefined) set.push('bridge');
  if (redirect.loopbackHost !== undefined || redirect.loopbackPorts !== undefined) set.push('loopback');
  const usual: readonly BrowserMethod[] = ['uri-handler', 'loopback', 'bridge'];
  return [...new Set([...set, ...usual.filter(method => lists(method, input)), ...usual])];
}

function failedLast(planned: readonly PlannedMethod[], failed: readonly SignInMethod[]): PlannedMethod[] {
  const again = planned
    .filter(({ method }) => failed.includes(method))
    .map(({ method }) => ({
      method,
      reason: l10n.t('No response came back with this method before, so others are tried first.'),
    }));
  return [...planned.filter(({ method }) => !failed.includes(method)), ...again];
}

/** The plan, for the log. */
export function describePlan(plan: Plan): Readonly<Record<string, readonly string[]>> {
  const reasons = (planned: readonly PlannedMethod[]) =>
    planned.map(({ method, reason }) => `${method}: ${reason}`);
  return {
    tries: reasons(plan.tries),
    offered: reasons(plan.offered),
    closed: plan.closed.map(({ method, why }) => `${method}: ${why}`),
  };
}
