import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import type { ProvidedForTests } from '../demo/providerOnly.ts';
import { startTree, type ProcessTree } from '../editor/process/childProcess.ts';
import { npm } from '../editor/install/npm.ts';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import { packageProvider } from '../manifest/provider/providerPackage.ts';
import { goldAcr } from '../servers/identityProvider/configuration.ts';
import { signInTrial } from '../protocol/signingIn.ts';
import type { ProviderDefinition } from '../../src/providers/settings/schema.ts';

/** Ports in a row that nobody listens at now. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    const others = Array.from({ length: count }, (_, index) =>
      createServer().listen(port + index, '127.0.0.1'),
    );
    const all = await Promise.allSettled(others.map(other => once(other, 'listening')));
    await Promise.all(others.map(other => new Promise(resolve => other.close(resolve))));
    if (all.every(({ status }) => status === 'fulfilled')) return port;
  }
}

const programs: readonly [what: string, program: () => Promise<string[]>][] = [
  [
    'npm start -- --provider-only',
    () => Promise.resolve([join(import.meta.dirname, '..', 'demo', 'demo.ts'), '--provider-only']),
  ],
  ['oidc-test-provider, installed from its package', installed],
];

let folder: TemporaryFolder | undefined;

/** In an empty folder, without a network. */
async function installed(): Promise<string[]> {
  folder = await temporaryFolder('provider-package');
  const tarball = await packageProvider(join(folder.path, 'built'));
  const extension = join(folder.path, 'extension');
  await mkdir(extension);
  await writeFile(join(extension, 'package.json'), '{ "name": "some-extension", "version": "1.0.0" }');
  await npm(extension, ['install', '--offline', '--no-audit', '--no-fund', tarball]);
  const modules = join(extension, 'node_modules');
  assert.deepEqual(
    (await readdir(modules)).filter(name => !name.startsWith('.')),
    ['oidc-test-provider'],
  );
  const its = join(modules, 'oidc-test-provider');
  assert.match(await readFile(join(its, 'THIRD-PARTY-NOTICES.txt'), 'utf8'), /^oidc-provider \d/m);
  const { bin } = JSON.parse(await readFile(join(its, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  return [join(its, bin['oidc-test-provider'] ?? '')];
}

for (const [what, program] of programs)
  describe(`the provider for the tests of another extension: ${what}`, function () {
    this.timeout(60_000);
    let first: string[];
    let started: ProcessTree | undefined;
    before(async () => {
      first = await program();
    });
    after(() => folder?.remove());
    const start = (...more: string[]): ProcessTree =>
      (started = startTree(process.execPath, [...first, ...more], {}));
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

    /** An access token for these scopes, of a sign-in with these parameters. */
    async function token({ settings }: ProvidedForTests, scopes: string[], more = {}): Promise<string> {
      const { oidc } = settings['oidc.providers'] as { oidc: ProviderDefinition };
      const trial = signInTrial();
      const provider = trial.provider({ ...oidc, authorizationParameters: more });
      return (await trial.signIn(provider, { scopes })).tokens.accessToken.reveal();
    }

    for (const [how, error, better] of [
      ['401', 'invalid_token', undefined],
      ['403', 'insufficient_scope', [['openid', 'api:write'], {}]],
      ['acr', 'insufficient_user_authentication', [['openid'], { acr_values: goldAcr }]],
    ] as const) {
      it(`refuses good tokens as it is told to: ${how}`, async () => {
        const its = await provided(start('--json', '--refuse', how));
        const places = [`${its.api}/whoami`, its.webSocket.replace('ws', 'http')];
        const ask = async (sent: string) =>
          Promise.all(
            places.map(async place => {
              const { status, headers } = await fetch(place, {
                headers: { authorization: `Bearer ${sent}` },
              });
              return [status, /error="(\w+)"/.exec(headers.get('www-authenticate') ?? '')?.[1]];
            }),
          );
        const refused = [how === '403' ? 403 : 401, error];
        assert.deepEqual(await ask(await token(its, ['openid'])), [refused, refused]);
        if (better) {
          const taken = await token(its, [...better[0]], better[1]);
          // Without the upgrade, that server has nothing to give.
          assert.deepEqual(await ask(taken), [
            [200, undefined],
            [426, undefined],
          ]);
        }
      });
    }

    it('gives tokens that last as long as it is told to', async () => {
      const its = await provided(start('--json', '--token-lifetime', '77'));
      const { iat = 0, exp = 0 } = decodeJwt(await token(its, ['openid']));
      assert.equal(exp - iat, 77);
    });

    it('says what is wrong with an option, and what there are', async () => {
      for (const [words, said] of [
        [['--refuse', '402'], /--refuse takes 401, 403, acr, not "402"/],
        [['--port', 'x'], /--port takes a number from 0 to 65533/],
        [['--token-lifetime', '0'], /--token-lifetime takes a number from 1/],
        [['--prot', '1'], /--prot/],
      ] as const) {
        const tree = start(...words);
        const [code] = (await once(tree.child, 'exit')) as [number];
        assert.notEqual(code, 0);
        assert.match(tree.output(), said);
      }
      const tree = start('--help');
      const [code] = (await once(tree.child, 'exit')) as [number];
      assert.equal(code, 0);
      for (const option of ['--port', '--host', '--token-lifetime', '--refuse', '--json']) {
        assert.ok(tree.output().includes(option), option);
      }
    });

    it('listens where it is told to', async () => {
      const port = await freePorts(3);
      const { issuer, api, webSocket } = await provided(
        start('--json', '--port', String(port), '--host', 'idp.localhost'),
      );
      assert.equal(issuer, `http://idp.localhost:${port}`);
      assert.equal(api, `http://localhost:${port + 1}`);
      assert.equal(webSocket, `ws://localhost:${port + 2}`);
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
