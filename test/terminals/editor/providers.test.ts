import assert from 'node:assert/strict';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { openHandle, type OpenHandle } from './openHandle.ts';

describe('a provider that a program names', () => {
  let editor: SignedInEditor;
  let open: OpenHandle;

  before(async () => {
    editor = await openSignedInEditor();
    open = await openHandle(editor);
    open.accounts = { ...open.accounts, remote: { provider: 'elsewhere' } };
  });
  afterEach(async () => {
    const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
    standIn.runs.delete('oidc.describeSession');
    standIn.installed = [];
    open.issuers = new Map([['oidc', editor.identityProvider.issuer]]);
  });
  after(() => editor.close());

  /** What it is told, and whether the editor was asked for the provider, which doesn't know it either. */
  async function told(
    request: object,
  ): Promise<{ error: string; info: string | undefined; isAsked: boolean }> {
    const response = await open.ask({ request: 'access_token', ...request });
    assert.ok(response.status === 'failure');
    const { error, info, code } = response;
    const isAsked = error === 'There is no such identity provider.';
    if (!isAsked) assert.equal(code, 'usage');
    return { error, info, isAsked };
  }
  const hasIds = async (run: () => unknown): Promise<void> => {
    const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
    standIn.runs.set('oidc.describeSession', run);
  };

  it('is answered at once if there is none, with those that there are', async () => {
    assert.deepEqual(await told({ provider: 'nosuch' }), {
      error: 'There is no identity provider nosuch.',
      info: 'Providers: oidc\n',
      isAsked: false,
    });
    await hasIds(() => ({ providers: ['oidc', 'lab', 7] }));
    assert.equal((await told({ provider: 'nosuch' })).info, 'Providers: lab, oidc\n');
    open.issuers = new Map();
    assert.equal((await told({ provider: 'nosuch' })).info, 'Providers: lab, oidc\n');
  });

  it('is answered at once where the extension that signs in says nothing of use', async () => {
    for (const run of [
      () => ({ providers: 'nosuch' }),
      () => undefined,
      () => Promise.reject(new Error('command not found')),
    ]) {
      await hasIds(run);
      assert.equal((await told({ provider: 'nosuch' })).info, 'Providers: oidc\n');
    }
    open.issuers = new Map();
    assert.match((await told({ provider: 'nosuch' })).info ?? '', /OIDC: Add Provider/);
  });

  it('is asked of the editor if it can be there', async () => {
    const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
    await hasIds(() => ({ providers: ['contributed'] }));
    standIn.installed = [
      { id: 'a.b', packageJSON: { contributes: { authentication: [null, { id: 'other' }] } } },
      { id: 'a.c', packageJSON: { contributes: { authentication: 'odd' } } },
      { id: 'a.d', packageJSON: {} },
      {
        id: 'Vscode-Oidc.oidc-authentication',
        packageJSON: { contributes: { authentication: [{ id: 'own' }] } },
      },
    ];
    for (const provider of ['contributed', 'other', 'github', 'microsoft', 'github-enterprise'])
      assert.equal((await told({ provider })).isAsked, true, provider);
    for (const provider of ['own', 'Other', 'odd'])
      assert.equal((await told({ provider })).isAsked, false, provider);
    assert.equal((await told({ account: 'remote' })).isAsked, true, 'declared in the settings');
    assert.equal((await told({ provider: 'elsewhere' })).isAsked, true, 'that of a declared account');
  });
});
