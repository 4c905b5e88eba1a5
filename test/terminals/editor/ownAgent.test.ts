import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { has } from '../programs.ts';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { judgeTokens } from '../../servers/resourceServers/bearerTokens.ts';
import { ask, openAgent, type OpenAgent } from '../agent/openAgent.ts';
import { openHandle, type OpenHandle } from './openHandle.ts';
import { addAccount, startOwnAgent, type OwnAgent } from './realAgent.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Debian's oidc-agent with an account of another identity provider, and Debian's clients with our agent in front. */
describe('a user’s own oidc-agent behind ours', function () {
  if (!has('oidc-agent', 'apt-get install oidc-agent-cli')) return;
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let theirProvider: IdentityProvider;
  let own: OwnAgent;
  let editor: SignedInEditor;
  let open: OpenHandle;
  let ours: OpenAgent;

  before(async () => {
    folder = await temporaryFolder('own-agent');
    theirProvider = await startIdentityProvider();
    own = await startOwnAgent(folder.path, theirProvider, 'grid', 'company');
    editor = await openSignedInEditor();
    await editor.reset();
    open = await openHandle(editor);
    open.choice = 'window';
    open.upstream = own.path;
    ours = await openAgent((...asked) => open.handle(...asked));
  });
  after(async () => {
    await ours?.close();
    await editor?.close();
    await own?.stop();
    await theirProvider?.close();
    await folder?.remove();
  });

  async function run(program: string, ...args: string[]): Promise<Ended> {
    const env = { ...own.env, OIDC_SOCK: ours.agent.path };
    try {
      const { stdout, stderr } = await promisify(execFile)(program, args, { env, timeout: 20_000 });
      return { code: 0, out: stdout.trim(), err: stderr.trim() };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout.trim(), err: stderr.trim() };
    }
  }
  const isOf = async ({ issuer, address }: IdentityProvider, token: string): Promise<boolean> =>
    (await judgeTokens({ issuer, issuerAddress: address })(token)) !== undefined;

  it('gives the tokens of its accounts', async () => {
    const { code, out, err } = await run('oidc-token', 'grid');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(await isOf(theirProvider, out), true);
    const all = (await run('oidc-token', '--all', 'grid')).out.split('\n');
    assert.equal(all[1], `${theirProvider.issuer}/`);
    assert.equal(open.shown.length, 0, 'nothing of the editor is asked for');
  });

  it('has a name that both have as that of ours', async () => {
    const { code, out, err } = await run('oidc-token', 'company');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(await isOf(editor.identityProvider, out), true);
    assert.equal(open.shown.length, 1);
  });

  it('is listed with ours, each name once', async () => {
    const { out } = await run('oidc-add', '--loaded');
    assert.deepEqual(out.split('\n').slice(1), ['company', 'grid']);
  });

  it('says itself whether there is an ID token of its accounts, and has none of ours', async () => {
    const direct = await ask(own.path, { request: 'id_token', account: 'grid' });
    assert.deepEqual(await ask(ours.agent.path, { request: 'id_token', account: 'grid' }), direct);
    const { code, err } = await run('oidc-token', '--id-token', 'company');
    assert.deepEqual([code, err], [1, 'The editor gives out no id_token.']);
  });

  it('unloads an account, and loads it again', async () => {
    assert.equal((await run('oidc-add', '--remove', 'grid')).code, 0);
    const { code, err } = await run('oidc-token', 'grid');
    assert.notEqual(code, 0);
    assert.match(err, /account not loaded/);
    assert.equal((await run('oidc-add', '--pw-env', 'grid')).code, 0);
    assert.equal(await isOf(theirProvider, (await run('oidc-token', 'grid')).out), true);
  });

  it('gets another account, whose secrets our log does not have', async () => {
    await addAccount({ ...own.env, OIDC_SOCK: ours.agent.path }, theirProvider, 'later');
    assert.equal(await isOf(theirProvider, (await run('oidc-token', 'later')).out), true);
    const { clientSecret } = theirProvider.clients.editorSecret;
    assert.ok(ours.asked.some(json => JSON.stringify(json).includes(clientSecret)));
    for (const { log } of [open, ours]) assert.ok(!log.text().includes(clientSecret));
  });

  it('shows its status', async () => {
    const { code, out } = await run('oidc-agent', '--status');
    assert.equal(code, 0);
    assert.match(out, /oidc-agent status/);
  });

  it('leaves ours as they are when it has gone', async () => {
    await own.stop();
    const { code, err } = await run('oidc-token', 'grid');
    assert.notEqual(code, 0);
    assert.match(err, /No account configured with that short name[^]*Accounts: company/);
    assert.equal(await isOf(editor.identityProvider, (await run('oidc-token', 'company')).out), true);
    assert.match((await run('oidc-agent', '--status')).err, /unknown request type/);
  });
});
