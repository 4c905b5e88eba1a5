import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { systemClock } from '../../src/platform/clock.ts';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import { createHttpContext } from '../../src/protocol/server/httpContext.ts';
import { offeredEndpoints } from '../../src/protocol/server/discovery.ts';
import { lookUp, type FoundServer } from '../../src/providers/lookUp/lookUp.ts';
import { readTypedAddress } from '../../src/providers/lookUp/typedAddress.ts';
import { providerOf } from '../../src/ui/addProvider/answers.ts';
import { firstState } from '../../src/ui/addProvider/state.ts';
import { startHostileServer, type HostileServer } from '../servers/hostile/server.ts';
import { html, redirectTo, text } from '../servers/hostile/replies.ts';
import { listen, stop } from '../servers/listening.ts';
import { manualClock, settled } from '../standIns/manualClock.ts';
import { recordingLog } from '../standIns/recordingLog.ts';

const failsWith = (code: FailureCode, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, text);
  return true;
};

type HttpContextOptions = Parameters<typeof createHttpContext>[0];

function find(typed: string, outside: Partial<HttpContextOptions> = {}): Promise<FoundServer> {
  const httpContext = createHttpContext({ fetch, clock: systemClock, log: recordingLog(), ...outside });
  const read = readTypedAddress(typed);
  assert.ok(read.kind !== 'problem', JSON.stringify(read));
  return lookUp(httpContext, read);
}

