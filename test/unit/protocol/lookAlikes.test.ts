import assert from 'node:assert/strict';
import { hostsOf } from '../../../src/providers/entries/destination.ts';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { forCertificate } from '../../../src/protocol/client/certificateEndpoints.ts';
import { agreedMetadata } from '../../../src/protocol/client/gate.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { parseMetadata } from '../../../src/protocol/server/metadata.ts';
import { endpointsOf, secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';

const origin = 'https://login.example.com';
const issuer = `${origin}/acme`;

/** Addresses that look like one of the issuer's, or are read as one by some programs and not by others. */
const lookAlikes = [
  'https://login.example.com@evil.example/x',
  'https://evil.example@login.example.com/x',
  'https://login.example.com:pass@evil.example/x',
  'https://login.example.com\\@evil.example/x',
  'https:\\\\evil.example\\x',
  'https:evil.example/x',
  '//evil.example/x',
  ' https://evil.example/x',
  'https://evil.example/x#https://login.example.com/',
  'https://evil.example?https://login.example.com/',
  'https://login.example.com./x',
  'https://login.example.com.evil.example/x',
  'https://login.example.com%2eevil.example/x',
  'https://login.example.com%00.evil.example/x',
  'https://login.example.com\n.evil.example/x',
  'https://login.example.com\t/x',
  'https://login.example.com:8443/x',
  'https://login.example.com:443/x',
  'https://LOGIN.example.com/x',
  'https://lоgin.example.com/x',
  'https://xn--lgin-1qd.example.com/x',
  'https://login。example。com/x',
  'https://ⓛogin.example.com/x',
  'https://login.example.com\u200B/x',
  'https://login.еxample.com/x',
  'https://203.0.113.7/x',
  'https://3405803783/x',
  'https://[2001:db8::7]/x',
  'https://[::ffff:203.0.113.7]/x',
  'http://login.example.com/x',
  'HTTPS://login.example.com/../x',
  'https://login.example.com/x?access_token=',
  'https://${env:HOST}/x',
  'https://${env:HOST}.evil.example/x',
  'https://{tenantid}.evil.example/x',
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'vscode://evil.example/x',
  'blob:https://login.example.com/x',
];

describe('an address that looks like one of the issuer', () => {
  const policy = { allowLoopbackHttp: false };
  const own = Object.fromEntries(secretEndpoints.map(name => [name, `${origin}/${name}`]));
  const document = { issuer, authorization_endpoint: `${origin}/authorize`, ...own };

  /** Where everything secret would go, whether the client shows a certificate or not. */
  function destinations(changed: object): (string | undefined)[] {
    try {
      const found = parseMetadata({ ...document, ...changed }, issuer, issuer, policy, () => undefined);
      return [found, forCertificate(found, policy)].flatMap(named =>
        Object.values(endpointsOf(agreedMetadata(named, issuer, own))),
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return [];
    }
  }

  it('is told from one: the issuer’s own go on', () => {
    assert.equal(destinations({}).length, 2 * secretEndpoints.length);
  });

  for (const address of lookAlikes)
    it(`gets nothing if it is another one: ${JSON.stringify(address)}`, () => {
      for (const name of secretEndpoints)
        for (const changed of [{ [name]: address }, { mtls_endpoint_aliases: { [name]: address } }])
          for (const destination of destinations(changed))
            assert.equal(new URL(destination ?? '').origin, origin, `${name}: ${destination}`);
    });

  const base = { clientId: 'editor', issuer, clientAuthentication: 'none' };
  const fields: Record<string, (address: string) => object> = {
    issuer: address => ({ issuer: address }),
    metadataUrl: address => ({ metadataUrl: address }),
    'redirect.bridge': address => ({ redirect: { bridge: address } }),
    'redirect.relay': address => ({ redirect: { relay: address } }),
    ...Object.fromEntries(
      [
        ...['authorization', 'token', 'keys', 'userInfo', 'deviceAuthorization'],
        ...['revocation', 'introspection', 'endSession'],
      ].map(name => [`endpoints.${name}`, (address: string) => ({ endpoints: { [name]: address } })]),
    ),
  };
  const before = parseDefinition('oidc', base);
  for (const [field, change] of Object.entries(fields))
    it(`in the settings is refused, or asked about by the name of its host: ${field}`, () => {
      assert.ok(before.ok);
      for (const address of lookAlikes) {
        const parsed = parseDefinition('oidc', { ...base, ...change(address) });
        if (!parsed.ok) continue;
        assert.notEqual(parsed.provider.terms, before.provider.terms, address);
        const { host, hostname } = new URL(address.trim());
        assert.ok(hostsOf(parsed.provider).includes(host), `${address}: ${hostsOf(parsed.provider).join()}`);
        assert.match(hostname, /^[\x21-\x7E]+$/);
      }
    });
});

describe('a provider with the ID of another, as far as one can see', () => {
  const entry = { issuer, clientId: 'editor' };
  const ids = [
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', ''],
    ...['company ', ' company', 'Company', 'COMPANY', 'company\u200B', 'cоmpany', 'company\n', 'company/'],
    ...['compan\u0079\u0301', 'compan\u00FD', 'company%20', '../company', 'company.', 'ⓒompany'],
  ];
  for (const id of ids)
    it(`is refused, or is another one: ${JSON.stringify(id)}`, () => {
      const written = JSON.parse(
        `{"company":${JSON.stringify(entry)},${JSON.stringify(id)}:{"issuer":"https://evil.example","clientId":"x"}}`,
      ) as object;
      const { providers, problems } = parseProviders(written);
      const [company] = providers.filter(provider => provider.id === 'company');
      assert.equal(company?.issuer, issuer);
      assert.equal(providers.length + problems.length, 2);
      for (const other of providers) {
        assert.match(other.id, /^[\x21-\x7E]+$/);
        assert.ok(other === company || other.id !== 'company');
      }
      assert.equal(({} as { issuer?: string }).issuer, undefined, 'nothing else has changed');
    });
});
