import assert from 'node:assert/strict';
import '../../standIns/editor/useEditorStandIn.ts';

const { scopeChoices } = await import('../../../src/ui/addProvider/scopes.ts');

describe('the scopes to choose from', () => {
  const usual = ['openid', 'profile', 'email', 'offline_access'];

  it('are those of the server, and the usual ones as far as it has them', () => {
    assert.deepEqual(scopeChoices(['openid', 'email', 'api'], [], false), {
      usual: ['openid', 'email'],
      known: ['openid', 'email', 'api'],
    });
  });

  it('are those that an API names too, even if the server lists none', () => {
    assert.deepEqual(scopeChoices(undefined, ['api:read'], false), { usual, known: [...usual, 'api:read'] });
    assert.deepEqual(scopeChoices(['openid'], ['api:read'], false)?.known, ['openid', 'api:read']);
  });

  it('are not asked for if nobody knows any', () => {
    assert.equal(scopeChoices(undefined, [], false), undefined);
  });

  it('have none of the usual ones for a service', () => {
    assert.deepEqual(scopeChoices(['openid', 'api'], [], true), { usual: [], known: ['openid', 'api'] });
    assert.deepEqual(scopeChoices(undefined, ['api:read'], true), { usual: [], known: ['api:read'] });
  });
});
