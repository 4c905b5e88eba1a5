import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../../src/platform/clock.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { sessionId } from '../../../src/sessions/grant/scopes.ts';
import { activityOf, describeActivities } from '../../../src/sessions/activity.ts';
import { signOutsKey } from '../../../src/sessions/store/grantStore.ts';
import { revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { describeFinds, findSecrets } from '../../canaries/canaries.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../servers/faultProxy.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { personParts } from '../../standIns/personParts.ts';
import { sharedWindows, until, type SharedWindow } from '../../unit/sessions/sharing/sharedWindows.ts';
import { signInTrial } from '../signingIn.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { signOut } = await import('../../../src/ui/signIn/signOut.ts');

describe('signing out while the provider is out of reach, in windows that meet over sockets', () => {
  let server: FaultyIdentityProvider;
  let shared: ReturnType<typeof sharedWindows>;
  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  beforeEach(() => {
    shared = sharedWindows();
    editor.warnings = [];
  });
  afterEach(async () => {
    server.proxy.heal();
    await shared.end();
  });
  after(() => server.close());

  const revocations = () => server.requestsTo(server.endpoints.revocation);
  /** A clock that the test sets forward: every timer keeps its pace. */
  const settableClock = (): Clock & { ahead: number } => ({
    ahead: 0,
    now() {
      return systemClock.now() + this.ahead;
    },
    after: (milliseconds, run) => systemClock.after(milliseconds, run),
  });

  /** Two windows with one secret storage, as on a desktop, in which somebody has signed in; the first one leads. */
  async function twoWindows() {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer });
    shared.server.revoke = grant => revokeGrant(trial.context, provider, grant);
    const clock = settableClock();
    const storage = memorySecretStorage();
    const leader = await shared.open(storage, undefined, clock);
    const member = await shared.open(storage, undefined, clock);
    assert.deepEqual([leader.role(), member.role()], ['leader', 'member']);
    const grant = await trial.signIn(provider);
    await leader.cache.put(grant);
    await until(() => member.cache.known().length === 1);
    return { trial, provider, clock, storage, leader, member, grant };
  }

  /** Signs the account out, as the person does, and waits until that is over. */
  async function signOutIn(
    window: SharedWindow,
    { trial, provider, grant }: { trial: ReturnType<typeof signInTrial>; provider: Provider; grant: Grant },
  ): Promise<void> {
    const parts = personParts({
      ...trial.context,
      accounts: window.accounts,
      providers: createConfiguredProviders(),
      log: window.log,
      sharing: window.sharing,
      record: (event, of, reason) =>
        window.sharing.record(activityOf(event, of, Math.floor(Date.now() / 1000), reason)),
    });
    const { told } = await signOut(parts, provider, [sessionId(grant.id, grant.sessions[0] ?? [])]);
    await told;
  }

  const outage = (kind: 'resetBeforeForwarding' | 'status' = 'resetBeforeForwarding') =>
    server.proxy.on(server.endpoints.revocation, kind === 'status' ? { kind, status: 503 } : { kind }, {
      sticky: true,
    });

  for (const kind of ['resetBeforeForwarding', 'status'] as const)
    it(`is told when it is back (${kind}), by the leader, and says so`, async () => {
      const there = await twoWindows();
      const { leader, member, clock, storage, grant } = there;
      const before = revocations().length;
      outage(kind);
      await signOutIn(member, there);
      assert.deepEqual(member.cache.known(), [], 'it is over here');
      const [[message = ''] = []] = editor.warnings;
      assert.match(message, /^You are signed out of .* will be revoked automatically later\./);
      assert.ok(storage.values.has(signOutsKey));
      assert.equal(storage.values.has(`grant:${grant.id}`), false);

      server.proxy.heal();
      clock.ahead = 20_000;
      member.sharing.rouse();
      await until(() => !storage.values.has(signOutsKey));
      const sent = revocations().slice(before);
      assert.deepEqual(
        sent.map(({ body, status }) => [body['token'], status]),
        [
          [grant.tokens.refreshToken?.reveal(), 200],
          [grant.tokens.accessToken.reveal(), sent[1]?.status],
        ],
      );
      await until(async () => (await leader.activity.entries()).length >= 3);
      const entries = await leader.activity.entries();
      assert.deepEqual(
        entries.map(({ event }) => event),
        ['sign-out', 'failure', 'revocation'],
      );
      assert.match(entries[1]?.reason ?? '', /The tokens will be revoked later/);

      const secrets = new Map([
        [grant.tokens.refreshToken?.reveal() ?? '', 'refresh token'],
        [grant.tokens.accessToken.reveal(), 'access token'],
      ]);
      const found = findSecrets(secrets, [
        { where: 'messages', text: JSON.stringify(editor.warnings) },
        { where: 'activity', text: describeActivities(entries, id => id) },
        ...[leader, member].map(({ log }) => ({ where: 'log', text: log.text() })),
      ]);
      assert.equal(describeFinds(found), '');
    });

  it('is told by the next window if the one that signs out closes meanwhile, and once', async () => {
    const there = await twoWindows();
    const { leader, member, clock, storage } = there;
    const before = revocations().length;
    const until_ = Promise.withResolvers<void>();
    const held = server.proxy.on(server.endpoints.revocation, { kind: 'delay', until: until_.promise });
    const leaving = signOutIn(leader, there);
    await held.met;
    await leader.close();
    await until(() => member.role() === 'leader');
    assert.equal(revocations().length, before);
    clock.ahead = 20_000;
    member.sharing.rouse();
    await until(() => !storage.values.has(signOutsKey));
    assert.equal(revocations().length, before + 2);
    until_.resolve();
    await leaving;
  });

  it('is kept for nobody if the provider was told, or has refused', async () => {
    for (const status of [200, 400]) {
      const there = await twoWindows();
      const { member, clock, storage } = there;
      const fault = { kind: 'status', status: 400, body: '{"error":"invalid_request"}' } as const;
      if (status === 400) server.proxy.on(server.endpoints.revocation, fault, { sticky: true });
      const requests = () => server.proxy.requestsTo(server.endpoints.revocation).length;
      const before = requests();
      await signOutIn(member, there);
      await until(() => !storage.values.has(signOutsKey));
      clock.ahead = 20_000;
      member.sharing.rouse();
      await member.sharing.activities();
      assert.equal(requests(), before + (status === 200 ? 2 : 1));
      if (status === 400) assert.match(editor.warnings[0]?.[0] ?? '', /couldn’t be revoked and will expire/);
      else assert.deepEqual(editor.warnings, []);
      server.proxy.heal();
      await shared.end();
      shared = sharedWindows();
    }
  });
});
