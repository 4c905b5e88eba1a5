import assert from 'node:assert/strict';
import { createExports } from '../../src/authentication/exports.ts';
import { startChallengingApi, type ChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import type * as Client from '../../src/client/index.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

const scopes = ['openid', 'profile', 'api:read'];

describe('a provider that names only the scopes of the API in its token responses', () => {
  let surroundings: SignedInEditor;
  let api: ChallengingApi;
  let client: typeof Client;
  let authentication: typeof EditorStandIn.authentication;

  before(async () => {
    surroundings = await openSignedInEditor();
    api = await startChallengingApi({ issuer: surroundings.identityProvider.issuer });
    client = await import('../../src/client/index.ts');
    ({ authentication } = await import('../standIns/editor/vscode.ts'));
  });
  after(async () => {
    await api.close();
    await surroundings.close();
  });
  beforeEach(async () => {
    await surroundings.reset();
    surroundings.identityProvider.settings.namesOnlyApiScopes = true;
  });

  const get = (path: string, asked = scopes) => client.authorizedFetch('oidc', asked)(`${api.url}${path}`);
  const granted = async (): Promise<string[]> => {
    const session = await authentication.getSession('oidc', scopes, { silent: true });
    const { grantedScopes } = await createExports(surroundings.exportsContext()).describe(session as never);
    return [...grantedScopes].sort();
  };

  for (const path of ['/vault', '/recent', '/claims', '/write', '/admin']) {
    it(`answers what ${path} asks for with one more sign-in`, async () => {
      assert.equal((await get('/whoami')).status, 200);
      assert.equal((await get(path)).status, 200);
      assert.equal(surroundings.signIns(), path === '/recent' ? 1 : 2);
      assert.equal((await get(path)).status, 200);
    });
  }

  it('gives a stronger sign-in to an extension that was granted less than it asks for', async () => {
    const asked = [...scopes, 'reports:read'];
    assert.equal((await get('/whoami', asked)).status, 200);
    assert.equal((await get('/vault', asked)).status, 200);
    assert.equal((await get('/write', asked)).status, 200);
  });

  it('has granted what its ID token shows, also after a refresh', async () => {
    await get('/whoami');
    const all = ['api:read', 'offline_access', 'openid', 'profile'];
    for (const when of ['at first', 'after a refresh']) {
      const found = await granted();
      assert.deepEqual(
        all.filter(scope => !found.includes(scope)),
        [],
        when,
      );
      assert.ok(!found.includes('api:write'), when);
      await surroundings.renewal();
    }
  });

  it('serves an extension that asks for less without a sign-in', async () => {
    await get('/whoami');
    assert.ok(await authentication.getSession('oidc', ['openid', 'profile'], { silent: true }));
    assert.ok(await authentication.getSession('oidc', ['api:read'], { silent: true }));
    assert.equal(await authentication.getSession('oidc', ['api:write'], { silent: true }), undefined);
  });
});
