import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { secret } from '../../../src/platform/secret.ts';
import type { ContestedId } from '../../../src/providers/entries/contested.ts';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { blank, type Memory } from '../../../src/sessions/grant/memory.ts';
import type { ToldTrouble } from '../../../src/sessions/refresh/memories.ts';
import { nextChange, rowsOf, type Row } from '../../../src/ui/signInsView/rows.ts';
import { describeState, stateOf, type SignInState } from '../../../src/ui/signInsView/state.ts';
import { someGrant, someProvider, someTokens, start } from '../sessions/someGrant.ts';

const minutes = (count: number): number => count * 60;

function provider(id: string, label: string): Provider {
  const parsed = parseDefinition(id, { label, issuer: `https://${id}.example.com`, clientId: 'editor' });
  assert.ok(parsed.ok);
  return parsed.provider;
}

/** The rows as a person sees them, a level each two spaces. */
const drawn = (rows: readonly Row[], indent = ''): string[] =>
  rows.flatMap(row => [
    `${indent}${row.label}${row.description === '' ? '' : ` | ${row.description}`}`,
    ...drawn(row.children, `${indent}  `),
  ]);

function show(
  grants: readonly Grant[],
  {
    now = start,
    providers = [someProvider],
    troubles = {},
    contested = [],
  }: {
    now?: number;
    providers?: Provider[];
    troubles?: Record<string, ToldTrouble>;
    contested?: ContestedId[];
  } = {},
): Row[] {
  return rowsOf({ providers, contested, grants, now, memory: id => knowing(troubles[id]) });
}

const knowing = (told: ToldTrouble | undefined): Memory => ({
  ...blank,
  serial: 1,
  trouble: told && { ...told, failures: 1, obstructions: 0, failedAt: 0, notBefore: 0 },
});

describe('the rows of the sign-ins view', () => {
  it('name who else brings an ID: below the provider that is used, or beside each other where none is', () => {
    const own = provider('acme', 'Acme');
    const other = { ...provider('acme', 'Other'), contributedBy: 'evil.extension' };
    const unused = 'Other | from the extension evil.extension, not used';
    const ofId = (used: Provider | undefined) => [{ id: 'acme', candidates: [own, other], used }];
    assert.deepEqual(drawn(show([], { providers: [own], contested: ofId(own) })), [
      'Acme | not signed in',
      '  Sign In…',
      `  ${unused}`,
    ]);
    assert.deepEqual(drawn(show([], { providers: [], contested: ofId(undefined) })), [
      'Acme | from your settings, not used',
      unused,
    ]);
  });

  it('lead from a provider to its accounts and their sessions', () => {
    const other = provider('second', 'Partner');
    const grants = [
      someGrant({ sessions: [['profile', 'openid'], []] }),
      someGrant({ id: 'grant-0002', account: { id: 'sub-bob', label: shown('bob') } }),
    ];
    assert.deepEqual(drawn(show(grants, { now: start + minutes(17), providers: [someProvider, other] })), [
      'Company',
      '  alice | valid 43 min',
      '    openid profile | valid 43 min',
      '    Default scopes | valid 43 min',
      '  bob | valid 43 min',
      '    openid profile | valid 43 min',
      'Partner | not signed in',
      '  Sign In…',
    ]);
  });

  it('say which scopes of a session the provider does not grant any more', () => {
    const grant = someGrant({ sessions: [['openid', 'api:write'], ['openid']], grantedScopes: ['openid'] });
    const rows = show([grant], { now: start + minutes(17) });
    assert.deepEqual(drawn(rows).slice(2), [
      '    api:write openid | valid 43 min, fewer scopes',
      '    openid | valid 43 min',
    ]);
    const [narrow, whole] = rows[0]?.children[0]?.children ?? [];
    assert.match(narrow?.tooltip ?? '', /Not granted: api:write/);
    assert.doesNotMatch(whole?.tooltip ?? '', /Not granted/);
  });

  it('leave out what belongs to a provider that is configured otherwise now', () => {
    const elsewhere = someGrant({ binding: { ...someGrant().binding, clientId: 'another' } });
    assert.deepEqual(drawn(show([elsewhere])), ['Company | not signed in', '  Sign In…']);
  });

  it('show of an account the state that needs attention most, and say of which sign-in', () => {
    const signInNeeded = {
      reason: 'login.example.com no longer considers this sign-in valid (invalid_grant). Sign in again.',
      since: start,
    };
    const grants = [
      someGrant({ id: 'grant-0002', sessions: [['api']] }),
      someGrant({ id: 'grant-0001', signInNeeded }),
    ];
    const [account] = show(grants)[0]?.children ?? [];
    assert.equal(account?.description, `needs sign-in: ${signInNeeded.reason}`);
    assert.equal(account?.state, 'needs-sign-in');
    assert.deepEqual(account?.grantIds, ['grant-0001', 'grant-0002']);
    assert.deepEqual(account?.scopes, ['openid', 'profile'], 'so that signing in again brings these back');
    assert.deepEqual(
      account?.children.map(({ state }) => state),
      ['valid', 'needs-sign-in'],
    );
  });

  it('keep their ids, whatever tokens come and go, and have them for themselves', () => {
    const ids = (rows: readonly Row[]): string[] => rows.flatMap(row => [row.id, ...ids(row.children)]);
    const grants = (serial: number) => [
      someGrant({ tokens: someTokens(serial), sessions: [['a'], ['a', 'b']] }),
      someGrant({ id: 'grant-0002', tokens: someTokens(serial), sessions: [['a']] }),
    ];
    const before = ids(show(grants(1)));
    assert.deepEqual(ids(show(grants(2), { now: start + 60 })), before);
    assert.equal(new Set(before).size, before.length);
  });

  it('say by how much the clock differs from that of the provider, where it matters', () => {
    const at = (clockOffset?: number) => show([someGrant({ tokens: { ...someTokens(), clockOffset } })])[0];
    for (const none of [undefined, 0]) assert.equal(at(none)?.description, '');
    for (const offset of [-7260, 7260]) {
      assert.equal(at(offset)?.description, 'clock differs by 2 h 1 min');
      assert.match(at(offset)?.tooltip ?? '', /^This computer’s clock and Company’s differ by 2 h 1 min\./m);
    }
  });

  it('say all of it to a screen reader', () => {
    const [row] = show([someGrant()]);
    const [account] = row?.children ?? [];
    assert.equal(row?.spoken, 'Company, identity provider');
    assert.equal(account?.spoken, 'alice, account at Company, valid 1 h 0 min');
    assert.equal(account?.children[0]?.spoken, 'openid profile, session of alice, valid 1 h 0 min');
  });

  it('hold no token', () => {
    const text = JSON.stringify(show([someGrant()]), null, 1);
    assert.doesNotMatch(text, /access-1|refresh-1/);
  });

  it('say when the first of them is no longer true, and it is not a moment before', () => {
    const troubles = { 'grant-0002': { reason: 'No network.', retryAt: start + 20 } };
    const overdue = someTokens(1, { receivedAt: start - 3300, expiresAt: start + 300 });
    const grants = [
      someGrant(),
      someGrant({ id: 'grant-0002', account: { id: 'sub-bob', label: shown('bob') }, tokens: overdue }),
      someGrant({ id: 'grant-0003', tokens: someTokens(1, { expiresAt: undefined }) }),
    ];
    const at = (now: number): Row[] => show(grants, { now, troubles });
    let now = start;
    for (let change = 0; change < 12; change++) {
      const next = nextChange(at(now));
      assert.ok(next !== undefined && next > now);
      assert.deepEqual(drawn(at(next - 1)), drawn(at(now)));
      assert.notDeepEqual(drawn(at(next)), drawn(at(now)));
      now = next;
    }
    assert.ok(now > start + minutes(5), 'seldom, once the wait is over');
    assert.equal(
      nextChange(show([someGrant({ tokens: someTokens(1, { expiresAt: undefined }) })])),
      undefined,
    );
  });
});

