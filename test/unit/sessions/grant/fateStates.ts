import { secret } from '../../../../src/platform/secret.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import type { Event, State } from '../../../../src/sessions/grant/events.ts';
import type { TokenPolicy } from '../../../../src/sessions/grant/fate.ts';
import { blank, type Memory, type Request } from '../../../../src/sessions/grant/memory.ts';
import type { DerivedToken, Grant } from '../../../../src/sessions/grant/grant.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

/** The moment at which every state is looked at. */
export const now = start;
export const derived = ['email'];

export const plain: TokenPolicy = {
  assumedTokenLifetime: undefined,
  narrowTokens: true,
  refreshEndsAccessToken: false,
  rotationGrace: 0,
};
export const policies: readonly (TokenPolicy | undefined)[] = [
  plain,
  { ...plain, rotationGrace: 30 },
  { ...plain, refreshEndsAccessToken: true },
  { ...plain, assumedTokenLifetime: 600 },
  undefined,
];

/** An hour of tokens, of which so many seconds are left. */
const left = (seconds: number) =>
  someTokens(3, { receivedAt: now + seconds - 3600, expiresAt: now + seconds });
const tokens = {
  valid: left(3000),
  due: left(40),
  ended: left(-10),
  // The clock was set back since they came.
  later: left(10_000),
  endless: someTokens(3, { receivedAt: now - 100, expiresAt: undefined }),
  // Which have nothing to be renewed with.
  ending: { ...left(3000), refreshToken: undefined },
  over: { ...left(-10), refreshToken: undefined },
} as const;

const doubts = [
  {},
  { refreshSentAt: now - 5 },
  { refreshSentAt: now - 100 },
  { refreshSentAt: now - 100, refreshResentAt: now - 5 },
  // The clock was set back since.
  { refreshSentAt: now + 500 },
] as const;

const needs: readonly Grant['signInNeeded'][] = [
  undefined,
  { reason: 'The server said no.', since: now - 10 },
  { reason: 'The account lacks something.', since: now - 10, accountRefused: true },
  { reason: 'Something is in the way.', since: now - 10, tentative: true },
];

const derivedToken: DerivedToken = {
  kind: 'token',
  scopes: derived,
  serial: 2,
  accessToken: secret('access for email'),
  receivedAt: now - 3700,
  expiresAt: now - 100,
};
const refusal: DerivedToken = { kind: 'refused', scopes: derived, since: now - 100, reason: 'Not that.' };

export const trouble = (changes: Partial<NonNullable<Memory['trouble']>> = {}): Memory['trouble'] => ({
  failures: 2,
  obstructions: 0,
  reason: 'No network.',
  failedAt: now - 20,
  retryAt: now + 30,
  notBefore: now - 20,
  ...changes,
});
const knowing = (changes: Partial<Memory>): Memory => ({ ...blank, serial: 3, ...changes });
const requestOf = (which: Request['which'], asked: boolean): Request => ({
  which,
  asked,
  serial: which ? 2 : 3,
  stage: 'listening',
  sent: { serial: 3, refreshToken: secret('refresh-3') },
  before: { refreshSentAt: undefined, refreshResentAt: undefined },
});
/** A request that has come so far, of a grant with the tokens of this test. */
export const requestAt = (stage: Request['stage'], asked: boolean, which?: Request['which']): Request => ({
  ...requestOf(which, asked),
  stage,
});

const memories: readonly Memory[] = [
  knowing({}),
  // It is about earlier tokens.
  { ...knowing({ trouble: trouble(), silentUntil: now + 30, lacksSecret: true }), serial: 2 },
  knowing({ trouble: trouble() }),
  knowing({ trouble: trouble({ failedAt: now - 2 }) }),
  knowing({ trouble: trouble({ notBefore: now + 20 }) }),
  knowing({ trouble: trouble({ retryAt: now - 1, obstructions: 4 }) }),
  knowing({ silentUntil: now + 30 }),
  knowing({ lacksSecret: true, trouble: trouble() }),
  knowing({ request: requestOf(undefined, false) }),
  knowing({ request: requestOf(derived, true) }),
  ...(['noted', 'sent', 'rotated'] as const).map(stage => knowing({ request: requestAt(stage, false) })),
  knowing({ request: requestAt('sent', true, derived), trouble: trouble({ obstructions: 4 }) }),
];

