import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type * as Client from '../../src/client/index.ts';
import { startDescribedApi, type DescribedApi } from '../servers/resourceServers/describedApi.ts';
import { apiResource, reportsResource } from '../servers/identityProvider/resources.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

const scopes = ['openid', 'profile'];

describe('an API that describes itself in its challenge (RFC 9728)', () => {
  let surroundings: SignedInEditor;
  let client: typeof Client;
  let authentication: typeof EditorStandIn.authentication;
  let editor: typeof EditorStandIn.editor;
  let api: DescribedApi;

  before(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../src/client/index.ts');
    ({ authentication, editor } = await import('../standIns/editor/vscode.ts'));
  });
  after(() => surroundings.close());
  beforeEach(async () => {
    await surroundings.reset();
    api = await startDescribedApi({ issuer: surroundings.identityProvider.issuer });
    surroundings.identityProvider.settings.resources = [api.resource];
  });
  afterEach(() => api.close());

  const call = (): Promise<Response> => client.authorizedFetch('oidc', scopes)(api.url);
  const signIn = () => authentication.getSession('oidc', scopes, { createIfNone: true });
  /** The challenge as an extension hands it on that does not use our helpers. */
  const handOn = (options: object, more: Record<string, string> = {}, fallbackScopes?: string[]) => {
    const wwwAuthenticate = `Bearer ${Object.entries({ ...api.challenge, ...more })
      .map(([name, value]) => `${name}="${value}"`)
      .join(', ')}`;
    return authentication.getSession(
      'oidc',
      { wwwAuthenticate, ...(fallbackScopes && { fallbackScopes }) },
      options,
    );
  };
  /** What the latest authorization request asked the provider for. */
  const asked = () => {
    const { requestsTo, endpoints } = surroundings.identityProvider;
    return requestsTo(endpoints.pushedAuthorizationRequest).at(-1)?.body ?? {};
  };
  const audience = (token: string): unknown =>
    (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { aud: unknown }).aud;

  it('gets a token for itself, in place of one for something else', async () => {
    const first = await signIn();
    assert.equal(audience(first?.accessToken ?? ''), apiResource);
    assert.equal((await call()).status, 200);
    assert.deepEqual(api.statuses, [401, 200]);
    assert.equal(asked()['resource'], api.resource);
    assert.equal(surroundings.signIns(), 2);
    assert.deepEqual(
      api.metadataRequests,
      [undefined],
      'read once for the question and the sign-in, and nobody is sent a token for it',
    );
  });

  it('is sent that token at once from then on, and the other one goes on elsewhere', async () => {
    const first = await signIn();
    await call();
    assert.equal((await call()).status, 200);
    assert.deepEqual(api.statuses, [401, 200, 200]);
    assert.equal(surroundings.signIns(), 2);
    const session = await authentication.getSession('oidc', scopes, { silent: true });
    assert.equal(session?.id, first?.id);
    assert.equal(audience(session?.accessToken ?? ''), apiResource);
  });

  for (const order of ['outer first', 'inner first']) {
    it(`with another API within its address, gets a token for each: ${order}`, async () => {
      const { inner } = api;
      surroundings.identityProvider.settings.resources = [api.resource, inner.resource];
      await signIn();
      const urls = order === 'outer first' ? [api.url, inner.url] : [inner.url, api.url];
      const fetch = client.authorizedFetch('oidc', scopes);
      for (const url of [...urls, ...urls, ...urls]) assert.equal((await fetch(url)).status, 200, url);
      assert.deepEqual(api.statuses, [401, 200, 401, 200, 200, 200, 200, 200]);
      assert.equal(surroundings.signIns(), 3);
    });
  }

  it('with another API within its address, gets a renewed token for that once it refuses it', async () => {
    const { inner } = api;
    surroundings.identityProvider.settings.resources = [api.resource, inner.resource];
    await signIn();
    const fetch = client.authorizedFetch('oidc', scopes);
    await fetch(api.url);
    await fetch(inner.url);
    const asking = [...scopes, `resource:${inner.resource}`];
    const session = await authentication.getSession('oidc', asking, { silent: true });
    await surroundings.clock.advance(400_000);
    api.refuse(session?.accessToken ?? '');
    assert.equal((await fetch(inner.url)).status, 200);
    assert.equal((await fetch(api.url)).status, 200);
    assert.equal(surroundings.signIns(), 3);
  });

  it('with another API within its address that the provider does not know, is not disturbed by that', async () => {
    await signIn();
    const fetch = client.authorizedFetch('oidc', scopes);
    await fetch(api.url);
    for (let i = 0; i < 6; i++) await fetch(api.inner.url).catch(() => undefined);
    assert.ok(surroundings.signIns() <= 3, `${surroundings.signIns()} sign-ins`);
    await assert.rejects(fetch(api.inner.url), { name: 'AccessRefused', message: /refused the token again/ });
    assert.equal((await fetch(api.url)).status, 200);
  });

  it('asks once for two that hand on its challenge at the same time, and both get the same session', async () => {
    await signIn();
    api.refuse((await authentication.getSession('oidc', scopes, { silent: true }))?.accessToken ?? '');
    editor.dialogs = [];
    const twice = [{ acr_values: 'gold' }, { acr_values: 'gold' }].map(more =>
      handOn({ createIfNone: true }, { error: 'insufficient_user_authentication', ...more }, scopes),
    );
    const outcomes = await Promise.allSettled(twice);
    assert.equal(surroundings.signIns(), 2, 'one more than the first');
    const [first, second] = outcomes.map(outcome =>
      outcome.status === 'fulfilled' ? outcome.value?.accessToken : String(outcome.reason),
    );
    assert.ok(first !== undefined);
    assert.equal(first, second);
  });

  it('gets a renewed one for it without the person, once there is one', async () => {
    await signIn();
    await call();
    const asking = [...scopes, `resource:${api.resource}`];
    const session = await authentication.getSession('oidc', asking, { silent: true });
    // Right after the sign-in it would be the same refusal again.
    await surroundings.clock.advance(400_000);
    api.refuse(session?.accessToken ?? '');
    assert.equal((await call()).status, 200);
    assert.deepEqual(api.statuses, [401, 200, 401, 200]);
    assert.equal(surroundings.signIns(), 2);
    assert.equal(asked()['resource'], api.resource);
  });

  it('comes to an end if it refuses that token, too', async () => {
    await signIn();
    const never = await startDescribedApi({
      issuer: surroundings.identityProvider.issuer,
      audience: 'urn:nobody',
    });
    surroundings.identityProvider.settings.resources = [never.resource];
    try {
      const callNever = client.authorizedFetch('oidc', scopes);
      for (let i = 0; i < 4; i++) await callNever(never.url).catch(() => undefined);
      await assert.rejects(callNever(never.url), {
        name: 'AccessRefused',
        message: /refused the token again/,
      });
      assert.ok(surroundings.signIns() <= 3, `${surroundings.signIns()} sign-ins`);
      assert.ok(never.statuses.length <= 10);
    } finally {
      await never.close();
    }
  });

  it('is not asked about again and again where the provider knows no such resource', async () => {
    surroundings.identityProvider.settings.resources = [];
    await signIn();
    await assert.rejects(call(), { name: 'AccessRefused' });
    assert.equal(asked()['resource'], api.resource);
    assert.equal((await call()).status, 401, 'after a new token of the same kind');
    assert.equal((await call()).status, 401, 'after a new sign-in of the same kind');
    await assert.rejects(call(), { name: 'AccessRefused', message: /refused the token again/ });
    assert.equal(asked()['resource'], undefined);
    assert.equal(editor.dialogs.length, 3);
    // The provider may have been down, or have got to know the resource meanwhile.
    surroundings.identityProvider.settings.resources = [api.resource];
    await surroundings.clock.advance(300_000);
    await assert.rejects(call(), { name: 'AccessRefused', message: /asked once to sign in/ });
    await surroundings.signOut();
    await signIn();
    assert.equal((await call()).status, 200);
    assert.equal(asked()['resource'], api.resource);
  });

  it('gets a new token of the same kind where the token is for it already', async () => {
    await surroundings.register({ resource: [api.resource] });
    const session = await signIn();
    assert.equal(audience(session?.accessToken ?? ''), api.resource);
    api.refuse(session?.accessToken ?? '');
    assert.equal((await call()).status, 200);
    assert.equal(surroundings.signIns(), 1);
  });

  it('gets none for itself from a provider that is said not to know resources', async () => {
    await surroundings.register({ resourceOfChallenge: false });
    await signIn();
    const before = surroundings.tokenRequests();
    assert.equal((await call()).status, 401);
    assert.equal(surroundings.tokenRequests() - before, 1, 'a new token of the same kind');
    assert.equal(surroundings.signIns(), 1);
  });

  it('does not get one for itself when it asks for more than that', async () => {
    await signIn();
    api.challenge = { ...api.challenge, error: 'insufficient_scope', scope: 'api:read' };
    await call();
    assert.equal(asked()['resource'], undefined);
    assert.match(String(asked()['scope']), /\bapi:read\b/);
  });

  it('of a token that cannot be read, tries a new one first', async () => {
    surroundings.identityProvider.settings.accessTokens = 'opaque';
    await signIn();
    assert.equal((await call()).status, 401, 'after a new token');
    assert.equal(surroundings.signIns(), 1);
    assert.equal((await call()).status, 200, 'after a sign-in for it');
    assert.equal(asked()['resource'], api.resource);
    assert.equal(surroundings.signIns(), 2);
  });

  it('does not change what an extension names by itself', async () => {
    const asking = [...scopes, `resource:${reportsResource}`];
    const call = client.authorizedFetch('oidc', asking);
    assert.equal((await call(api.url)).status, 401);
    assert.equal((await call(api.url)).status, 401);
    assert.equal(asked()['resource'], reportsResource);
  });

  describe('that takes tokens of another authorization server', () => {
    const other = 'https://login.example.org/realms/other';
    beforeEach(() => void (api.metadata['authorization_servers'] = [other, 'https://third.example.org']));

    it('is an error that names both, and nobody is asked to sign in', async () => {
      await signIn();
      const { issuer } = surroundings.identityProvider;
      await assert.rejects(call(), (error: Error) => {
        assert.equal(error.name, 'AccessRefused');
        assert.ok(error.message.includes(`“${other}”`), error.message);
        assert.ok(error.message.includes(issuer), error.message);
        assert.ok(error.message.includes(api.resource), error.message);
        return true;
      });
      assert.equal(surroundings.signIns(), 1);
      assert.deepEqual(editor.dialogs, ['sign in']);
    });

    it('is that error for whoever hands the challenge on by themselves, too', async () => {
      await signIn();
      await assert.rejects(
        handOn({ silent: true }, {}, scopes),
        /accepts access tokens from “https:\/\/login/,
      );
      await assert.rejects(handOn({ createIfNone: true }, {}, scopes), /accepts access tokens from/);
    });
  });

  it('may name the provider with a slash more, or none at all', async () => {
    api.metadata['authorization_servers'] = [`${surroundings.identityProvider.issuer}/`];
    await signIn();
    assert.equal((await call()).status, 200);
    api.metadata = { resource: api.resource };
    const fresh = await startDescribedApi({ issuer: surroundings.identityProvider.issuer });
    surroundings.identityProvider.settings.resources = [fresh.resource];
    delete fresh.metadata['authorization_servers'];
    assert.equal((await client.authorizedFetch('oidc', scopes)(fresh.url)).status, 200);
    await fresh.close();
  });

  describe('the scopes', () => {
    it('of its challenge go before those that it supports', async () => {
      await handOn({ createIfNone: true }, { error: 'insufficient_scope', scope: 'api:read' });
      assert.match(String(asked()['scope']), /\bapi:read\b/);
      assert.doesNotMatch(String(asked()['scope']), /\badmin\b/);
    });

    it('that it supports never widen what an extension asked for', async () => {
      await handOn({ createIfNone: true }, { error: 'insufficient_scope' }, scopes);
      assert.doesNotMatch(String(asked()['scope']), /admin|api:read/);
    });

    it('that it supports are asked for where nobody has named any', async () => {
      api.metadata['scopes_supported'] = ['openid', 'api:read', `resource:${reportsResource}`];
      const session = await handOn({ createIfNone: true });
      assert.match(String(asked()['scope']), /\bapi:read\b/);
      assert.deepEqual(session?.scopes, ['openid', 'api:read']);
      assert.equal(asked()['resource'], undefined, 'a server names no other resource');
    });
  });

  describe('nobody gets a token for another API', () => {
    /** It asks for a token that its victim would accept. */
    let victim: DescribedApi;
    beforeEach(async () => {
      victim = await startDescribedApi({ issuer: surroundings.identityProvider.issuer });
      surroundings.identityProvider.settings.resources = [victim.resource];
      await signIn();
    });
    afterEach(() => victim.close());

    /** What our helpers would say of a request to the other; the server knows no session, and makes one up. */
    const forged = (): string => {
      const place = victim.url;
      const proof = createHash('sha256').update(`guessed:openid profile ${place}`).digest('base64url');
      return `Refused-Token sha256="${proof}", request="${place}", proof="${proof}"`;
    };
    const attempts: [what: string, lie: () => void][] = [
      [
        'by naming the metadata of the other',
        () => (api.challenge['resource_metadata'] = victim.metadataUrl),
      ],
      ['by describing the other', () => (api.metadata['resource'] = victim.resource)],
      [
        'by a resource that has it in its name',
        () => (api.metadata['resource'] = `${api.origin}@127.0.0.1/v1`),
      ],
      ['by a path beside it', () => (api.metadata['resource'] = `${api.origin}/v1/other`)],
      ['by a way around', () => (api.metadata['resource'] = `${api.origin}/other/../v1`)],
      [
        'by a redirect to the metadata of the other',
        () =>
          (api.answerMetadata = response =>
            void response.writeHead(302, { location: victim.metadataUrl }).end()),
      ],
      [
        'by saying that the request went to the other',
        () => {
          api.challenge['resource_metadata'] = victim.metadataUrl;
          api.furtherChallenge = `, ${forged()}`;
        },
      ],
    ];
    for (const [what, lie] of attempts) {
      it(what, async () => {
        lie();
        const { requestsTo, endpoints } = surroundings.identityProvider;
        const before = requestsTo(endpoints.pushedAuthorizationRequest).length;
        await call().catch(() => undefined);
        await call().catch(() => undefined);
        const requests = requestsTo(endpoints.pushedAuthorizationRequest).slice(before);
        assert.deepEqual(
          requests.flatMap(({ body }) => body['resource'] ?? []),
          [],
        );
      });
    }

    it('nor where a server says in front of its own challenge where the request went', async () => {
      const wwwAuthenticate = `${forged()}, Bearer error="invalid_token", resource_metadata="${victim.metadataUrl}"`;
      const request = { wwwAuthenticate, fallbackScopes: scopes };
      await authentication.getSession('oidc', request, { createIfNone: true }).catch(() => undefined);
      await authentication.getSession('oidc', request, { forceNewSession: true }).catch(() => undefined);
      assert.equal(surroundings.signIns(), 2);
      assert.equal(asked()['resource'], undefined);
    });

    it('nor does whoever hands on a challenge without a word of where it came from', async () => {
      await handOn({ createIfNone: true }, {}, scopes).catch(() => undefined);
      await handOn({ createIfNone: true }, {}, scopes).catch(() => undefined);
      assert.equal(asked()['resource'], undefined);
    });
  });

  describe('metadata that cannot be used changes nothing', () => {
    const bad: [what: string, set: () => void][] = [
      ['that is HTML', () => answerWith('<!doctype html><p>Please log in', 'text/html')],
      ['of two megabytes', () => answerWith(JSON.stringify({ ...api.metadata, x: 'y'.repeat(2 ** 21) }))],
      ['that is no JSON', () => answerWith('{"resource":')],
      ['that is a list', () => answerWith('[]')],
      ['that names no resource', () => answerWith('{"authorization_servers":["https://login.example.org"]}')],
      ['that is not there', () => (api.answerMetadata = response => void response.writeHead(404).end())],
      ['that breaks off', () => (api.answerMetadata = response => void response.destroy())],
      ['at no address', () => (api.challenge['resource_metadata'] = 'not an address')],
      ['at an endless address', () => (api.challenge['resource_metadata'] += `?${'x'.repeat(5000)}`)],
      ['of another scheme', () => (api.challenge['resource_metadata'] = 'file:///etc/passwd')],
      [
        'in the network of the computer',
        () => (api.challenge['resource_metadata'] = 'http://169.254.169.254/latest/meta-data'),
      ],
      [
        'with a password in its address',
        () => (api.challenge['resource_metadata'] = api.metadataUrl.replace('//', '//a:b@')),
      ],
    ];
    const answerWith = (text: string, type = 'application/json') =>
      (api.answerMetadata = response => void response.writeHead(200, { 'content-type': type }).end(text));
    for (const [what, set] of bad) {
      it(what, async () => {
        const session = await signIn();
        set();
        const before = surroundings.tokenRequests();
        assert.equal((await call()).status, 401);
        assert.equal(surroundings.tokenRequests() - before, 1, 'a new token, as without it');
        assert.equal(surroundings.signIns(), 1);
        const renewed = await authentication.getSession('oidc', scopes, { silent: true });
        assert.equal(renewed?.id, session?.id);
      });
    }

    it('that never comes, after five seconds', async () => {
      await signIn();
      api.answerMetadata = () => undefined;
      const answer = call();
      while (api.metadataRequests.length === 0) await new Promise(resolve => setImmediate(resolve));
      await surroundings.clock.advance(5000);
      assert.equal((await answer).status, 401);
      assert.equal(surroundings.signIns(), 1);
    });
  });
});
