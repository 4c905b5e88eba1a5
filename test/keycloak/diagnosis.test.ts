import assert from 'node:assert/strict';
import { secret } from '../../src/platform/secret.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { clientSection } from '../../src/signIn/diagnosis/clientSection.ts';
import type { Finding } from '../../src/signIn/diagnosis/report.ts';
import { urisToRegister } from '../../src/signIn/redirect/registeredUris.ts';
import { desktop } from '../protocol/signingIn.ts';
import { keycloak, keycloakTrial, timeout } from './running.ts';
import { oddSecret } from './realm.ts';

/** What a diagnosis says of a client, by what it looked at. */
async function diagnosed(
  clientId: string,
  text = '',
  definition: Partial<ProviderDefinition> = {},
): Promise<Map<string, Finding>> {
  const trial = await keycloakTrial({
    clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret(text) }),
  });
  const provider = trial.at(clientId, definition);
  const { httpContext, clientSecrets } = trial.context;
  await clientSecrets.obtain(provider);
  const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
  const findings = await clientSection(
    { httpContext, provider },
    { stores: trial.context, isAgreed: true, endpoints: {} },
    metadata,
    urisToRegister(metadata, provider, desktop, 'vscode-oidc.oidc-authentication'),
  );
  return new Map(findings.flatMap(finding => (finding ? [[finding.what, finding]] : [])));
}

const basic = { clientAuthentication: 'client_secret_basic' } as const;

describe('a diagnosis at Keycloak', function () {
  this.timeout(timeout);
  before(keycloak);

  const problems = (found: ReadonlyMap<string, Finding>): string[] =>
    [...found.values()].flatMap(({ verdict, what }) =>
      verdict === 'fail' || verdict === 'warn' ? [`${verdict} ${what}`] : [],
    );

  it('finds nothing wrong with a client that is right', async () => {
    for (const found of [await diagnosed('vscode'), await diagnosed('vscode-odd', oddSecret, basic)]) {
      assert.deepEqual(problems(found), []);
      for (const what of ['Client', 'Requested scopes', 'Device codes for this client'])
        assert.equal(found.get(what)?.verdict, 'pass', what);
    }
  });

  it('tells a client that is not there, is not enabled, or is not a public one', async () => {
    for (const [clientId, known] of [
      ['there-is-none', /doesn’t know .*, has disabled it, or expects it to authenticate/],
      ['vscode-disabled', /doesn’t know .*, has disabled it, or expects it to authenticate/],
      ['vscode-odd', /knows vscode-odd, but not as a public client/],
    ] as const) {
      const found = await diagnosed(clientId);
      assert.deepEqual(problems(found), ['fail Client'], clientId);
      assert.match(found.get('Client')?.found ?? '', known);
      assert.match(
        found.get('Client')?.next ?? '',
        new RegExp(`In Keycloak: Clients → ${clientId} → Enabled`),
      );
    }
  });

  it('tells a wrong secret from a wrong client', async () => {
    const found = await diagnosed('vscode-basic-only', 'wrong', basic);
    assert.deepEqual(problems(found), ['fail Client secret']);
    assert.match(
      found.get('Client secret')?.next ?? '',
      /In Keycloak: Clients → vscode-basic-only → Credentials/,
    );
  });

  it('tells which redirect URI is not registered', async () => {
    const found = await diagnosed('vscode-strict', '', { redirect: { path: '/elsewhere' } });
    const what = 'Redirect URI vscode://vscode-oidc.oidc-authentication/elsewhere';
    assert.deepEqual(problems(found), [`warn ${what}`]);
    assert.match(found.get(what)?.next ?? '', /Valid redirect URIs/);
    assert.equal(found.get('Redirect URI http://127.0.0.1/elsewhere')?.verdict, 'pass');
  });

  it('tells which scope a client may not have', async () => {
    const found = await diagnosed('vscode-nooffline');
    assert.deepEqual(problems(found), ['warn Requested scopes']);
    assert.match(found.get('Requested scopes')?.found ?? '', /^offline_access can’t be requested/);
  });

  it('tells that a client may have no device codes', async () => {
    const found = await diagnosed('vscode-nodevice');
    assert.deepEqual(problems(found), []);
    assert.match(
      found.get('Device codes for this client')?.found ?? '',
      /^not accepted\..*The flow is disabled/,
    );
  });
});
