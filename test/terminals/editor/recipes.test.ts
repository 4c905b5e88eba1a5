import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  asTyped,
  gitRecipe,
  kubectlRecipe,
  type Recipe,
  type Step,
} from '../../../terminals/src/editor/tools/recipes.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { has } from '../programs.ts';

/** With the real tools, in a home of their own. */
describe('what sets up a tool', function () {
  this.timeout(120_000);
  let home: TemporaryFolder;
  beforeEach(async () => {
    home = await temporaryFolder('recipes');
  });
  afterEach(() => home.remove());

  const env = () => ({ PATH: process.env['PATH'] ?? '', HOME: home.path, GIT_CONFIG_NOSYSTEM: '1' });
  const run = async ([program, ...args]: Step): Promise<string> =>
    (await promisify(execFile)(program, args, { env: env() })).stdout;
  const isApplied = async ({ check }: Recipe): Promise<boolean> =>
    (await run(check).catch(() => '')).trim() !== '';

  it('has git ask us for a host, after no other helper, and is undone without touching others', async () => {
    const mine =
      '[credential]\n\thelper = store\n[credential "https://other.example.com"]\n\thelper = cache\n';
    await writeFile(join(home.path, '.gitconfig'), mine);
    const recipe = gitRecipe('company', 'git.example.com');
    assert.equal(await isApplied(recipe), false);
    for (const step of recipe.apply) await run(step);
    assert.equal(await isApplied(recipe), true);
    const helpers = [
      'git',
      'config',
      '--get-urlmatch',
      'credential.helper',
      'https://git.example.com',
    ] as const;
    assert.equal(await run([...helpers]), '!vscode-oidc git-credential company\n');
    const all = await run(['git', 'config', '--get-all', 'credential.https://git.example.com.helper']);
    assert.equal(all, '\n!vscode-oidc git-credential company\n');
    for (const step of recipe.undo) await run(step);
    assert.equal(await isApplied(recipe), false);
    const after = await run(['git', 'config', '--global', '--list']);
    assert.equal(after, 'credential.helper=store\ncredential.https://other.example.com.helper=cache\n');
  });

  it('takes a host on this computer without TLS', () => {
    for (const [host, url] of [
      ['localhost:8443', 'http://localhost:8443'],
      ['idp.localhost', 'http://idp.localhost'],
      ['127.0.0.1', 'http://127.0.0.1'],
      ['localhost.example.com', 'https://localhost.example.com'],
      ['127.0.0.1.example.com', 'https://127.0.0.1.example.com'],
    ] as const)
      assert.equal(gitRecipe('company', host).apply[0]?.[4], `credential.${url}.helper`);
  });

  if (has('kubectl', 'see https://kubernetes.io/docs/tasks/tools'))
    for (const account of ['company', 'a.b_c@d-e'])
      it(`makes a user of kubectl, and removes it again (${account})`, async () => {
        const recipe = kubectlRecipe(account);
        assert.equal(await isApplied(recipe), false);
        for (const step of recipe.apply) await run(step);
        assert.equal(await isApplied(recipe), true);
        const written = await readFile(join(home.path, '.kube', 'config'), 'utf8');
        assert.match(
          written,
          new RegExp(`args:\\s+- kubernetes\\s+- ['"]?${account}['"]?\\s+command: vscode-oidc`),
        );
        assert.match(written, /provideClusterInfo: true/, 'the question names the server');
        for (const step of recipe.undo) await run(step);
        assert.equal(await isApplied(recipe), false);
      });

  it('is what the documentation shows', async () => {
    const document = await readFile(new URL('../../../docs/terminals.md', import.meta.url), 'utf8');
    const commands = gitRecipe('company', 'git.example.com').apply.map(asTyped).join('\n');
    assert.ok(document.includes(`\n${commands}\n`), commands);
    const [[, , , user = 'missing', ...options] = []] = kubectlRecipe('company').apply;
    assert.ok(document.includes(`name: ${user}\n`) && document.includes(`--user=${user}`), user);
    assert.ok(options.length > 0);
    const command = options.filter(option => option.startsWith('--exec-arg=')).map(arg => arg.split('=')[1]);
    assert.ok(document.includes(`args: [${command.join(', ')}]`), command.join());
  });

  it('is shown as a shell would take it', async () => {
    const words = ['', 'a b', "it's", '$HOME', '!x', 'plain', '--a=b', '*', '\\', '`id`'];
    const { stdout } = await promisify(execFile)('sh', ['-c', asTyped(['printf', '%s\\n', ...words])], {
      env: env(),
    });
    assert.deepEqual(stdout.split('\n').slice(0, -1), words);
  });
});
