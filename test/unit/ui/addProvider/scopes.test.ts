import assert from 'node:assert/strict';
import '../../../standIns/editor/useEditorStandIn.ts';

const { scopeChoices } = await import('../../../../src/ui/addProvider/scopes.ts');

describe('the scopes to choose from', () => {
  const server = (scopes?: string[]) => ({
    issuer: 'https://login.example.com',
    jwks_uri: 'https://login.example.com/keys',
    scopes_supported: scopes,
  });
  const usual = ['openid', 'profile', 'email', 'offline_access'];

  it('are those of the server, and the usual ones as far as it has them', () => {
    assert.deepEqual(scopeChoices(server(['openid', 'email', 'api']), [], false), {
      usual: ['openid', 'email'],
      known: ['openid', 'email', 'api'],
    });
  });

  it('are those that an API names too, even if the server lists none', () => {
    assert.deepEqual(scopeChoices(server(), ['api:read'], false), { usual, known: [...usual, 'api:read'] });
    assert.deepEqual(scopeChoices(server(['openid']), ['api:read'], false)?.known, ['openid', 'api:read']);
  });

  it('are not asked for if nobody knows any', () => {
    assert.equal(scopeChoices(server(), [], false), undefined);
  });

  it('are none of the usual ones at a server that shows nothing of OpenID Connect', () => {
    const plain = { issuer: 'https://login.example.com', scopes_supported: ['read', 'offline_access'] };
    assert.deepEqual(scopeChoices(plain, [], false)?.usual, ['offline_access']);
  });

  it('have none of the usual ones for a service', () => {
    assert.deepEqual(scopeChoices(server(['openid', 'api']), [], true), {
      usual: [],
      known: ['openid', 'api'],
    });
    assert.deepEqual(scopeChoices(server(), ['api:read'], true), { usual: [], known: ['api:read'] });
  });
});
