import assert from 'node:assert/strict';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { agreedMetadata, type Agreement } from '../../../src/protocol/client/gate.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';

const hosts = ['login.example', 'other.example', 'third.example'];
const url = (host: string | undefined, path: string): string => `https://${host ?? ''}/${path}`;

describe('metadata that is compared with agreements', () => {
  it('is compared anew with each issuer and each agreement', () => {
    const metadata = {
      issuer: url(hosts[0], ''),
      ...Object.fromEntries(secretEndpoints.map((name, at) => [name, url(hosts[at % 3], name)])),
    } as unknown as Metadata;
    const agreements: Agreement[] = [consentTo(url(hosts[0], '')), {}];
    for (const name of secretEndpoints)
      for (const host of hosts)
        agreements.push({ [name]: url(host, name), token_endpoint: url(host, 'token') });
    const issuers = hosts.map(host => url(host, ''));
    const results = new Set<string>();
    const check = (issuer: string, agreement: Agreement): void => {
      const found = agreedMetadata(metadata, issuer, agreement);
      assert.deepEqual(found, agreedMetadata(structuredClone(metadata), issuer, agreement));
      assert.equal(agreedMetadata(metadata, issuer, agreement), found);
      results.add(JSON.stringify(found));
    };
    for (const agreement of agreements) for (const issuer of issuers) check(issuer, agreement);
    for (const issuer of issuers) for (const agreement of agreements) check(issuer, agreement);
    assert.ok(results.size > 5, String(results.size));
  });
});
