import assert from 'node:assert/strict';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect, isDeepStrictEqual } from 'node:util';
import { secret, Secret } from '../../../src/platform/secret.ts';

const value = 'very-secret-token';

describe('a secret', () => {
  const hidden = secret(value);
  const grant = { tokens: { accessToken: hidden, list: [hidden], map: new Map([['a', hidden]]) } };

  /** What a console writes, colours and depth included. */
  function printed(...what: unknown[]): string {
    let text = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
    const console = new Console({ stdout: stream, stderr: stream });
    console.log(...what);
    console.error(...what);
    console.dir(what[0], { depth: null, showHidden: true });
    console.table(what);
    return text;
  }

  const error = (cause: unknown) => new Error('failed', { cause });
  const ways: Record<string, () => string> = {
    'String()': () => String(hidden),
    'a template': () => `token ${String(hidden)}`,
    concatenation: () => `${hidden as unknown as string}`,
    'toLocaleString()': () => String(Object.prototype.toLocaleString.call(hidden)),
    'JSON.stringify': () => JSON.stringify(grant),
    'JSON.stringify with indentation': () => JSON.stringify([grant], null, 2),
    inspect: () => inspect(grant, { depth: null, showHidden: true, getters: true }),
    'inspect of itself, custom inspection off': () =>
      inspect(hidden, { customInspect: false, depth: null, showHidden: true, getters: true }),
    'format %s %o %O %j': () => format('%s %o %O %j', hidden, hidden, grant, grant),
    'a console': () => printed(hidden, grant),
    'an error that carries it': () => inspect(error(hidden), { depth: null, showHidden: true }),
    'the entries of an object': () => JSON.stringify(Object.entries(hidden)) + Object.keys(hidden).join(''),
    'a copy of its properties': () => inspect({ ...hidden }, { showHidden: true }),
    'joined lists': () => [hidden, hidden].join(' '),
    'URL parameters': () => new URLSearchParams({ token: hidden as unknown as string }).toString(),
    'a header': () => new Headers({ authorization: hidden as unknown as string }).get('authorization') ?? '',
    'an error message': () => new Error(hidden as unknown as string).message,
    'a property name': () => Object.keys({ [hidden as unknown as string]: 1 }).join(''),
  };
  for (const [way, print] of Object.entries(ways)) {
    it(`does not come out by ${way}`, () => {
      const text = print();
      assert.ok(!text.includes(value), text);
      assert.ok(!text.includes('very'), text);
    });
  }

  it('says that something was left out', () => {
    assert.equal(String(hidden), '[redacted]');
    assert.equal(JSON.stringify({ hidden }), '{"hidden":"[redacted]"}');
    assert.equal(inspect(hidden), '[redacted]');
  });

  it('cannot be cloned away, to another thread or window', () => {
    const clone: unknown = structuredClone(hidden);
    assert.ok(!inspect(clone, { showHidden: true }).includes(value));
  });

  it('comes out on purpose', () => {
    assert.equal(hidden.reveal(), value);
    assert.ok(hidden instanceof Secret);
  });

  it('leaves nothing as nothing, and the empty text as a secret', () => {
    assert.equal(secret(undefined), undefined);
    assert.equal(secret('').reveal(), '');
  });

  it('tells nothing by comparison: two secrets look alike', () => {
    assert.equal(JSON.stringify(secret('a')), JSON.stringify(secret('b')));
    assert.equal(inspect(secret('a')), inspect(secret('bb')));
    assert.equal(isDeepStrictEqual(secret('a'), secret('a')), true);
  });
});