const surroundings = [
  { isLeader: true, isLeaving: false, formerLeaderMayLive: false },
  { isLeader: true, isLeaving: false, formerLeaderMayLive: true },
  { isLeader: true, isLeaving: true, formerLeaderMayLive: false },
  { isLeader: false, isLeaving: false, formerLeaderMayLive: false },
] as const;

export const stateOf = (grant: Grant | undefined, changes: Partial<State> = {}): State => ({
  grant,
  policy: plain,
  memory: knowing({}),
  now,
  ...surroundings[0],
  ...changes,
});

/** Every state that there is, but for the times and texts in it. */
export function* allStates(): Generator<State> {
  const base = someGrant({ tokens: tokens.valid });
  const service = { ...base.binding, service: { way: 'client-credentials' } as const };
  const grants: (Grant | undefined)[] = [undefined];
  for (const held of Object.values(tokens))
    for (const doubt of doubts)
      for (const signInNeeded of needs)
        for (const entry of [[], [derivedToken], [refusal]])
          grants.push({ ...base, tokens: held, ...doubt, signInNeeded, derived: entry });
  for (const held of Object.values(tokens))
    for (const signInNeeded of needs)
      for (const told of [undefined, true] as const)
        grants.push({ ...base, tokens: held, signInNeeded, ending: { cure: 'consent', told } });
  for (const held of [tokens.ending, tokens.over])
    for (const signInNeeded of needs) grants.push({ ...base, binding: service, tokens: held, signInNeeded });
  for (const grant of grants)
    for (const policy of policies)
      for (const memory of memories)
        for (const around of surroundings) yield { grant, policy, memory, now, ...around };
}

const host = 'login.example.com';
export const failures = {
  invalid_grant: new Failure(
    'grant-refused',
    { host, error: 'invalid_grant', said: '' },
    { oauthError: 'invalid_grant' },
  ),
  invalid_scope: new Failure(
    'request-refused',
    { host, error: 'invalid_scope', said: '' },
    { oauthError: 'invalid_scope' },
  ),
  'bare 403': new Failure('unexplained', { host, status: 403 }),
  'another person': new Failure('token-untrusted', {
    issuer: `https://${host}`,
    reason: 'it names another user',
  }),
  'answer lost': new Failure('timed-out', { host, seconds: 15 }),
  'never arrived': new Failure('unreachable', { host, reason: 'there is no network' }, { sent: false }),
  busy: new Failure('rate-limited', { host, status: 429 }, { retryAfter: 120 }),
  'endpoint changed': new Failure('endpoint-changed', {
    issuer: `https://${host}`,
    found: 'https://evil.example',
  }),
  'no secret': new Failure('client-secret-missing', { provider: 'Company' }),
} as const;

const answer: Tokens = {
  accessToken: secret('access-4'),
  refreshToken: secret('refresh-4'),
  idToken: undefined,
  idTokenClaims: undefined,
  receivedAt: now,
  expiresAt: now + 3600,
  grantedScopes: undefined,
};

const failed = (failure: Failure | undefined): Event => ({
  kind: 'failed',
  failure,
  reason: failure?.message ?? 'The refresh failed.',
});

const profiled = (refusal: string | undefined) =>
  ({
    kind: 'profiled',
    serial: 3,
    profile: { claims: someGrant().claims, expiresAt: now + 10, refusal },
  }) as const;

