import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { startChallengingApi, type ChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { listen, stop } from '../servers/listening.ts';
import { people } from '../servers/identityProvider/people.ts';
import type * as Client from '../../src/client/index.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

const scopes = ['openid', 'profile'];

describe('authorizedFetch', () => {
  let surroundings: SignedInEditor;
  let api: ChallengingApi;
  let client: typeof Client;
  let editor: typeof EditorStandIn.editor;
  let authentication: typeof EditorStandIn.authentication;
  let elsewhere: Server;
  let elsewhereUrl: string;
  let reachedElsewhere: { authorization: string | undefined; cookie: string | undefined; body: string }[];

  before(async () => {
    surroundings = await openSignedInEditor();
    api = await startChallengingApi({ issuer: surroundings.identityProvider.issuer });
    client = await import('../../src/client/index.ts');
    ({ editor, authentication } = await import('../standIns/editor/vscode.ts'));
    elsewhere = createServer((request, response) => {
      const { authorization, cookie } = request.headers;
      let body = '';
      request.on('data', chunk => (body += String(chunk)));
      request.on('end', () => {
        reachedElsewhere.push({ authorization, cookie, body });
        const back = new URL(request.url ?? '/', 'http://localhost').searchParams.get('back');
        if (back !== null) response.writeHead(302, { location: back }).end();
        else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('elsewhere');
      });
    });
    elsewhereUrl = `http://127.0.0.1:${await listen(elsewhere)}`;
  });
  after(async () => {
    await api.close();
    await stop(elsewhere);
    await surroundings.close();
  });
  beforeEach(async () => {
    reachedElsewhere = [];
    await surroundings.reset();
  });

  /** The statuses that the API answered since the last look. */
  let seen = 0;
  const answered = (): number[] => {
    const statuses = api.requests.slice(seen).map(({ status }) => status);
    seen = api.requests.length;
    return statuses;
  };
  beforeEach(() => void answered());

  const get = async (path: string, init?: RequestInit, options: object = {}): Promise<Response> =>
    client.authorizedFetch('oidc', scopes, options)(`${api.url}${path}`, init);
  /** What the latest authorization request asked the provider for; it was pushed there (RFC 9126). */
  const asked = () => {
    const { requestsTo, endpoints } = surroundings.identityProvider;
    return requestsTo(endpoints.pushedAuthorizationRequest).at(-1)?.body ?? {};
  };
  const silently = () => authentication.getSession('oidc', scopes, { silent: true });

  it('signs the person in once, and sends the token', async () => {
    const response = await get('/whoami');
    assert.partialDeepStrictEqual(await response.json(), { caller: { sub: people.alice.sub } });
    await get('/whoami');
    assert.equal(surroundings.signIns(), 1);
    assert.deepEqual(editor.dialogs, ['sign in']);
  });

  it('renews a token that was revoked, without the person', async () => {
    await get('/whoami');
    const before = await silently();
    api.refuse(before?.accessToken ?? '');
    answered();
    assert.equal((await get('/whoami')).status, 200);
    assert.deepEqual(answered(), [401, 200]);
    assert.equal(surroundings.signIns(), 1);
    const after = await silently();
    assert.notEqual(after?.accessToken, before?.accessToken);
    assert.equal(after?.id, before?.id, 'it is the same session');
  });

  it('renews it for a server that does not say why, too', async () => {
    await get('/silent');
    api.refuse((await silently())?.accessToken ?? '');
    answered();
    assert.equal((await get('/silent')).status, 200);
    assert.deepEqual(answered(), [401, 200]);
    assert.equal(surroundings.signIns(), 1);
  });

  it('renews once for many requests that were refused at the same time', async () => {
    await get('/whoami');
    const session = await silently();
    api.refuse(session?.accessToken ?? '');
    const before = surroundings.tokenRequests();
    const responses = await Promise.all(
      Array.from({ length: 8 }, (_, i) => get('/whoami', { headers: { i: `${i}` } })),
    );
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
    assert.equal(surroundings.tokenRequests() - before, 1);
    assert.equal(surroundings.signIns(), 1);
  });

  it('asks for more scopes, and keeps those it had', async () => {
    await get('/whoami');
    answered();
    assert.equal((await get('/write')).status, 200);
    assert.deepEqual(answered(), [403, 200]);
    assert.equal(surroundings.signIns(), 2);
    // The wider grant took the place of the first one: the first session's token has it all now.
    assert.equal((await get('/write')).status, 200);
    assert.deepEqual(answered(), [200]);
  });

  it('asks for a stronger sign-in, and gets it', async () => {
    await get('/whoami');
    answered();
    assert.equal((await get('/vault')).status, 200);
    assert.deepEqual(answered(), [401, 200]);
    assert.equal(surroundings.signIns(), 2);
    assert.equal(asked()['acr_values'], 'urn:example:gold');
    assert.equal((await get('/vault')).status, 200);
    assert.equal(surroundings.signIns(), 2, 'not again');
  });

  it('asks for a recent sign-in', async () => {
    await get('/recent');
    assert.deepEqual(answered(), [200]);
    const strict = await startChallengingApi({
      issuer: surroundings.identityProvider.issuer,
      // Ten minutes later for the API. The token is valid for an hour.
      now: () => Date.now() + 600_000,
    });
    try {
      // The sign-in is as new as can be, and this server's clock will not have it.
      const response = await client.authorizedFetch('oidc', scopes)(`${strict.url}/recent`);
      assert.equal(response.status, 401);
      assert.equal(surroundings.signIns(), 2);
      assert.equal(asked()['max_age'], '60');
    } finally {
      await strict.close();
    }
  });

  it('passes claims on that a server asks for', async () => {
    await get('/whoami');
    assert.equal((await get('/claims')).status, 200);
    assert.equal(asked()['claims'], '{"id_token":{"acr":{"essential":true,"values":["urn:example:gold"]}}}');
  });

  it('says so if the provider does not bring the claims', async () => {
    await get('/whoami');
    await assert.rejects(get('/unreachable-claims'), {
      name: 'AccessRefused',
      message: /didn’t sign you in as requested: “client_id” must be “another-editor”/,
    });
    assert.equal(surroundings.signIns(), 2);
    await assert.rejects(get('/unreachable-claims'), {
      name: 'AccessRefused',
      message: /refused the token again/,
    });
    assert.equal(surroundings.signIns(), 2);
  });

  it('comes to an end with a server that asks for an ever newer token', async () => {
    await get('/whoami');
    assert.equal((await get('/always-later')).status, 401, 'after a new sign-in');
    assert.equal(surroundings.signIns(), 2);
    await assert.rejects(get('/always-later'), { name: 'AccessRefused', message: /refused the token again/ });
    assert.equal(surroundings.signIns(), 2);
  });

  it('says so if the provider does not sign in as strongly as it was asked to', async () => {
    await get('/whoami');
    await assert.rejects(get('/unreachable-vault'), {
      name: 'AccessRefused',
      message: /must be urn:example:platinum/,
    });
    assert.equal(surroundings.signIns(), 2);
    // The sign-in that came of it is a good one all the same.
    assert.equal((await get('/whoami')).status, 200);
    const dialogs = editor.dialogs.length;
    await assert.rejects(get('/unreachable-vault'), {
      name: 'AccessRefused',
      message: /refused the token again/,
    });
    assert.equal(editor.dialogs.length, dialogs, 'and nobody was asked again');
  });

  it('says so if the provider does not grant a scope', async () => {
    surroundings.person = people.bob;
    await get('/whoami');
    await assert.rejects(get('/admin'), { name: 'AccessRefused', message: /didn’t grant admin/ });
    await assert.rejects(get('/admin'), { name: 'AccessRefused', message: /refused the token again/ });
    assert.equal(surroundings.signIns(), 2);
  });

  it('comes to an end with a server that always says 401', async () => {
    await get('/whoami');
    answered();
    assert.equal((await get('/never')).status, 401, 'after a new token');
    assert.equal((await get('/never')).status, 401, 'after a new sign-in');
    assert.equal(surroundings.signIns(), 2);
    await assert.rejects(get('/never'), { name: 'AccessRefused', message: /refused the token again/ });
    await assert.rejects(get('/never'), { name: 'AccessRefused' });
    assert.deepEqual(answered(), [401, 401, 401, 401, 401, 401]);
    assert.equal(surroundings.signIns(), 2);
  });

  it('does not answer a refusal that is about the person, or about another scheme', async () => {
    await get('/whoami');
    const before = surroundings.tokenRequests();
    assert.equal((await get('/not-for-you')).status, 403);
    assert.equal((await get('/basic')).status, 401);
    assert.equal(surroundings.tokenRequests(), before);
  });

  for (const [what, header, expected] of [
    ['a malformed challenge', 'Bearer error="insufficient_scope, scope=a', 401],
    [
      'a challenge with a scope of a megabyte',
      `Bearer error="insufficient_scope", scope="${'a'.repeat(15_000)}"`,
      'AccessRefused',
    ],
    [
      'challenges by the hundred',
      Array.from({ length: 200 }, () => 'Bearer realm="x"').join(', '),
      'AccessRefused',
    ],
    ['an unknown scheme', 'Zebra stripes="many"', 401],
    ['a wrong request', 'Bearer error="invalid_request"', 'AccessRefused'],
  ] as const) {
    it(`survives ${what}`, async () => {
      await get('/whoami');
      const answer = get(`/challenge?header=${encodeURIComponent(header)}`).then(
        ({ status }) => status,
        (error: unknown) => (error as Error).name,
      );
      assert.equal(await answer, expected);
      assert.equal(surroundings.signIns(), 1);
      assert.equal((await get('/whoami')).status, 200);
    });
  }

  it('does not ask again for what the person did not want, unless they click again', async () => {
    await get('/whoami');
    editor.consents = false;
    const dialogs = editor.dialogs.length;
    await assert.rejects(get('/write'), { name: 'SignInDeclined' });
    await assert.rejects(get('/write'), { name: 'SignInDeclined' });
    assert.equal(editor.dialogs.length - dialogs, 1);
    assert.equal((await get('/whoami')).status, 200, 'what they have goes on');
    await assert.rejects(get('/vault'), { name: 'SignInDeclined' });
    assert.equal(editor.dialogs.length - dialogs, 2, 'something else');
    editor.consents = true;
    assert.equal((await get('/write', {}, { askAgain: true })).status, 200);
    assert.equal((await get('/write')).status, 200);
  });

  it('passes over a challenge of a megabyte, which no server of ours could even send', async () => {
    await get('/whoami');
    const before = surroundings.tokenRequests();
    const header = `Bearer error="insufficient_scope", scope="${'a '.repeat(500_000)}"`;
    const send = () =>
      Promise.resolve(new Response('', { status: 403, headers: { 'www-authenticate': header } }));
    assert.equal((await get('/whoami', {}, { fetch: send })).status, 403);
    assert.deepEqual([surroundings.tokenRequests(), surroundings.signIns()], [before, 1]);
  });

  describe('bodies', () => {
    const bodies: [what: string, body: BodyInit, text: string][] = [
      ['text', 'hello', 'hello'],
      ['a form', new URLSearchParams({ a: '1' }), 'a=1'],
      ['bytes', new TextEncoder().encode('bytes'), 'bytes'],
      ['a blob', new Blob(['blob']), 'blob'],
    ];
    for (const [what, body, text] of bodies) {
      it(`sends ${what} again`, async () => {
        await get('/whoami');
        api.refuse((await silently())?.accessToken ?? '');
        answered();
        const response = await get('/whoami', { method: 'POST', body });
        assert.partialDeepStrictEqual(await response.json(), { method: 'POST', body: text });
        assert.deepEqual(answered(), [401, 200]);
      });
    }

    it('does not send a stream again, but has a new token for the next request', async () => {
      await get('/whoami');
      api.refuse((await silently())?.accessToken ?? '');
      answered();
      const body = new Blob(['once']).stream();
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      assert.equal((await get('/whoami', init)).status, 401);
      assert.deepEqual(answered(), [401]);
      assert.equal((await get('/whoami')).status, 200);
      assert.deepEqual(answered(), [200]);
    });
  });

  describe('redirects', () => {
    const redirect = (to: string, status = 302) => `/redirect?status=${status}&to=${encodeURIComponent(to)}`;

    it('follows one within the origin with the token', async () => {
      assert.equal((await get(redirect('/whoami'))).status, 200);
    });

    it('does not take the token along to another origin', async () => {
      const response = await get(redirect(`${elsewhereUrl}/`), { headers: { cookie: 'a=b' } });
      assert.equal(await response.text(), 'elsewhere');
      assert.deepEqual(reachedElsewhere, [{ authorization: undefined, cookie: undefined, body: '' }]);
    });

    it('does not listen to what another origin says about the token', async () => {
      await get('/whoami');
      const before = surroundings.tokenRequests();
      assert.equal((await get(redirect(`${elsewhereUrl}/`))).status, 401);
      assert.equal(surroundings.tokenRequests(), before);
    });

    it('does not send the token again after a detour over another origin', async () => {
      await get('/whoami');
      answered();
      const detour = `${elsewhereUrl}/?back=${encodeURIComponent(`${api.url}/whoami`)}`;
      assert.equal((await get(redirect(detour))).status, 401);
      assert.equal(api.requests.at(-1)?.token, undefined);
      assert.equal(surroundings.signIns(), 1);
    });

    it('keeps method and body where the status says so', async () => {
      const post = { method: 'POST', body: 'hello' };
      const kept = await get(redirect('/whoami', 307), post);
      assert.partialDeepStrictEqual(await kept.json(), { method: 'POST', body: 'hello' });
      const changed = await get(redirect('/whoami', 303), post);
      assert.partialDeepStrictEqual(await changed.json(), { method: 'GET', body: '' });
      const stream = { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' } as RequestInit;
      await assert.rejects(get(redirect('/whoami', 307), stream), /body that can be repeated/);
    });

    it('repeats what was refused, not the request that led there', async () => {
      await get('/whoami');
      for (const [to, status] of [
        ['/write', 403],
        ['/vault', 401],
      ] as const) {
        const before = api.requests.length;
        const response = await get(redirect(to, 303), { method: 'POST', body: 'order' });
        assert.equal(response.status, 200);
        assert.deepEqual(
          api.requests.slice(before).map(request => [request.method, request.path, request.status]),
          [
            ['POST', '/redirect', 303],
            ['GET', to, status],
            ['GET', to, 200],
          ],
        );
      }
    });

    it('repeats a request whose stream went with the redirect, and keeps a body that is sent on', async () => {
      await get('/whoami');
      const stream = { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' } as RequestInit;
      assert.equal((await get(redirect('/write', 303), stream)).status, 200);
      const before = api.requests.length;
      const kept = await get(redirect('/vault', 307), { method: 'POST', body: 'hello' });
      assert.partialDeepStrictEqual(await kept.json(), { method: 'POST', body: 'hello' });
      assert.deepEqual(
        api.requests.slice(before).map(request => [request.path, request.body]),
        [
          ['/redirect', 'hello'],
          ['/vault', 'hello'],
          ['/vault', 'hello'],
        ],
      );
    });

    it('does not follow one to plain http, in circles, or where the caller does not want it', async () => {
      await assert.rejects(get(redirect('http://api.example.com/')), /only sent over https/);
      await assert.rejects(get('/circle'), /redirects too often/);
      assert.equal((await get(redirect('/whoami'), { redirect: 'manual' })).status, 302);
      // As a browser says it, where nobody can see where it leads.
      const opaque = Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });
      const hidden = { fetch: () => Promise.resolve(opaque) };
      await assert.rejects(get('/whoami', {}, hidden), /redirects, and here nobody can see where to/);
      assert.equal(await get('/whoami', { redirect: 'manual' }, hidden), opaque);
      await assert.rejects(get(redirect('/whoami'), { redirect: 'error' }), TypeError);
    });
  });

  describe('before anything is sent', () => {
    const refused: [what: string, address: string, why: RegExp][] = [
      ['plain http', 'http://api.example.com/', /only sent over https/],
      ['plain http by a name that the editor’s proxy gets', 'http://api.localhost/', /only sent over https/],
      ['plain http to a host that only looks local', 'http://localhost.example.com/', /only sent over https/],
      [
        'plain http to a host that only begins like one',
        'http://127.0.0.1.example.com/',
        /only sent over https/,
      ],
      ['another scheme', 'file:///etc/passwd', /only sent over https/],
      ['a password in the address', 'https://a:b@api.example.com/', /password/],
      ['no address', 'whoami', /Invalid URL/],
    ];
    for (const [what, address, why] of refused) {
      it(`refuses ${what}`, async () => {
        await assert.rejects(client.authorizedFetch('oidc', scopes)(address), why);
        assert.equal(surroundings.signIns(), 0, 'nobody was asked');
      });
    }

    it('refuses an Authorization header of the caller', () =>
      assert.rejects(get('/whoami', { headers: { Authorization: 'Bearer mine' } }), /sets the header/));

    it('fails with an unknown provider id', () =>
      assert.rejects(client.authorizedFetch('nobody', scopes)(`${api.url}/whoami`), /nobody/));
  });

  it('asks nobody where the caller does not want it', async () => {
    await assert.rejects(get('/whoami', {}, { signIn: 'never' }), { name: 'SignInDeclined' });
    await get('/whoami');
    const dialogs = editor.dialogs.length;
    assert.equal((await get('/write', {}, { signIn: 'never' })).status, 403);
    assert.equal(editor.dialogs.length, dialogs);
  });

  it('does not ask somebody to sign in who has signed out in the middle of a request', async () => {
    await get('/whoami');
    const send = async (...request: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...request);
      await surroundings.signOut();
      return response;
    };
    const dialogs = editor.dialogs.length;
    assert.equal((await get('/never', {}, { fetch: send })).status, 401);
    assert.equal(editor.dialogs.length, dialogs);
  });

  it('is ended by its signal, before anything is repeated', async () => {
    await get('/whoami');
    const stopped = new AbortController();
    const send = async (...request: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...request);
      stopped.abort(new Error('enough'));
      return response;
    };
    answered();
    await assert.rejects(get('/never', { signal: stopped.signal }, { fetch: send }), /enough/);
    assert.deepEqual(answered(), [401]);
  });

  for (const how of ['refused', 'ignored'] as const) {
    describe(`in an editor where answering challenges is ${how}`, () => {
      beforeEach(async () => {
        editor.challenges = how;
        await surroundings.register({});
      });

      it('still signs in', async () => assert.equal((await get('/whoami')).status, 200));

      it('signs in anew for more scopes', async () => {
        await get('/whoami');
        assert.equal((await get('/write')).status, 200);
        assert.equal(surroundings.signIns(), 2);
      });

      it('signs in anew for a revoked token', async () => {
        await get('/whoami');
        api.refuse((await silently())?.accessToken ?? '');
        assert.equal((await get('/whoami')).status, 200);
        assert.deepEqual(editor.dialogs, ['sign in', 'sign in again']);
      });

      it('asks again after a no once the person has agreed in the meantime', async () => {
        const refuseCurrent = async (): Promise<void> => api.refuse((await silently())?.accessToken ?? '');
        await get('/whoami');
        await refuseCurrent();
        editor.consents = false;
        await assert.rejects(get('/whoami'), { name: 'SignInDeclined' });
        editor.consents = true;
        assert.equal((await get('/whoami', {}, { askAgain: true })).status, 200);
        await refuseCurrent();
        assert.equal((await get('/whoami')).status, 200);
        assert.equal(editor.dialogs.length, 4);
      });
    });
  }
});
