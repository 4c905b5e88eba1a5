import assert from 'node:assert/strict';
import {
  activityOf,
  createActivityLog,
  describeActivities,
  formatActivities,
  mostActivities,
  parseActivities,
  type Activity,
} from '../../../src/sessions/activity.ts';
import { settled } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, start } from './someGrant.ts';
import { createSendings } from '../../../src/protocol/server/sendings.ts';

const entry = (at: number, changes: Partial<Activity> = {}): Activity => ({
  at,
  event: 'refresh',
  provider: 'oidc',
  account: 'alice',
  scopes: ['openid'],
  ...changes,
});

function fileOf(text?: string) {
  const file = {
    text,
    writes: 0,
    fails: false,
    read: () => Promise.resolve(file.text),
    async write(written: string) {
      await settled();
      if (file.fails) throw new Error('The disk is full.');
      file.writes++;
      file.text = written;
    },
  };
  return file;
}

describe('where tokens and secrets went', () => {
  const sendings = createSendings();
  const refresh = {
    host: 'login.example.com',
    kinds: ['refresh-token', 'client-secret'],
    purpose: 'refresh_token',
  } as const;

  it('goes with the next entry about the grant, once, and what a sign-in sent with its own', () => {
    const grant = someGrant();
    sendings.add(grant.id, refresh);
    sendings.add(grant.id, refresh);
    sendings.add(grant.binding.issuer, { ...refresh, kinds: ['code-and-verifier'] });
    assert.equal(activityOf('refresh', grant, start, undefined, sendings).sent?.length, 1);
    assert.equal(activityOf('refresh', grant, start, undefined, sendings).sent, undefined);
    const signedIn = activityOf('sign-in', grant, start, undefined, sendings);
    assert.deepEqual(signedIn.sent?.[0]?.kinds, ['code-and-verifier']);
    assert.deepEqual(parseActivities(formatActivities([signedIn])), [signedIn]);
  });

  it('is shown for each account, by host, kind and purpose, with the last time', () => {
    const sent = [{ ...refresh, kinds: [...refresh.kinds] }];
    const text = describeActivities([entry(start, { sent }), entry(start + 60, { sent })], () => 'Company');
    assert.match(
      text,
      /Company \/ alice\n {2}login\.example\.com: client secret \(refresh_token\), 2030-01-01 00:01:00Z\n {2}login\.example\.com: refresh token \(refresh_token\), 2030-01-01 00:01:00Z\n$/,
    );
  });

  it('is bounded, whatever a server has us do', () => {
    for (let at = 0; at < 1000; at++) sendings.add('grant', { ...refresh, host: `h${at}.example` });
    assert.equal(sendings.take('grant').length, 50);
  });
});

describe('the activity log', () => {
  it('is found by the next window', async () => {
    const file = fileOf();
    createActivityLog(file, recordingLog()).record([entry(1), entry(2, { reason: 'because' })]);
    await settled();
    await settled();
    assert.deepEqual(await createActivityLog(file, recordingLog()).entries(), [
      entry(1),
      entry(2, { reason: 'because' }),
    ]);
  });

  it('is carried on, whichever window keeps it in turn', async () => {
    const file = fileOf(formatActivities([entry(1)]));
    const [one, other] = [createActivityLog(file, recordingLog()), createActivityLog(file, recordingLog())];
    await Promise.all([one.entries(), other.entries()]);
    let at = 1;
    for (const log of [one, other, one]) {
      log.record([entry(++at)]);
      for (let turn = 0; turn < 3; turn++) await settled();
    }
    for (const log of [one, other])
      assert.deepEqual(
        (await log.entries()).map(known => known.at),
        [1, 2, 3, 4],
      );
  });

  it('keeps the latest only', async () => {
    const file = fileOf(formatActivities(Array.from({ length: mostActivities }, (_, at) => entry(at))));
    const log = createActivityLog(file, recordingLog());
    log.record([entry(5000)]);
    const entries = await log.entries();
    assert.equal(entries.length, mostActivities);
    assert.deepEqual([entries[0]?.at, entries.at(-1)?.at], [1, 5000]);
    log.record([entry(5001), entry(5002)]);
    for (let turn = 0; turn < 3; turn++) await settled();
    const kept = parseActivities(file.text ?? '');
    assert.deepEqual([kept.length, kept[0]?.at, kept.at(-1)?.at], [mostActivities, 3, 5002]);
  });

  it('writes once for all that is recorded during a write', async () => {
    const file = fileOf();
    const log = createActivityLog(file, recordingLog());
    for (let at = 0; at < 100; at++) log.record([entry(at)]);
    await settled();
    for (let at = 100; at < 200; at++) log.record([entry(at)]);
    for (let turn = 0; turn < 5; turn++) await settled();
    assert.equal(parseActivities(file.text ?? '').length, 200);
    assert.ok(file.writes <= 3, `${file.writes} writes`);
  });

  it('loses nothing that is recorded when a write has just ended', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const written = Promise.withResolvers<void>();
      const file = fileOf();
      file.write = text => {
        file.text = text;
        written.resolve();
        return written.promise;
      };
      const log = createActivityLog(file, recordingLog());
      log.record([entry(1)]);
      await written.promise;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      log.record([entry(2)]);
      await settled();
      const kept = parseActivities(file.text ?? '').map(({ at }) => at);
      assert.deepEqual(kept, [1, 2], `${turns} turns after the write`);
    }
  });

  it('goes on when the disk is full, and passes over lines that are none', async () => {
    const file = fileOf(`garbage\n${formatActivities([entry(1)])}{"at":2}\n`);
    file.fails = true;
    const recorded = recordingLog();
    const log = createActivityLog(file, recorded);
    log.record([entry(3)]);
    for (let turn = 0; turn < 3; turn++) await settled();
    assert.match(recorded.text(), /cannot be written/);
    assert.deepEqual(
      (await log.entries()).map(({ at }) => at),
      [1, 3],
    );
  });

  it('holds nothing secret, and is readable', () => {
    const activity = activityOf('failure', someGrant(), start, 'The server said no.');
    const text = describeActivities([activity], () => 'Company');
    assert.match(
      text,
      /2030-01-01 00:00:00Z {2}failure {5}Company \/ alice \[openid profile email offline_access\] — The server said no\./,
    );
    for (const secret of ['access-1', 'refresh-1']) {
      assert.ok(!text.includes(secret));
      assert.ok(!formatActivities([activity]).includes(secret));
    }
  });
});