/** Every event that there is, by a name for it. */
export const events = {
  asked: { kind: 'asked', which: undefined, serial: 3, urgent: false },
  'asked by a person': { kind: 'asked', which: undefined, serial: 3, urgent: true },
  'asked with an old token': { kind: 'asked', which: undefined, serial: 2, urgent: false },
  'asked for less': { kind: 'asked', which: derived, serial: 2, urgent: false },
  timer: { kind: 'timer' },
  over: { kind: 'over' },
  listened: { kind: 'listened', stored: true },
  'listened, storage silent': { kind: 'listened', stored: false },
  noted: { kind: 'noted', stored: true },
  'noted, storage silent': { kind: 'noted', stored: false },
  'about to send': { kind: 'about-to-send' },
  withheld: { kind: 'withheld' },
  rotated: { kind: 'rotated', refreshToken: secret('refresh-4') },
  answered: { kind: 'answered', tokens: answer },
  'answered without a refresh token': { kind: 'answered', tokens: { ...answer, refreshToken: undefined } },
  unforeseen: failed(undefined),
  ...(Object.fromEntries(
    Object.entries(failures).map(([name, failure]) => [name, failed(failure)]),
  ) as Record<keyof typeof failures, Event>),
  'profile: refused': profiled('Not in the group.'),
  'profile: accepted': profiled(undefined),
  'profile of earlier tokens': { ...profiled('Not in the group.'), serial: 2 },
  roused: { kind: 'roused' },
  changed: { kind: 'changed' },
  'provider changed': { kind: 'provider-changed' },
} as const satisfies Record<string, Event>;
export type EventName = keyof typeof events;

const grantWith = (changes: Partial<Grant>): Grant => someGrant({ tokens: tokens.valid, ...changes });
const waiting = knowing({ trouble: trouble() });

/** One state of each kind, by a name for it. */
export const examples = {
  valid: stateOf(grantWith({})),
  due: stateOf(grantWith({ tokens: tokens.due })),
  ended: stateOf(grantWith({ tokens: tokens.ended })),
  'listening, unasked': stateOf(grantWith({ tokens: tokens.due }), {
    memory: knowing({ request: requestOf(undefined, false) }),
  }),
  listening: stateOf(grantWith({ tokens: tokens.due }), {
    memory: knowing({ request: requestOf(undefined, true) }),
  }),
  'noted, unasked': stateOf(grantWith({ tokens: tokens.due, refreshSentAt: now }), {
    memory: knowing({ request: requestAt('noted', false) }),
  }),
  noted: stateOf(grantWith({ tokens: tokens.due, refreshSentAt: now }), {
    memory: knowing({ request: requestAt('noted', true) }),
  }),
  sent: stateOf(grantWith({ tokens: tokens.due, refreshSentAt: now }), {
    memory: knowing({ request: requestAt('sent', true) }),
  }),
  rotated: stateOf(grantWith({ tokens: tokens.due, refreshSentAt: now }), {
    memory: knowing({ request: requestAt('rotated', true) }),
  }),
  'in doubt': stateOf(grantWith({ tokens: tokens.due, refreshSentAt: now - 5 })),
  'in doubt, ended': stateOf(grantWith({ tokens: tokens.ended, refreshSentAt: now - 100 })),
  offline: stateOf(grantWith({ tokens: tokens.due }), { memory: waiting }),
  'offline, ended': stateOf(grantWith({ tokens: tokens.ended }), { memory: waiting }),
  unstorable: stateOf(grantWith({ tokens: tokens.due }), { memory: knowing({ silentUntil: now + 30 }) }),
  'needs sign-in: server': stateOf(grantWith({ signInNeeded: needs[1] })),
  'needs sign-in: account': stateOf(grantWith({ tokens: tokens.due, signInNeeded: needs[2] })),
  'needs sign-in: tentative': stateOf(grantWith({ tokens: tokens.ended, signInNeeded: needs[3] })),
  'nothing to renew with': stateOf(grantWith({ tokens: tokens.over })),
  'nothing to renew with, to be told': stateOf(
    grantWith({ tokens: tokens.over, ending: { cure: 'consent' } }),
  ),
  'nothing to renew with, told': stateOf(
    grantWith({ tokens: tokens.over, ending: { cure: 'consent', told: true } }),
  ),
  'nothing to renew with, ending': stateOf(grantWith({ tokens: tokens.ending, ending: { cure: 'consent' } })),
  'no provider': stateOf(grantWith({ tokens: tokens.due }), { policy: undefined }),
  'signed out': stateOf(undefined, { memory: { ...blank, request: requestAt('sent', true) } }),
} as const satisfies Record<string, State>;
export type ExampleName = keyof typeof examples;
