import assert from 'node:assert/strict';
import { checkAddress } from '../../src/protocol/http/address.ts';
import { parseMetadata } from '../../src/protocol/server/metadata.ts';
import { parseDefinition } from '../../src/providers/entries/definition.ts';
import { lookUp } from '../../src/providers/lookUp/lookUp.ts';
import { conforms } from './table.ts';
import { signInCase } from './signInCase.ts';
import { withTrial } from './trial.ts';

const policy = { allowLoopbackHttp: false };

/** Addresses inside of the machine or its network, in the spellings that URL parsers take. */
const internal = [
  'https://169.254.169.254/latest/meta-data',
  'https://169.254.169.254./token',
  'https://2852039166/token',
  'https://0xa9fea9fe/token',
  'https://169.254.0.1/token',
  'https://[fe80::1]/token',
  'https://[febf::1]/token',
  'https://[fd00:ec2::254]/token',
  'https://[fd20:ce::254]/token',
  'https://[::ffff:169.254.169.254]/token',
  'https://[64:ff9b::a9fe:a9fe]/token',
  'https://[64:ff9b:1::a9fe:a9fe]/token',
  'https://[2002:a9fe:a9fe::1]/token',
  'https://metadata.google.internal/token',
  'https://METADATA.google.internal./token',
  'https://metadata/token',
  'https://100.100.100.200/token',
  'https://168.63.129.16/token',
  'https://0.0.0.0/token',
  'https://[::]/token',
];

describe('addresses that a server names', () => {
  for (const address of internal) {
    signInCase({
      row: 'server addresses',
      variant: address,
      departure: { metadata: document => ({ ...document, token_endpoint: address }) },
      must: ['metadata-invalid', /"token_endpoint" leads to an internal host/],
      also: ({ opened }) => assert.deepEqual(opened, []),
    });
  }

  const endpoint = (token_endpoint: string, issuer: string) =>
    parseMetadata({ issuer, token_endpoint }, issuer, issuer, { allowLoopbackHttp: true }, () => undefined);

  conforms('server addresses', 'a provider elsewhere that names this computer', () => {
    for (const here of [
      'http://127.0.0.1/token',
      'https://localhost/token',
      'https://[::ffff:127.0.0.1]/t',
      'https://[2002:7f00:1::]/t',
      'https://ip6-localhost/t',
      'https://localhost.localdomain/t',
    ]) {
      assert.throws(() => endpoint(here, 'https://login.example.com'), /leads to this computer/);
    }
    return Promise.resolve('refused (metadata-invalid)');
  });

  conforms('server addresses', 'each is to be corrected where it comes from', async () => {
    const wrong = 'https://user:password@login.example.com';
    const settings = parseDefinition('oidc', { issuer: wrong });
    assert.equal(
      settings.ok ? '' : settings.problems[0]?.reason,
      'can’t be used: it contains a user name or password',
    );
    assert.throws(
      () => checkAddress(wrong, policy),
      /The provider’s URL “…” can’t.*Contact the provider’s administrator/,
    );
    await withTrial({}, async ({ context: { httpContext } }) => {
      const typed = { kind: 'address', url: wrong, allowLoopbackHttp: false } as const;
      await assert.rejects(lookUp(httpContext, typed, new AbortController().signal), /that you entered\.$/);
    });
    return 'settings, entry and provider told apart';
  });

  conforms('server addresses', 'the very host that the user wrote', () => {
    for (const host of [
      'https://169.254.10.20',
      'https://metadata.google.internal',
      'http://127.0.0.1:8080',
    ]) {
      assert.equal(endpoint(`${host}/token`, host).token_endpoint, `${host}/token`);
    }
    return Promise.resolve('accepted');
  });
});
