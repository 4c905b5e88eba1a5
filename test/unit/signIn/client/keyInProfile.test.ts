import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readClientKey } from '../../../../src/protocol/client/keys/clientKey.ts';
import { parseDefinition } from '../../../../src/providers/entries/definition.ts';
import '../../../../src/providers/presets/presets.ts';
import { createClientSecrets } from '../../../../src/signIn/client/clientSecrets.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';

const providerWith = (more: object) => {
  const parsed = parseDefinition('oidc', {
    issuer: 'https://login.example.com',
    clientId: 'editor',
    clientAuthentication: 'private_key_jwt',
    ...more,
  });
  assert.ok(parsed.ok);
  return parsed.provider;
};

const pem = { type: 'pkcs8', format: 'pem' } as const;
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString();
const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export(pem).toString();

describe('a pasted client key, with the profile fapi2', () => {
  const open = () => {
    const asked: string[] = [];
    const storage = memorySecretStorage();
    const clientSecrets = createClientSecrets({
      storage,
      ask: async (_provider, _signal, kind) => {
        asked.push(kind);
        return { kind: 'key', key: await readClientKey(ec('P-256')) };
      },
    });
    return { asked, clientSecrets };
  };

  for (const [profile, name, alg] of [
    [undefined, 'RSASSA-PKCS1-v1_5', 'RS256'],
    ['fapi2', 'RSA-PSS', 'PS256'],
  ] as const)
    it(`that is of RSA signs with ${alg} with the profile ${profile}`, async () => {
      const { clientSecrets } = open();
      const provider = providerWith({ profile });
      const key = await readClientKey(rsa());
      const nameOf = (authentication: object) => (authentication as { key: CryptoKey }).key.algorithm.name;
      clientSecrets.enter(provider, { kind: 'key', key });
      assert.equal(nameOf((await clientSecrets.obtain(provider)).authentication), name);
      assert.equal(nameOf(await clientSecrets.stored(provider)), name);
      assert.partialDeepStrictEqual(await clientSecrets.publicKeys(provider), { keys: [{ alg }] });
    });

  it('that the profile has no algorithm for is asked for again', async () => {
    const { clientSecrets, asked } = open();
    const key = await readClientKey(ec('P-384'));
    await clientSecrets.replace(providerWith({}), { kind: 'key', key });
    await clientSecrets.obtain(providerWith({}));
    assert.deepEqual(asked, []);
    await clientSecrets.obtain(providerWith({ profile: 'fapi2' }));
    assert.deepEqual(asked, ['key']);
  });
});