/** An API with these documents, by path. */
async function startApi(
  documents: (origin: string) => Record<string, unknown>,
): Promise<{ origin: string; http: Server }> {
  const http = createServer((request, response) => {
    const document = documents(origin)[new URL(request.url ?? '', origin).pathname];
    if (document === undefined) {
      const challenge = documents(origin)['challenge'];
      response.writeHead(401, typeof challenge === 'string' ? { 'www-authenticate': challenge } : {}).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  const origin = `http://127.0.0.1:${await listen(http)}`;
  return { origin, http };
}

/** A host that names no provider. */
const noWebFinger = { webFinger: () => text('Not found', 'text/plain', 404) };

describe('looking a provider up', () => {
  let server: HostileServer;
  const servers: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    server = await startHostileServer({ path: '/realms/staff' });
    servers.push(server);
  });
  afterEach(async () => {
    for (const started of servers.splice(0)) await started.close();
  });

  it('by its issuer', async () => {
    const found = await find(server.issuer);
    assert.equal(found.issuer, server.issuer);
    assert.equal(found.metadataUrl, undefined);
    assert.equal(found.allowLoopbackHttp, true);
    assert.ok(found.metadata.token_endpoint);
  });

  it('reads each document once, and the sign-in that follows reads none again', async () => {
    const asked: string[] = [];
    const counted: typeof fetch = (...request) => {
      asked.push(new URL(new Request(...request).url).pathname);
      return fetch(...request);
    };
    const httpContext = createHttpContext({ fetch: counted, clock: systemClock, log: recordingLog() });
    const document = `${server.issuer}/.well-known/openid-configuration`;
    const entries = { issuer: server.issuer, document, api: server.issuer.replace('http://', '') };
    for (const [way, typed] of Object.entries(entries)) {
      asked.length = 0;
      const read = readTypedAddress(typed);
      assert.ok(read.kind !== 'problem');
      const found = await lookUp(httpContext, read);
      const provider = providerOf({ ...firstState.answers, typed, found });
      await httpContext.metadata.get(provider.issuer, provider, undefined, offeredEndpoints);
      assert.deepEqual(asked, [...new Set(asked)], way);
      assert.ok(asked.includes(new URL(document).pathname), way);
    }
  });

  it('by its issuer with a slash too many, or without its scheme', async () => {
    assert.equal((await find(`${server.issuer}/`)).issuer, server.issuer);
    assert.equal((await find(server.issuer.replace('http://', ''))).issuer, server.issuer);
  });

  it('by its issuer with a slash too few', async () => {
    const issuer = `${server.issuer}/`;
    server.departure = { ...server.departure, metadata: document => ({ ...document, issuer }) };
    assert.equal((await find(server.issuer)).issuer, issuer);
  });

  it('by its metadata document', async () => {
    const found = await find(`${server.issuer}/.well-known/openid-configuration`);
    assert.equal(found.issuer, server.issuer);
    assert.equal(found.metadataUrl, undefined, 'it is where it is looked for');
  });

  it('by a metadata document that is not where its issuer says', async () => {
    const issuer = `${new URL(server.issuer).origin}/other`;
    server.departure = { ...server.departure, metadata: document => ({ ...document, issuer }) };
    const url = `${server.issuer}/.well-known/openid-configuration`;
    const found = await find(url);
    assert.equal(found.issuer, issuer);
    assert.equal(found.metadataUrl, url);
  });

  it('by the address of an API that says whom it trusts', async () => {
    const api = await startApi(origin => ({
      '/.well-known/oauth-protected-resource/v1': {
        resource: `${origin}/v1`,
        authorization_servers: [server.issuer],
        scopes_supported: ['api:read', 'two words'],
      },
    }));
    servers.push({ close: () => stop(api.http) });
    const found = await find(`${api.origin}/v1`);
    assert.equal(found.issuer, server.issuer);
    assert.equal(found.resource, `${api.origin}/v1`);
    assert.deepEqual(found.scopes, ['api:read']);
  });

  it('by the challenge of an API', async () => {
    const api = await startApi(origin => ({
      challenge: `Bearer error="invalid_token", resource_metadata="${origin}/meta"`,
      '/meta': { resource: origin, authorization_servers: [server.issuer] },
    }));
    servers.push({ close: () => stop(api.http) });
    assert.equal((await find(`${api.origin}/v1/things`)).issuer, server.issuer);
  });

  it('by the host that names it (WebFinger)', async () => {
    const host = await startApi(() => ({
      '/.well-known/webfinger': {
        links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: server.issuer }],
      },
    }));
    servers.push({ close: () => stop(host.http) });
    const found = await find(host.origin);
    assert.equal(found.issuer, server.issuer);
    assert.match(found.how, /WebFinger/);
  });

  for (const [how, path, hint] of [
    ['an API', '/.well-known/oauth-protected-resource', 'authorization_servers'],
    ['WebFinger', '/.well-known/webfinger', 'links'],
  ] as const) {
    for (const slash of ['document', 'hint'] as const) {
      it(`by ${how}, though only its ${slash} ends with a slash`, async () => {
        const { issuer } = server;
        if (slash === 'document')
          server.departure = { metadata: document => ({ ...document, issuer: `${issuer}/` }) };
        const named = slash === 'hint' ? `${issuer}/` : issuer;
        const host = await startApi(origin => ({
          [path]: {
            resource: origin,
            [hint]:
              hint === 'links'
                ? [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: named }]
                : [named],
          },
        }));
        servers.push({ close: () => stop(host.http) });
        // What the document says counts from then on.
        assert.equal((await find(host.origin)).issuer, slash === 'document' ? `${issuer}/` : issuer);
      });
    }

    it(`not by ${how}, where the document is another issuer's`, async () => {
      const host = await startApi(origin => ({
        [path]: {
          resource: origin,
          [hint]:
            hint === 'links'
              ? [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: server.issuer }]
              : [server.issuer],
        },
      }));
      servers.push({ close: () => stop(host.http) });
      for (const other of ['//', '/other', '?', '/.']) {
        server.departure = { metadata: document => ({ ...document, issuer: `${server.issuer}${other}` }) };
        await assert.rejects(find(host.origin), failsWith('issuer-mismatch', /belongs to the issuer/), other);
      }
    });
  }

  describe('by an e-mail address', () => {
    /** Servers that answer under names of their own, as if over TLS. */
    const under = async (
      documents: Record<string, (address: URL) => unknown>,
    ): Promise<Partial<HttpContextOptions> & { asked: string[] }> => {
      const asked: string[] = [];
      const host = await startApi(() => ({}));
      servers.push({ close: () => stop(host.http) });
      host.http.removeAllListeners('request').on('request', (request, response) => {
        const address = new URL(String(request.headers['x-address']));
        asked.push(address.href);
        const document = documents[`${address.host}${address.pathname}`]?.(address);
        response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(document ?? {}));
      });
      return {
        asked,
        fetch: (address, init) =>
          fetch(host.origin, {
            ...init,
            headers: { ...init?.headers, 'x-address': new Request(address).url },
          }),
      };
    };
    const issuer = 'https://login.acme.example/staff';
    const metadata = {
      'login.acme.example/staff/.well-known/openid-configuration': () => ({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      }),
    };

    it('whose domain names the provider (WebFinger)', async () => {
      const outside = await under({
        ...metadata,
        'acme.example/.well-known/webfinger': () => ({
          links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: issuer }],
        }),
      });
      const found = await find('alice@acme.example', outside);
      assert.equal(found.issuer, issuer);
      assert.equal(found.how, 'acme.example names this provider (WebFinger).');
      assert.equal(new URL(outside.asked[0] ?? '').searchParams.get('resource'), 'acct:alice@acme.example');
    });

    it('whose domain names the provider with a slash at its end', async () => {
      const outside = await under({
        ...metadata,
        'acme.example/.well-known/webfinger': () => ({
          links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: `${issuer}/` }],
        }),
      });
      assert.equal((await find('alice@acme.example', outside)).issuer, issuer);
    });

    it('whose domain names one that is not there, and is the provider itself', async () => {
      const outside = await under({
        'acme.example/.well-known/webfinger': () => ({
          links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: 'https://gone.example' }],
        }),
        'acme.example/.well-known/openid-configuration': () => ({
          issuer: 'https://acme.example',
          authorization_endpoint: 'https://acme.example/authorize',
          token_endpoint: 'https://acme.example/token',
        }),
      });
      assert.equal(
        (await find('alice@acme.example', outside)).how,
        'The provider is at acme.example itself.',
      );
    });

    it('whose domain names one that is not there, and nothing else: it is said what is wrong with it', async () => {
      const outside = await under({
        'acme.example/.well-known/webfinger': () => ({
          links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: 'https://gone.example' }],
        }),
      });
      await assert.rejects(
        find('alice@acme.example', outside),
        failsWith('metadata-not-found', /https:\/\/gone\.example/),
      );
    });

    it('whose domain is the provider itself', async () => {
      const outside = await under({
        'acme.example/.well-known/openid-configuration': () => ({
          issuer: 'https://acme.example',
          authorization_endpoint: 'https://acme.example/authorize',
          token_endpoint: 'https://acme.example/token',
        }),
      });
      const found = await find('alice@acme.example', outside);
      assert.equal(found.how, 'The provider is at acme.example itself.');
    });

    it('whose domain names none: it is said what to enter instead', async () => {
      await assert.rejects(
        find('alice@acme.example', await under({})),
        failsWith('provider-not-found', /The domain doesn’t name a provider\. Enter the provider’s URL/),
      );
    });

    it('whose domain names one over plain http: not taken', async () => {
      const outside = await under({
        'acme.example/.well-known/webfinger': () => ({
          links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: 'http://login.acme.example' }],
        }),
      });
      await assert.rejects(
        find('alice@acme.example', outside),
        failsWith('provider-not-found', /doesn’t name a provider/),
      );
      assert.ok(outside.asked.every(address => address.startsWith('https://')));
    });
  });

  it('takes a redirect for no answer, and follows none', async () => {
    const elsewhere = await startHostileServer();
    servers.push(elsewhere);
    const replies = { metadata: () => redirectTo(`${elsewhere.issuer}/.well-known/openid-configuration`) };
    server.departure = { ...server.departure, replies: { ...replies, ...noWebFinger } };
    await assert.rejects(find(server.issuer), failsWith('provider-not-found', /Check the path/));
    assert.deepEqual(elsewhere.requests, []);
  });

  it('says that there was no answer in time', async () => {
    const clock = manualClock();
    let asked = false;
    const silent: typeof fetch = (_, init) => {
      asked = true;
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
      );
    };
    const finding = find('https://login.acme.example', { fetch: silent, clock });
    const refused = assert.rejects(finding, failsWith('timed-out', /login\.acme\.example/));
    while (!asked) await settled();
    await clock.advance(60_000);
    await refused;
  });

  it('not by an API that speaks for another', async () => {
    const api = await startApi(() => ({
      '/.well-known/oauth-protected-resource': {
        resource: 'https://elsewhere.example.com',
        authorization_servers: [server.issuer],
      },
    }));
    servers.push({ close: () => stop(api.http) });
    await assert.rejects(find(api.origin), failsWith('provider-not-found', /might need a path/));
  });

  it('says what may have been meant: a realm', async () => {
    const keycloak = await startApi(origin => ({
      '/realms/master/.well-known/openid-configuration': { issuer: `${origin}/realms/master` },
    }));
    servers.push({ close: () => stop(keycloak.http) });
    await assert.rejects(
      find(keycloak.origin),
      failsWith('provider-not-found', /Did you mean http:\/\/127\.0\.0\.1:\d+\/realms\/<name>\?/),
    );
  });

  it('says what may have been meant: the host', async () => {
    const plain = await startHostileServer({ replies: noWebFinger });
    servers.push(plain);
    await assert.rejects(
      find(`${plain.issuer}/login`),
      failsWith('provider-not-found', /Did you mean http:\/\/127\.0\.0\.1:\d+\?/),
    );
    await assert.rejects(find(`${plain.issuer}/login`), { meant: plain.issuer });
  });

  it('is not sent to another host without the person', async () => {
    server.departure = {
      ...server.departure,
      metadata: document => ({ ...document, issuer: 'https://evil.example.com' }),
    };
    await assert.rejects(find(server.issuer), failsWith('issuer-mismatch', /evil\.example\.com/));
  });

  it('takes a page for no answer', async () => {
    server.departure = { ...server.departure, replies: { metadata: () => html(), ...noWebFinger } };
    await assert.rejects(find(server.issuer), failsWith('provider-not-found', /Check the path/));
  });

  it('says that nobody is there', async () => {
    await server.close();
    await assert.rejects(find(server.issuer), failsWith('unreachable', /the connection was refused/));
  });
});
