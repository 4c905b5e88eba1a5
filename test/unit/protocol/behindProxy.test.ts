import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import { parseMetadata, type Metadata } from '../../../src/protocol/server/metadata.ts';

const host = 'login.example.com';
const issuer = `https://${host}`;
const endpoints = ['authorization_endpoint', 'jwks_uri', ...secretEndpoints] as const;
const document = {
  issuer,
  ...Object.fromEntries(endpoints.map(member => [member, `${issuer}/${member}`])),
};

const parse = (changes: object): Metadata =>
  parseMetadata(
    { ...document, ...changes },
    issuer,
    `${issuer}/.well-known/openid-configuration`,
    { allowLoopbackHttp: false },
    () => undefined,
  );

const failsWith =
  (code: Failure['code'], words = /./) =>
  (error: unknown): boolean =>
    error instanceof Failure && error.code === code && words.test(error.message);

describe('a provider behind a proxy that believes to be http', () => {
  for (const member of ['issuer', ...endpoints] as const) {
    it(`is told as that for its ${member}`, () => {
      const plain = member === 'issuer' ? `http://${host}` : `http://${host}/${member}`;
      assert.throws(
        () => parse({ [member]: plain }),
        failsWith('metadata-plain-http', /doesn’t know its public URL.*forwarded headers/),
      );
    });
  }

  for (const member of endpoints) {
    it(`is not taken for that where ${member} is http at another host`, () => {
      const plain = { [member]: 'http://other.example.com/' };
      const isEssential = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'].includes(member);
      if (isEssential) assert.throws(() => parse(plain), failsWith('metadata-invalid', /doesn’t use https/));
      else assert.equal(parse(plain)[member], undefined, 'it is left out');
    });
  }
});
