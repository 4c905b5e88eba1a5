import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import { settled } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import '../../../src/providers/presets/presets.ts';

const { askClientCredential, editorClientSecrets } =
  await import('../../../src/ui/commands/clientCredentials.ts');
const { openBoxes } = await import('../../standIns/editor/boxes.ts');
const { window } = await import('../../standIns/editor/vscode.ts');

function withMethod(clientAuthentication: string, more: object = {}): Provider {
  const parsed = parseDefinition('oidc', {
    label: 'Company',
    issuer: 'https://login.example.com',
    clientId: 'editor',
    clientAuthentication,
    ...more,
  });
  assert.ok(parsed.ok);
  return parsed.provider;
}

describe('the box that asks what a client proves who it is with', () => {
  for (const [method, kind, title] of [
    ['client_secret_basic', 'secret', 'Client secret of Company'],
    ['private_key_jwt', 'key', 'Client key of Company'],
    ['tls_client_auth', 'certificate', 'Client certificate of Company'],
  ] as const) {
    it(`closes when the sign-in ends that needs it: ${method}`, async () => {
      const abort = new AbortController();
      const asking = askClientCredential(withMethod(method), abort.signal, kind);
      const ended = assert.rejects(asking, /the sign-in has ended/);
      while (openBoxes.size === 0) await settled();
      assert.deepEqual([...openBoxes.keys()], [title]);
      abort.abort(new Error('the sign-in has ended'));
      await ended;
      assert.equal(openBoxes.size, 0);
    });
  }

  it('takes what the person says', async () => {
    const storage = memorySecretStorage();
    const obtained = editorClientSecrets(storage).obtain(withMethod('client_secret_post'));
    await settled();
    openBoxes.get('Client secret of Company')?.(' of the client ');
    assert.deepEqual((await obtained).asked, ['secret']);
    assert.match(storage.values.get('clientSecret/oidc') ?? '', /"secret":"of the client"/);
  });

  it('takes no private key that the security profile has no algorithm for', async () => {
    const { showInputBox, showQuickPick } = window;
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    const pasted = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(pem).toString();
    const problems: unknown[] = [];
    Object.assign(window, {
      showQuickPick: (items: readonly object[]) => Promise.resolve(items.at(-1)),
      showInputBox: async ({ validateInput }: { validateInput(text: string): Promise<unknown> }) =>
        void problems.push(await validateInput(pasted)),
    });
    try {
      for (const profile of ['fapi2', undefined] as const)
        await askClientCredential(withMethod('private_key_jwt', { profile }), undefined, 'key');
    } finally {
      Object.assign(window, { showInputBox, showQuickPick });
    }
    assert.deepEqual(problems, ['The security profile doesn’t allow ES384 keys', undefined]);
  });
});
