import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { parseDefinition } from '../../../../src/providers/entries/definition.ts';
import { createClientSecrets, type ClientCredential } from '../../../../src/signIn/client/clientSecrets.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';

const parsed = parseDefinition('oidc', {
  issuer: 'https://login.example.com',
  clientId: 'editor',
  clientAuthentication: 'client_secret_post',
  certificateBoundTokens: true,
});
assert.ok(parsed.ok);
const { provider } = parsed;

const credentials = {
  secret: (text: string): ClientCredential => ({ kind: 'secret', secret: secret(text) }),
  certificate: (text: string): ClientCredential => ({
    kind: 'certificate',
    certificate: { certificates: 'chain', privateKey: secret(text) },
  }),
};

describe('a client with a secret and a certificate', () => {
  const open = () => {
    const storage = memorySecretStorage();
    const clientSecrets = createClientSecrets({
      storage,
      ask: () => assert.fail('everything was entered'),
      mutualTls: () => assert.fail('nothing is shown'),
    });
    const now = async (): Promise<(string | undefined)[]> => {
      const authentication = await clientSecrets.stored(provider);
      assert.ok('secret' in authentication);
      return [authentication.secret.reveal(), authentication.certificate?.privateKey.reveal()];
    };
    return { storage, clientSecrets, now };
  };

  for (const [at, kind] of (['secret', 'certificate'] as const).entries()) {
    const other = kind === 'secret' ? 'certificate' : 'secret';

    it(`has the newer ${kind} that could not be stored, and stores it with a newer ${other}`, async () => {
      const { storage, clientSecrets, now } = open();
      for (const one of [kind, other] as const) clientSecrets.enter(provider, credentials[one]('old'));
      await clientSecrets.obtain(provider);
      assert.deepEqual(await now(), ['old', 'old']);

      storage.fails = ({ operation }) => operation === 'store';
      clientSecrets.enter(provider, credentials[kind]('new'));
      await clientSecrets.obtain(provider);
      const expected = ['old', 'old'];
      expected[at] = 'new';
      assert.deepEqual(await now(), expected);

      storage.fails = () => false;
      await clientSecrets.replace(provider, credentials[other]('new'));
      assert.deepEqual(await now(), ['new', 'new']);
      assert.equal([...storage.values.values()].join().match(/"new"/g)?.length, 2, 'both are stored');
    });

    it(`has both that were entered while nothing can be read, as a client with a ${kind} alone has`, async () => {
      const { storage, clientSecrets, now } = open();
      storage.fails = ({ operation }) => operation === 'get';
      for (const one of [kind, other] as const) clientSecrets.enter(provider, credentials[one]('entered'));
      await clientSecrets.obtain(provider);
      assert.deepEqual(await now(), ['entered', 'entered']);
    });
  }

  it('has a replaced credential at once, while it is stored', async () => {
    const { clientSecrets, now } = open();
    for (const kind of ['secret', 'certificate'] as const)
      clientSecrets.enter(provider, credentials[kind]('old'));
    await clientSecrets.obtain(provider);
    const replacing = clientSecrets.replace(provider, credentials.secret('new'));
    const { authentication } = await clientSecrets.obtain(provider);
    assert.ok('secret' in authentication);
    assert.equal(authentication.secret.reveal(), 'new');
    await replacing;
    assert.deepEqual(await now(), ['new', 'old']);
  });

  it('has the one before if a replacement could not be stored', async () => {
    const { storage, clientSecrets, now } = open();
    for (const kind of ['secret', 'certificate'] as const)
      clientSecrets.enter(provider, credentials[kind]('old'));
    await clientSecrets.obtain(provider);
    storage.fails = ({ operation }) => operation === 'store';
    await assert.rejects(clientSecrets.replace(provider, credentials.secret('new')));
    await clientSecrets.obtain(provider);
    assert.deepEqual(await now(), ['old', 'old']);
  });
});
