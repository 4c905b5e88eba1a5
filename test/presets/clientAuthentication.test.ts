import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../../src/platform/clock.ts';
import { secret } from '../../src/platform/secret.ts';
import {
  clientKeyAlgorithms,
  generateClientKey,
  KeyProblem,
  publicKeySet,
  readClientKey,
} from '../../src/protocol/client/keys/clientKey.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import type { ClientCredential } from '../../src/signIn/client/clientSecrets.ts';
import { refreshGrant } from '../../src/signIn/after/keepGrant.ts';
import { startQuirkyProvider, type QuirkyClient, type QuirkyProvider } from '../servers/quirkyProvider.ts';
import { manualClock } from '../standIns/manualClock.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { signInTrial, type SignInTrial } from '../protocol/signingIn.ts';
import { realProviders } from './realProviders.ts';

const issuer = 'https://login.example.com/realms/staff';
const tokenEndpoint = `${issuer}/protocol/openid-connect/token`;

describe('client authentication', () => {
  let server: QuirkyProvider;
  beforeEach(async () => {
    server = await startQuirkyProvider(realProviders.keycloak.quirks);
  });
  afterEach(async () => {
    assert.deepEqual(server.violations, []);
    await server.close();
  });

  const registered = (client: Partial<QuirkyClient>): void => {
    server.quirks = { ...server.quirks, client: { ...server.quirks.client, ...client } };
  };
  const tryWith = (
    credential?: ClientCredential,
    storage = memorySecretStorage(),
    clock?: Clock,
  ): SignInTrial =>
    signInTrial({
      ...(clock && { clock }),
      fetch: server.fetch,
      storage,
      browser: async (address, deliver) => {
        const end = await server.signIn(address);
        if (end.protocol !== 'http:') deliver(end);
      },
      clientSecret: () => Promise.resolve(credential),
    });
  const provider = (trial: SignInTrial, definition: Partial<ProviderDefinition>): Provider =>
    trial.provider({ issuer, redirect: { path: '/callback' }, ...definition });

  for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
    it(`by ${method}, with a secret that needs escaping, at sign-in and at refresh`, async () => {
      const text = 'p%ss:wörd+ &=';
      registered({ authentication: method, secret: text });
      const trial = tryWith({ kind: 'secret', secret: secret(text) });
      const settings = provider(trial, { clientAuthentication: method });
      const grant = await trial.signIn(settings);
      await refreshGrant(trial.context, settings, grant, () => undefined);
      assert.ok(!trial.log.text().includes(text));
      assert.ok(![...trial.opened].some(address => address.includes('client_secret')));
    });
  }

  for (const algorithm of clientKeyAlgorithms) {
    it(`by private_key_jwt with a key made here: ${algorithm}`, async () => {
      const key = await generateClientKey(algorithm);
      registered({
        authentication: 'private_key_jwt',
        keys: () => publicKeySet(key),
        assertionAudience: issuer,
      });
      const trial = tryWith({ kind: 'key', key });
      const settings = provider(trial, { clientAuthentication: 'private_key_jwt' });
      const grant = await trial.signIn(settings);
      await refreshGrant(trial.context, settings, grant, () => undefined);
      const { keys } = (await trial.context.clientSecrets.publicKeys(settings)) as { keys: JWK[] };
      assert.deepEqual(
        Object.keys(keys[0] ?? {}).filter(name => ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(name)),
        [],
      );
      const { d } = JSON.parse(key.privateJwk.reveal()) as JWK;
      assert.ok(d !== undefined && !trial.log.text().includes(d));
    });
  }

  for (const hours of [-2, 2]) {
    it(`by private_key_jwt with a clock that is ${hours} hours wrong`, async () => {
      const key = await generateClientKey('ES256');
      registered({
        authentication: 'private_key_jwt',
        keys: () => publicKeySet(key),
        assertionAudience: issuer,
      });
      const clock = manualClock(Date.now() + hours * 3_600_000);
      const trial = tryWith({ kind: 'key', key }, memorySecretStorage(), clock);
      const settings = provider(trial, { clientAuthentication: 'private_key_jwt' });
      const grant = await trial.signIn(settings);
      let sent = 0;
      const answer = await refreshGrant(trial.context, settings, grant, () => void sent++);
      assert.notEqual((await answer.judge()).accessToken.reveal(), grant.tokens.accessToken.reveal());
      assert.equal(sent, 2, 'whoever may say that it must not be sent is asked each time');
    });
  }

  it('by private_key_jwt addressed to the token endpoint, for servers that want that', async () => {
    const key = await generateClientKey();
    registered({
      authentication: 'private_key_jwt',
      keys: () => publicKeySet(key),
      assertionAudience: tokenEndpoint,
    });
    const trial = tryWith({ kind: 'key', key });
    await assert.rejects(
      trial.signIn(provider(trial, { clientAuthentication: 'private_key_jwt' })),
      (error: unknown) => error instanceof Failure && error.code === 'client-key-refused',
    );
    await trial.signIn(
      provider(trial, { clientAuthentication: 'private_key_jwt', assertionAudience: 'token-endpoint' }),
    );
  });

  describe('a secret', () => {
    const definition = { clientAuthentication: 'client_secret_post' } as const;
    const given: ClientCredential = { kind: 'secret', secret: secret('the-secret') };
    beforeEach(() => registered({ authentication: 'client_secret_post', secret: 'the-secret' }));

    it('is asked for once, and found again by the next window', async () => {
      const storage = memorySecretStorage();
      const first = tryWith(given, storage);
      await first.signIn(provider(first, definition));
      const second = tryWith(undefined, storage);
      await second.signIn(provider(second, definition));
    });

    it('that nobody tells ends the sign-in before the browser opens', async () => {
      const trial = tryWith(undefined);
      await assert.rejects(
        trial.signIn(provider(trial, definition)),
        (error: unknown) => error instanceof Failure && error.code === 'client-secret-missing',
      );
      assert.deepEqual(trial.opened, []);
    });

    for (const [what, changed] of [
      ['issuer', { issuer: 'https://other.example.com' }],
      ['client', { clientId: 'other' }],
      ['token endpoint', { endpoints: { token: 'https://other.example.com/token' } }],
    ] as const) {
      it(`is not given to another ${what}`, async () => {
        const storage = memorySecretStorage();
        const trial = tryWith(given, storage);
        await trial.signIn(provider(trial, definition));
        await assert.rejects(
          trial.context.clientSecrets.stored(provider(trial, { ...definition, ...changed })),
          (error: unknown) => error instanceof Failure && error.code === 'client-secret-missing',
        );
      });
    }

    it('that is missing at a refresh is asked for by nobody, and the grant stays', async () => {
      const storage = memorySecretStorage();
      const trial = tryWith(given, storage);
      const settings = provider(trial, definition);
      const grant = await trial.signIn(settings);
      await trial.context.clientSecrets.forget(settings);
      await assert.rejects(
        refreshGrant(trial.context, settings, grant, () => undefined),
        (error: unknown) =>
          error instanceof Failure && error.code === 'client-secret-missing' && error.passing,
      );
    });
  });

  describe('a pasted key', () => {
    it('may be PEM or a JSON Web Key, alone or in a set', async () => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await exportJWK(privateKey)), kid: 'mine' };
      const pem = await exportPKCS8(privateKey);
      for (const text of [
        pem,
        // As a box of one line has it.
        pem.replaceAll('\n', ' '),
        pem.replaceAll('\n', ''),
        JSON.stringify(jwk),
        JSON.stringify({ keys: [jwk] }),
      ]) {
        const key = await readClientKey(`\n${text}\n`);
        assert.equal(key.algorithm, 'ES256');
        assert.equal(publicKeySet(key).keys[0]?.x, jwk.x);
      }
      assert.equal((await readClientKey(JSON.stringify(jwk))).keyId, 'mine');
    });

    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const wrong: [what: string, text: string, reason: RegExp][] = [
      ['nothing', '', /neither a PEM/],
      ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /public key/],
      ['an older PEM', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), /openssl pkcs8/],
      ['a public JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' })), /public key/],
      ['two keys', '{"keys":[{},{}]}', /exactly one/],
      ['half of a JWK', '{"kty":"EC","d":"x"', /isn’t a complete/],
      ['a damaged JWK', '{"kty":"EC","crv":"P-256","x":"A","y":"A","d":"A"}', /damaged/],
      ['a symmetric key', '{"kty":"oct","k":"AAAA","d":"x"}', /isn’t supported/],
      ['a damaged PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /damaged/],
    ];
    for (const [what, text, reason] of wrong) {
      it(`must not be ${what}`, async () => {
        await assert.rejects(readClientKey(text), (error: unknown) => {
          assert.ok(error instanceof KeyProblem, String(error));
          assert.match(error.message, reason);
          return true;
        });
      });
    }
  });
});
