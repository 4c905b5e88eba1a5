import assert from 'node:assert/strict';
import { isFromIssuer } from '../../../src/protocol/server/tenantIssuer.ts';

const template = 'https://login.example.com/{tenantid}/v2.0';
const issuer = (tenant: string): string => template.replace('{tenantid}', tenant);

describe('a response of a server whose issuer is a template', () => {
  it('comes from each tenant, or from those that are allowed', () => {
    assert.ok(isFromIssuer(template, issuer('contoso'), undefined));
    assert.ok(isFromIssuer(template, issuer('Contoso'), ['contoso']));
    assert.ok(!isFromIssuer(template, issuer('fabrikam'), ['contoso']));
  });

  it('comes from it if the user pasted a code alone, whose tenant the ID token names', () => {
    assert.ok(isFromIssuer(template, template, undefined));
    assert.ok(isFromIssuer(template, template, ['contoso']));
  });

  for (const other of ['', 'https://login.example.com', issuer(''), issuer('a/b'), issuer('{tenant}')])
    it(`doesn’t come from “${other}”`, () => assert.ok(!isFromIssuer(template, other, undefined)));

  it('doesn’t come from another issuer, which is no template', () => {
    assert.ok(!isFromIssuer(issuer('contoso'), template, undefined));
    assert.ok(!isFromIssuer(issuer('contoso'), issuer('fabrikam'), undefined));
  });
});
