import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, waitFor } from '../editor/workbench/waiting.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import {
  accountLabels,
  changesDuring,
  configure,
  definitionOf,
  issuerHost,
  requestedScopes,
  signInFromMenu,
  silently,
} from './editor.ts';
import {
  browserProblems,
  clearMessages,
  closePages,
  messages,
  registrations,
  sitDown,
  waitForMessage,
} from './outside.ts';

describe('settings that change while the editor runs', () => {
  let company: IdentityProvider;
  let club: IdentityProvider;
  /** The definitions of the two. */
  let atCompany: object;
  let atClub: object;

  before(async () => {
    company = await startIdentityProvider({ host: issuerHost });
    club = await startIdentityProvider({ host: issuerHost });
    atCompany = definitionOf(company, { label: 'Company' });
    atClub = definitionOf(club, { label: 'Club' });
    await sitDown(people.alice);
    await clearMessages();
  });
  after(async () => {
    await sitDown(undefined);
    await clearMessages();
    await company.close();
    await club.close();
    assert.deepEqual(await browserProblems(), []);
    assert.deepEqual([...company.failures, ...club.failures], []);
  });

  it('bring a provider', async () => {
    await configure({ oidc: atCompany });
    await signInFromMenu('oidc', ['openid']);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
  });

  it('bring another one beside it, and neither answers for the other', async () => {
    await configure({ oidc: atCompany, club: atClub });
    assert.deepEqual(await accountLabels('club'), []);
    assert.equal(await silently('club', ['openid']), undefined);

    await sitDown(people.bob);
    const changes = await changesDuring(() => vscode.commands.executeCommand('oidc.signIn', 'club'));
    assert.deepEqual(changes, ['club (Club)']);
    assert.deepEqual(await accountLabels('club'), ['bob']);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
    assert.deepEqual((await silently('oidc', ['openid']))?.account.label, 'alice');
  });

  it('give a provider another name: it is registered anew, and who is signed in stays so', async () => {
    const before = await silently('oidc', ['openid']);
    await configure({ oidc: { ...atCompany, label: 'The Company' }, club: atClub });
    await waitFor('the new name in the log', async () => (await registrations('oidc', 'The Company')) === 1);
    const after = await silently('oidc', ['openid']);
    assert.ok(before && after);
    assert.equal(after.id, before.id);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
    await sitDown(people.alice);
    const changes = await changesDuring(() => vscode.commands.executeCommand('oidc.signIn', 'oidc'));
    assert.deepEqual(changes, ['oidc (The Company)']);
    await configure({ oidc: atCompany, club: atClub });
  });

  it('change a provider that keeps its name, without a new registration', async () => {
    const before = await registrations('oidc', 'Company');
    await configure({ oidc: { ...atCompany, scopes: ['openid', 'groups'] }, club: atClub });
    assert.equal(await registrations('oidc', 'Company'), before);
    await vscode.commands.executeCommand('oidc.signIn', 'oidc');
    assert.ok(requestedScopes(company).includes('groups'));
    await configure({ oidc: atCompany, club: atClub });
  });

  it('send a provider to another issuer: its old sessions are hidden until it is back', async () => {
    const before = await silently('oidc', ['openid']);
    assert.ok(before);
    const requests = company.requests.length + club.requests.length;
    await configure({ oidc: { ...atClub, label: 'Company' }, club: atClub });
    assert.deepEqual(await accountLabels('oidc'), []);
    assert.equal(await silently('oidc', ['openid']), undefined);
    assert.deepEqual(
      await accountLabels('club'),
      ['bob'],
      'another id of the same issuer is another provider',
    );

    await configure({ oidc: atCompany, club: atClub });
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
    const after = await silently('oidc', ['openid']);
    assert.equal(after?.id, before.id);
    assert.equal(after?.accessToken, before.accessToken);
    assert.equal(company.requests.length + club.requests.length, requests, 'and nobody was asked');
  });

  it('move a provider to another id: the old one is unknown then, the new one knows nobody yet', async () => {
    await configure({ oidc: atCompany, society: atClub });
    assert.deepEqual(await accountLabels('society'), []);
    await assert.rejects(async () => silently('club', ['openid']), /club/);
    await configure({ oidc: atCompany, club: atClub });
    assert.deepEqual(await accountLabels('club'), ['bob'], 'nothing was lost');
  });

  it('are wrong in one entry: that is told by name and field, and the others work', async () => {
    await clearMessages();
    await configure({
      oidc: atCompany,
      broken: { issuer: 'not an address', clientId: 7, colour: 'red' },
      'wrong id': atClub,
      club: atClub,
      plain: { issuer: 'http://login.example.com', clientId: 'editor' },
    });
    const buttons = ['Open Settings', 'Don’t Show Again'];
    const { message, severity } = await waitForMessage(/^The setting oidc\.providers has errors/, buttons);
    assert.equal(severity, 'warning');
    for (const part of [
      '“broken → clientId”: must be a string',
      '“broken → colour”: isn’t a known provider setting',
      '“plain → issuer”: must be an https URL (',
      '“wrong id”: The ID must be 1 to 64 letters, digits, dots, hyphens or underscores',
      '. Other providers still work.',
    ]) {
      assert.ok(message.includes(part), `${part}: ${message}`);
    }
    assert.equal((await silently('oidc', ['openid']))?.account.label, 'alice');
    assert.deepEqual(await accountLabels('club'), ['bob']);
  });

  it('that stay wrong are not told of again, and a new mistake is', async () => {
    await clearMessages();
    await configure({ oidc: atCompany, club: atClub, broken: { issuer: 'not an address', clientId: 7 } });
    await configure({ oidc: atCompany, club: atClub, empty: {} });
    await waitForMessage(/“empty → issuer”: is missing/);
    await eventually(async () =>
      assert.deepEqual(
        (await messages()).filter(({ message }) => message.includes('broken')),
        [],
      ),
    );
  });

  it('are no object at all: that is told, and the first id stays to sign in to', async () => {
    await clearMessages();
    await configure([atCompany]);
    await waitForMessage(/must be an object keyed by provider ID/);
    assert.deepEqual(await accountLabels('oidc'), []);
    await configure({ oidc: atCompany, club: atClub });
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
  });

  for (const [what, now, told] of [
    ['remove a provider', () => ({ club: atClub }), /^Company was removed while you were signing in/],
    [
      'send a provider elsewhere',
      () => ({ oidc: { ...atClub, label: 'Company' }, club: atClub }),
      /^Sign-in to Company failed\. The settings of Company changed while you were signing in/,
    ],
  ] as const) {
    it(`${what} while somebody signs in: the sign-in ends, and that is told`, async () => {
      await sitDown(undefined);
      await clearMessages();
      const { authorization } = company.endpoints;
      const before = company.requestsTo(authorization).length;
      const signedIn = vscode.commands.executeCommand('oidc.signIn', 'oidc');
      await waitFor('the browser to be open', () =>
        Promise.resolve(company.requestsTo(authorization).length > before),
      );
      await configure(now());
      await signedIn;
      await waitForMessage(told);
      await closePages();
      await configure({ oidc: atCompany, club: atClub });
      assert.deepEqual(await accountLabels('oidc'), ['alice'], 'and nothing was lost');
    });
  }

  it('rename a provider while somebody signs in: the sign-in goes on, and the new name counts', async () => {
    await sitDown(undefined);
    const { authorization } = company.endpoints;
    const before = company.requestsTo(authorization).length;
    const signedIn = vscode.commands.executeCommand('oidc.signIn', 'oidc');
    await waitFor('the browser to be open', () =>
      Promise.resolve(company.requestsTo(authorization).length > before),
    );
    await configure({ oidc: { ...atCompany, label: 'Renamed' }, club: atClub });
    await sitDown(people.alice);
    await signedIn;
    await waitFor('the new name', async () => (await registrations('oidc', 'Renamed')) === 1);
    assert.deepEqual(await accountLabels('oidc'), ['alice']);
  });
  it('cannot be made by a workspace', async () => {
    const update = vscode.workspace
      .getConfiguration('oidc')
      .update('providers', {}, vscode.ConfigurationTarget.Workspace);
    await assert.rejects(async () => update, /only into User settings/);
  });
});
