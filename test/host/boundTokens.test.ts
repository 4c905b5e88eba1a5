import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  authorizedFetch,
  authorizedWebSocket,
  describeSession,
  proveSession,
  type ExpiringSession,
} from '../../src/client/index.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { startBoundApi, type BoundApi } from '../servers/resourceServers/boundApi.ts';
import { configure, definitionOf, issuerHost, signInFromMenu, silently } from './editor.ts';
import { clearMessages, sitDown } from './outside.ts';

describe('sessions whose token is bound to a key', () => {
  const scopes = ['openid', 'profile'];
  let company: IdentityProvider;
  let api: BoundApi;

  before(async () => {
    company = await startIdentityProvider({ host: issuerHost });
    api = await startBoundApi({ issuer: company.issuer, issuerAddress: company.address });
    await configure({ bound: definitionOf(company, { label: 'Bound', dpop: 'required' }) });
    await sitDown(people.alice);
    await signInFromMenu('bound', scopes);
  });
  after(async () => {
    await configure(undefined);
    await sitDown(undefined);
    await clearMessages();
    await api.close();
    await company.close();
  });

  it('say so to other extensions', async () => {
    const session: ExpiringSession | undefined = await silently('bound', scopes);
    assert.ok(session);
    assert.equal(session.tokenType, 'DPoP');
    assert.equal((await describeSession(session))?.tokenType, 'DPoP');
  });

  it('are used by the client helpers as they are', async () => {
    api.settings.nonce = 'demanded';
    const call = authorizedFetch('bound', scopes, { signIn: 'never' });
    const response = await call(`${api.url}/reports`, { method: 'POST', body: 'x' });
    assert.partialDeepStrictEqual(await response.json(), { sub: people.alice.sub });
    api.rotateNonce();
    const socket = await authorizedWebSocket('bound', scopes, `${api.url.replace('http', 'ws')}/chat`, {
      signIn: 'never',
    });
    socket.dispose();
    api.settings.nonce = 'none';
  });

  it('are proved once for each request, and never to the provider itself', async () => {
    const session = await silently('bound', scopes);
    assert.ok(session);
    const url = `${api.url}/reports`;
    const authorization = `DPoP ${session.accessToken}`;
    const dpop = (await proveSession(session, { method: 'GET', url })) ?? '';
    assert.equal((await fetch(url, { headers: { authorization, dpop } })).status, 200);
    assert.equal((await fetch(url, { headers: { authorization, dpop } })).status, 401, 'replayed');
    const token = `${company.issuer}${company.endpoints.token}`;
    await assert.rejects(proveSession(session, { method: 'POST', url: token }), { code: 'proof-url' });
    const request = { method: 'GET', url };
    const asked = vscode.commands.executeCommand('oidc.proveSession', session.id, 'a digest', request);
    assert.partialDeepStrictEqual(await asked, { code: 'session-renewed' });
  });
});