describe('the state of a sign-in', () => {
  const words = (grant: Grant, now: number, trouble?: ToldTrouble, assumedTokenLifetime?: number): string =>
    describeState(stateOf(grant, { ...someProvider, assumedTokenLifetime }, knowing(trouble), now), now).text;

  it('says how long the access token lasts, in units that fit', () => {
    const lasting = (seconds: number) => someGrant({ tokens: someTokens(1, { expiresAt: start + seconds }) });
    const said = [1, 59, 60, 119, 120, 3599, 3600, 7260, 172_799, 172_800, 864_000].map(seconds =>
      words(lasting(seconds), start),
    );
    assert.deepEqual(said, [
      'valid less than a minute',
      'valid less than a minute',
      'valid 1 min',
      'valid 1 min',
      'valid 2 min',
      'valid 59 min',
      'valid 1 h 0 min',
      'valid 2 h 1 min',
      'valid 47 h 59 min',
      'valid 2 days',
      'valid 10 days',
    ]);
  });

  it('tells what renews itself from what ends', () => {
    const alone = (changes = {}) =>
      someGrant({ tokens: someTokens(1, { refreshToken: undefined, ...changes }) });
    assert.equal(words(alone(), start), 'ends in 1 h 0 min');
    assert.match(words(alone(), start + 3600), /^needs sign-in: .*expired/);
    assert.equal(words(alone({ expiresAt: undefined }), start), 'valid');
    assert.equal(words(alone({ expiresAt: undefined }), start, undefined, 600), 'ends in 10 min');
    assert.equal(words(someGrant(), start + 3600), 'refreshes at the next use');
    const secretless = someGrant({ tokens: someTokens(1, { idToken: secret('x') }) });
    assert.equal(words(secretless, start), 'valid 1 h 0 min');
  });

  it('says when a refresh that failed is tried again', () => {
    const trouble = { reason: 'login.example.com could not be reached.', retryAt: start + 300 };
    const overdue = someGrant({
      tokens: someTokens(1, { receivedAt: start - 3300, expiresAt: start + 300 }),
    });
    const said = [0, 181, 240, 241, 276, 280, 295, 299, 300, 301].map(past =>
      words(overdue, start + past, trouble),
    );
    assert.deepEqual(
      said.map(text => text.replace('offline, retrying ', '')),
      ['in 5 min', 'in 2 min', 'in 60 s', 'in 60 s', 'in 25 s', 'in 20 s', 'in 5 s', 'in 5 s', 'now', 'now'],
    );
    const works = (now: number) =>
      stateOf(overdue, someProvider, knowing(trouble), now) as SignInState & { works: boolean };
    assert.equal(works(start).works, true);
    assert.equal(works(start + 300).works, false);
    assert.equal(words(someGrant(), start, trouble), 'valid 1 h 0 min', 'nothing had to be renewed yet');
  });
});
