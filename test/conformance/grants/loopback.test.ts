import assert from 'node:assert/strict';
import { request as startRequest, type IncomingMessage } from 'node:http';
import { conforms } from '../table.ts';
import { signIn, visit, withTrial } from '../trial.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Asks as a browser does; under another name if one is given. */
function ask(url: URL, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = startRequest(
      url,
      { method, agent: false, headers, setHost: !('host' in headers) },
      message => {
        let body = '';
        message.setEncoding('utf8').on('data', (part: string) => (body += part));
        message.once('end', () =>
          resolve({ status: message.statusCode ?? 0, headers: message.headers, body }),
        );
      },
    );
    request.once('error', reject);
    request.end();
  });
}

/** Signs in over the loopback server, of which `wrong` asks something else before the browser does what is right. */
function overLoopback(
  wrong: (end: URL) => Promise<Answer>,
): Promise<{ first: Answer; right: Answer; end: URL }> {
  const answers: { first: Answer; right: Answer; end: URL }[] = [];
  return withTrial(
    {},
    async trial => {
      const grant = await signIn(trial);
      assert.equal(grant.account.id, 'alice-1');
      const [found] = answers;
      assert.ok(found);
      return found;
    },
    {
      method: 'loopback',
      async browser(address) {
        const end = await visit(address);
        const first = await wrong(end);
        answers.push({ first, right: await ask(end), end });
      },
    },
  );
}

/** What must hold of every answer, and that nothing of the response is in it. */
function assertHeaders({ headers, body }: Answer, end: URL): void {
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['access-control-allow-origin'], undefined);
  assert.equal(headers['set-cookie'], undefined);
  for (const value of end.searchParams.values()) {
    assert.ok(!body.includes(value) && !JSON.stringify(headers).includes(value), 'nothing is echoed');
  }
}

const otherNames: Record<string, (end: URL) => string> = {
  'a name that was made to point here': ({ port }) => `evil.example:${port}`,
  localhost: ({ port }) => `localhost:${port}`,
  'our address without the port': () => '127.0.0.1',
  'our address with another port': () => '127.0.0.1:1',
  'our address with a dot at its end': ({ port }) => `127.0.0.1.:${port}`,
  'our address as a number': ({ port }) => `2130706433:${port}`,
  'our address after a user name': ({ host }) => `user@${host}`,
  nothing: () => '',
};

describe('the loopback server', () => {
  for (const [variant, name] of Object.entries(otherNames)) {
    conforms('loopback: Host', variant, async () => {
      const { first, right, end } = await overLoopback(end => ask(end, { host: name(end) }));
      assert.equal(first.status, 421);
      assert.equal(first.body, '');
      assertHeaders(first, end);
      assert.equal(right.status, 200);
      return 'refused (421), then signed in';
    });
  }

  conforms('loopback: page', '', async () => {
    const { first, right, end } = await overLoopback(end => ask(end, {}, 'POST'));
    assert.equal(first.status, 405);
    assertHeaders(first, end);
    assert.equal(right.status, 200);
    assertHeaders(right, end);
    assert.equal(right.headers['content-type'], 'text/html; charset=utf-8');
    const policy = String(right.headers['content-security-policy']).split('; ');
    assert.deepEqual(
      policy.filter(directive => !directive.startsWith('style-src ')),
      ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"],
    );
    assert.match(
      policy.find(directive => directive.startsWith('style-src ')) ?? '',
      /^style-src 'sha256-\S+'$/,
    );
    assert.doesNotMatch(right.body, /<script|<link|<img|<form|<iframe|\ssrc=|https?:|\son\w+=/i);
    return 'static, not to be stored, framed or traced';
  });
});
