import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ProvidedForTests } from '../demo/providerOnly.ts';
import { startTree, type ProcessTree } from '../editor/process/childProcess.ts';
import { signInTrial } from '../protocol/signingIn.ts';
import type { ProviderDefinition } from '../../src/providers/settings/schema.ts';

const demo = join(import.meta.dirname, '..', 'demo', 'demo.ts');

describe('npm start -- --provider-only, for the tests of another extension', function () {
  this.timeout(60_000);
  let started: ProcessTree | undefined;
  const start = (...more: string[]): ProcessTree =>
    (started = startTree(process.execPath, [demo, '--provider-only', ...more], {}));
  afterEach(() => started?.end());
  const provided = async (tree: ProcessTree): Promise<ProvidedForTests> =>
    JSON.parse((await tree.line(/^\{.*\}$/, 30_000))[0]) as ProvidedForTests;

  it('says in its first line all that a test has to know, and its settings work', async () => {
    const tree = start('--json');
    const { issuer, clientId, people, settings, api } = await provided(tree);
    assert.equal(tree.output().split('\n').length, 1);
    const { oidc } = settings['oidc.providers'] as { oidc: ProviderDefinition };
    assert.deepEqual([oidc.issuer, oidc.clientId], [issuer, clientId]);
    const trial = signInTrial();
    const { tokens, account } = await trial.signIn(trial.provider(oidc), { scopes: ['openid', 'profile'] });
    assert.equal(account.label, people[0]?.login);
    const headers = { authorization: `Bearer ${tokens.accessToken.reveal()}` };
    assert.equal((await fetch(`${api}/whoami`, { headers })).status, 200);
    assert.equal((await fetch(`${api}/write`, { headers })).status, 403);
  });

  it('listens where it is told to', async () => {
    const first = start('--json');
    const { port } = new URL((await provided(first)).issuer);
    await first.end();
    const { issuer } = await provided(start('--json', '--port', port, '--host', 'idp.localhost'));
    assert.equal(issuer, `http://idp.localhost:${port}`);
  });

  it('tells a person the same', async () => {
    const tree = start();
    await tree.line(/^Ctrl\+C ends it\.$/, 30_000);
    const [, settings = ''] = /(\{\n[\s\S]*\n\})/.exec(tree.output()) ?? [];
    const [, issuer] = /^Issuer: +(\S+)$/m.exec(tree.output()) ?? [];
    const { 'oidc.providers': providers } = JSON.parse(settings) as Record<
      string,
      { oidc: ProviderDefinition }
    >;
    assert.equal(providers?.oidc.issuer, issuer);
    assert.match(tree.output(), /alice \(password: wonderland\)/);
  });

  it('ends, and ends well, with whoever started it', async () => {
    const tree = start('--json');
    const { api } = await provided(tree);
    tree.child.stdin?.end();
    const [code] = (await once(tree.child, 'exit')) as [number];
    assert.equal(code, 0);
    await assert.rejects(fetch(api));
  });
});
