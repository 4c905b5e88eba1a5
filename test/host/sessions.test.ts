import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { describeSession, type ExpiringSession } from '../../src/client/index.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { startResourceServer, type ResourceServer } from '../servers/resourceServers/resourceServer.ts';
import {
  acceptUntil,
  accountLabels,
  changesDuring,
  configure,
  consumer,
  consumerId,
  definitionOf,
  issuerHost,
  menuEntry,
  requestedScopes,
  secrets,
  signInFromMenu,
  silently,
} from './editor.ts';
import { browserProblems, pressInDialog, sitDown, waitForMessage } from './outside.ts';

describe('sessions', () => {
  let identityProvider: IdentityProvider;
  let resourceServer: ResourceServer;
  const tokenRequests = () => identityProvider.requestsTo(identityProvider.endpoints.token);
  const revocations = () => identityProvider.requestsTo(identityProvider.endpoints.revocation);
  const change = 'oidc (Company)';

  before(async () => {
    identityProvider = await startIdentityProvider({ host: issuerHost });
    const { issuer, address } = identityProvider;
    resourceServer = await startResourceServer({ issuer, issuerAddress: address });
    const settings = vscode.workspace.getConfiguration('consumer');
    await settings.update('resourceServer', resourceServer.url, vscode.ConfigurationTarget.Global);
    await configure({ oidc: definitionOf(identityProvider, { label: 'Company' }) });
    await sitDown(people.alice);
  });
  after(async () => {
    for (const { body } of tokenRequests()) {
      for (const name of ['code', 'code_verifier', 'refresh_token']) {
        if (typeof body[name] === 'string') secrets.set(body[name], name);
      }
    }
    await sitDown(undefined);
    await resourceServer.close();
    await identityProvider.close();
    assert.deepEqual(await browserProblems(), []);
    assert.deepEqual(identityProvider.failures, []);
  });

  it('are none before anybody has signed in, and to say so takes no network', async () => {
    assert.equal(await silently('oidc', ['openid', 'profile']), undefined);
    assert.equal(await (await consumer()).askSilently(), undefined);
    assert.deepEqual(await vscode.authentication.getAccounts('oidc'), []);
    assert.deepEqual(identityProvider.requests, []);
  });

  it('come from a sign-in, with the scopes that were asked for and the account of the person', async () => {
    await signInFromMenu('oidc', ['email']);
    const session = await silently('oidc', ['email']);
    assert.deepEqual(session?.scopes, ['email']);
    assert.equal(session?.account.id, people.alice.sub);
    assert.equal(session?.account.label, 'alice');
    assert.equal(tokenRequests().length, 1);
  });

  it('say when their token ends, and a command tells the rest to whoever holds one', async () => {
    const session: ExpiringSession | undefined = await silently('oidc', ['email']);
    assert.ok(session);
    const info = await describeSession(session);
    assert.ok(info?.expiresAt !== undefined);
    assert.equal(session.expiresAt, info.expiresAt);
    const digest = createHash('sha256').update(session.accessToken).digest('hex');
    const ask = (proof: string) => vscode.commands.executeCommand('oidc.describeSession', session.id, proof);
    assert.deepEqual(await ask(digest), { info });
    const none = await vscode.commands.executeCommand<{ providers: string[] }>('oidc.describeSession');
    assert.ok(none.providers.includes('oidc'));
    assert.partialDeepStrictEqual(await ask(digest.replace(/^./, 'x')), { code: 'session-renewed' });
  });

  it('belong to the extension that was allowed to have them', async () => {
    assert.equal(await (await consumer()).askSilently(), undefined);
  });

  it('are got by another extension from the menu entry that was there since it started', async () => {
    const { askSilently, whoAmI } = await consumer();
    await vscode.commands.executeCommand(await menuEntry('oidc', consumerId));
    const session = await askSilently();
    assert.deepEqual(session?.scopes, ['openid', 'profile']);
    assert.equal(session?.account.label, 'alice');
    secrets.set(session.accessToken, 'access token');
    assert.equal(await whoAmI(), people.alice.name);
    assert.equal(tokenRequests().length, 2);
  });

  it('keep the order and the repetitions in which scopes were asked for', async () => {
    const before = identityProvider.requests.length;
    for (const scopes of [
      ['openid', 'profile'],
      ['profile', 'openid'],
      ['profile', 'openid', 'profile'],
    ]) {
      assert.deepEqual((await silently('oidc', scopes))?.scopes, scopes);
    }
    assert.equal(identityProvider.requests.length, before, 'no request to the provider');
  });

  it('are served for fewer scopes than were granted, without a request', async () => {
    const before = identityProvider.requests.length;
    const all = await silently('oidc', ['openid', 'profile']);
    for (const scopes of [['profile'], [], ['openid', 'offline_access']]) {
      const session = await silently('oidc', scopes);
      assert.deepEqual(session?.scopes, scopes);
      assert.equal(session?.accessToken, all?.accessToken);
    }
    assert.equal(identityProvider.requests.length, before);
  });

  it('are not served for a scope that was not granted', async () => {
    assert.equal(await silently('oidc', ['openid', 'groups']), undefined);
    assert.equal(await silently('oidc', ['no-such-scope']), undefined);
  });

  it('grow by a sign-in for more: the account keeps what it had, under the same ids', async () => {
    const old = await silently('oidc', ['openid', 'profile']);
    await signInFromMenu('oidc', ['openid', 'groups']);
    const more = await silently('oidc', ['openid', 'groups']);
    assert.deepEqual(more?.scopes, ['openid', 'groups']);
    const now = await silently('oidc', ['openid', 'profile']);
    assert.equal(now?.id, old?.id);
    assert.notEqual(now?.accessToken, old?.accessToken);
    assert.equal(now?.accessToken, more?.accessToken);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
    assert.ok(await (await consumer()).askSilently(), 'the consumer still has its session');
  });

  it('are also got by the command of the palette; those who listen are told once', async () => {
    const before = tokenRequests().length;
    const changes = await changesDuring(() => vscode.commands.executeCommand('oidc.signIn'));
    assert.deepEqual(changes, [change]);
    await waitForMessage(/^Signed in to Company as alice\.$/);
    assert.equal(tokenRequests().length, before + 1);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
  });

  it('of two accounts stand side by side', async () => {
    await sitDown(people.bob);
    const changes = await changesDuring(() => vscode.commands.executeCommand('oidc.signIn'));
    assert.deepEqual(changes, [change]);
    const accounts = await vscode.authentication.getAccounts('oidc');
    assert.deepEqual(accounts.map(({ label }) => label).sort(), ['alice', 'bob']);
    const bob = accounts.find(({ label }) => label === 'bob');
    assert.ok(bob);
    assert.equal(await silently('oidc', ['openid'], bob), undefined, 'nobody was allowed to use it');
    const alice = accounts.find(({ label }) => label === 'alice');
    assert.ok(alice);
    assert.equal((await silently('oidc', ['openid'], alice))?.account.label, 'alice');
  });

  it('do not end by a command that nobody has clicked on: the person is asked first', async () => {
    const signingOut = acceptUntil(vscode.commands.executeCommand('oidc.signOut'));
    assert.match((await pressInDialog('Cancel')).message, /^Sign out /);
    await signingOut;
    assert.deepEqual((await accountLabels('oidc')).sort(), ['alice', 'bob']);
    assert.equal(revocations().length, 0);
  });

  it('carry an empty list of scopes if they were asked for with one', async () => {
    await configure({
      oidc: definitionOf(identityProvider, { label: 'Company' }),
      bare: definitionOf(identityProvider, { label: 'Bare' }),
    });
    await sitDown(people.alice);
    await signInFromMenu('bare', []);
    const session = await silently('bare', []);
    assert.deepEqual(session?.scopes, []);
    assert.ok(
      requestedScopes(identityProvider).includes('openid'),
      'the provider is asked for what it needs',
    );
  });
});
