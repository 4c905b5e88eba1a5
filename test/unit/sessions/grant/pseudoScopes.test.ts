import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import {
  askedAudience,
  checkAsked,
  plainScopes,
  resourcesOfSignIn,
  resourcesOfToken,
  targetOf,
} from '../../../../src/sessions/grant/pseudoScopes.ts';

const api = 'https://api.example.com/';
const reports = 'https://reports.example.com/v1?tenant=a&b=%20c';

describe('what an extension asks for besides scopes', () => {
  const asked = ['openid', `resource:${reports}`, 'audience:the-api', 'email', `resource:${api}`];

  it('is told from the scopes', () => {
    checkAsked(asked);
    assert.deepEqual(plainScopes(asked), ['openid', 'email']);
    assert.deepEqual(targetOf(asked), ['audience:the-api', `resource:${api}`, `resource:${reports}`]);
    assert.deepEqual(targetOf([...asked].reverse()), targetOf(asked));
    assert.equal(askedAudience(asked), 'the-api');
    assert.equal(askedAudience(['openid']), undefined);
    assert.deepEqual(targetOf(['openid', 'resources', 'my-resource:x', 'Audience:x']), []);
  });

  it('goes before the resources of the settings', () => {
    const settings = {
      resources: ['https://a.example.com', 'https://b.example.com'],
      tokenPerResource: false,
    };
    assert.deepEqual(resourcesOfToken(settings, ['openid']), settings.resources);
    assert.deepEqual(resourcesOfToken(settings, [`resource:${api}`]), [api]);
    assert.deepEqual(resourcesOfSignIn(settings, [`resource:${api}`]), [api]);
  });

  it('comes with those of the settings where one sign-in serves several', () => {
    const settings = {
      resources: ['https://a.example.com', 'https://b.example.com'],
      tokenPerResource: true,
    };
    assert.deepEqual(resourcesOfToken(settings, ['openid']), ['https://a.example.com']);
    assert.deepEqual(resourcesOfSignIn(settings, ['openid']), settings.resources);
    assert.deepEqual(resourcesOfSignIn(settings, [`resource:${api}`]), [api, ...settings.resources]);
  });

  for (const good of [
    'resource:urn:example:api',
    'resource:api://0000-1111',
    'resource:https://[::1]:8080/',
    'audience:x',
    'audience:https://acme.example.com/api',
    'resource-reader',
    'audiences',
  ]) {
    it(`takes ${good}`, () => checkAsked([good]));
  }

  for (const [bad, reason] of [
    ['resource:', /absolute URI/],
    ['resource:/path', /absolute URI/],
    ['resource:api.example.com/path', /absolute URI/],
    ['resource:https://api.example.com/#part', /fragment/],
    ['resource:https://api.example.com/#', /fragment/],
    ['resource:https://api.example.com/a b', /absolute URI/],
    ['resource: https://api.example.com/', /absolute URI/],
    ['resource:https://api.example.com/\n', /absolute URI/],
    ['resource:https://äpi.example.com/', /absolute URI/],
    ['resource:https://api.example.com/"', /absolute URI/],
    [`resource:https://api.example.com/${'x'.repeat(2000)}`, /too long/],
    ['audience:', /printable/],
    ['audience:a b', /printable/],
    ['audience:ü', /printable/],
  ] as const) {
    it(`refuses ${JSON.stringify(bad.slice(0, 60))}`, () => {
      assert.throws(
        () => checkAsked(['openid', bad]),
        (error: unknown) =>
          error instanceof Failure && error.code === 'scope-unusable' && reason.test(error.message),
      );
    });
  }

  it('refuses two audiences, and takes one that is given twice', () => {
    checkAsked(['audience:a', 'audience:a']);
    assert.throws(() => checkAsked(['audience:a', 'audience:b']), /one audience only/);
  });
});
