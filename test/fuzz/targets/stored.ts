import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  createActivityLog,
  describeActivities,
  mostActivities,
  parseActivities,
  type Activity,
  type ActivityFile,
} from '../../../src/sessions/activity.ts';
import { parseServerJson } from '../../../src/protocol/http/json.ts';
import { parseGrant, serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { createGrantStore, type SetAside } from '../../../src/sessions/store/grantStore.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { claimsDocument, claimsText } from '../../../src/ui/signInsView/claims.ts';
import { someProvider } from '../../unit/sessions/someGrant.ts';
import { changed, changedText, damaged, nastyText } from '../arbitraries.ts';
import { target, type Target } from '../target.ts';

const id = 'b6c1f0de-0000-4000-8000-000000000001';

const storedGrant = {
  version: 1,
  id,
  revision: 3,
  providerId: 'oidc',
  binding: { issuer: 'https://a.example', clientId: 'editor', tokenEndpoint: 'https://a.example/token' },
  account: { id: 'alice-1', label: 'alice' },
  claims: { email: 'a@example.com' },
  grantedScopes: ['openid'],
  sessions: [['openid']],
  tokens: {
    serial: 2,
    accessToken: 'a',
    receivedAt: 1_700_000_000,
    expiresAt: 1_700_000_300,
    refreshToken: 'r',
  },
};

const grantText = fc.oneof(
  changedText(storedGrant),
  damaged(fc.constant(JSON.stringify(storedGrant))),
  nastyText,
);

const activity: Activity = {
  at: 1_700_000_000,
  event: 'failure',
  provider: 'oidc',
  account: 'alice',
  scopes: ['openid'],
  reason: 'It was refused.',
};

const activityText = fc
  .array(fc.oneof(changedText(activity), nastyText), { maxLength: 5 })
  .map(lines => lines.join('\n'));

export const storedTargets: readonly Target[] = [
  target('stored grant', grantText, text => {
    const parsed = parseGrant(text);
    if (parsed.kind !== 'grant') return;
    const again = parseGrant(serialiseGrant(parsed.grant));
    assert.equal(again.kind, 'grant');
    if (again.kind === 'grant') assert.equal(serialiseGrant(again.grant), serialiseGrant(parsed.grant));
    assert.ok(!JSON.stringify(parsed.grant).includes('"accessToken":"a"'));
    // There is always a newer one.
    const { revision, tokens } = parsed.grant;
    assert.ok(revision + 1 > revision && tokens.serial + 1 > tokens.serial);
  }),

  target('grant in storage', grantText, async text => {
    const aside: SetAside[] = [];
    const storage = memorySecretStorage(new Map([[`grant:${id}`, text]]));
    const store = createGrantStore({ storage, log: recordingLog(), onSetAside: entry => aside.push(entry) });
    const loaded = await store.load(id);
    // Nothing is deleted, whatever it is: it can be read, or is kept under another name.
    if (loaded) assert.equal(loaded.id, id);
    else assert.equal(storage.values.get(aside[0]?.keptAs ?? ''), text);
  }),

  target('activity file', activityText, async text => {
    let written = text;
    const file: ActivityFile = {
      read: () => Promise.resolve(written),
      write(whole) {
        written = whole;
        return Promise.resolve();
      },
    };
    const log = createActivityLog(file, recordingLog());
    const before = await log.entries();
    assert.ok(before.length <= mostActivities);
    log.record([activity]);
    const shown = describeActivities(await log.entries(), id => id);
    // One line for each entry, whatever is in it; nobody can put a line of their own between them.
    assert.equal(shown.split('\n').length, Math.min(before.length + 1, mostActivities) + 3);
    assert.doesNotMatch(shown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(parseActivities(written).at(-1), activity);
  }),

  target(
    'claims to be shown',
    fc.record({ claims: changed(storedGrant.claims), token: nastyText }),
    ({ claims, token }) => {
      const read = parseServerJson(JSON.stringify(claims));
      if (read.kind !== 'json') return;
      const tokens = { ...storedGrant.tokens, accessToken: token };
      const parsed = parseGrant(JSON.stringify({ ...storedGrant, claims: read.value, tokens }));
      if (parsed.kind !== 'grant') return;
      const document = claimsDocument(someProvider, parsed.grant);
      assert.equal(document.split('\n').filter(line => line.startsWith('//')).length, 8);
      // A claim can be named as the token is.
      const isTold = token.length < 20 || JSON.stringify(claims).includes(token);
      assert.ok(isTold || !claimsText(parsed.grant).includes(token));
    },
  ),

  target(
    'index in storage',
    fc.oneof(changedText({ version: 1, grants: [{ id, providerId: 'oidc', revision: 3 }] }), nastyText),
    async text => {
      const aside: SetAside[] = [];
      const storage = memorySecretStorage(new Map([['grants', text]]));
      const store = createGrantStore({
        storage,
        log: recordingLog(),
        onSetAside: entry => aside.push(entry),
      });
      const entries = await store.index();
      assert.ok(Array.isArray(entries));
      if (aside.length > 0) assert.ok([...storage.values.values()].includes(text), 'it is kept');
    },
  ),
];
