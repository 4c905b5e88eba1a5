import assert from 'node:assert/strict';
import { secret, type Secret } from '../../../../src/platform/secret.ts';
import { consentTo } from '../../../../src/protocol/client/consent.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { createHttpContext } from '../../../../src/protocol/server/httpContext.ts';
import { parseDefinition, type Provider } from '../../../../src/providers/entries/definition.ts';
import { withClient } from '../../../../src/signIn/client/client.ts';
import { createClientSecrets, type ClientCredential } from '../../../../src/signIn/client/clientSecrets.ts';
import { createRegistrations } from '../../../../src/signIn/client/registrations.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { memoryConcessions } from '../../../standIns/memoryConcessions.ts';

const issuer = 'https://login.example.com';
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
};
/** How long the person may take, in seconds. */
const timeout = 300;

function configured(definition: object): Provider {
  const parsed = parseDefinition('oidc', { issuer, ...definition });
  assert.ok(parsed.ok);
  return parsed.provider;
}

/** A sign-in that asks for what its client needs, in front of a person who answers when the test says so. */
function signingIn(provider: Provider) {
  const clock = manualClock();
  const storage = memorySecretStorage();
  const abort = new AbortController();
  const secretAnswer = Promise.withResolvers<ClientCredential | undefined>();
  const tokenAnswer = Promise.withResolvers<Secret | undefined>();
  const questions: AbortSignal[] = [];
  const asking = <T>(answer: Promise<T>) => {
    return (_: Provider, signal: AbortSignal): Promise<T> => {
      questions.push(signal);
      return answer;
    };
  };
  const httpContext = createHttpContext({
    fetch: () => Promise.resolve(new Response('{"error":"invalid_token"}', { status: 401 })),
    clock,
    log: recordingLog(),
  });
  const concessions = memoryConcessions();
  const sources = {
    httpContext,
    timeouts: { person: timeout },
    clientDocument: undefined,
    clientSecrets: createClientSecrets({ storage, ask: asking(secretAnswer.promise) }),
    registrations: createRegistrations({
      storage,
      httpContext,
      concessions,
      sharesStorage: true,
      askInitialAccessToken: asking(tokenAnswer.promise),
    }),
    concessions,
  };
  const redirectUri = 'http://127.0.0.1/callback';
  const signInRequest = {
    provider,
    consent: consentTo(issuer),
    metadata,
    redirectUri,
    scopes: [],
    asksForToken: false,
    signal: abort.signal,
  };
  const run = () => withClient(sources, signInRequest, ({ client }) => Promise.resolve(client.id));
  const stored = () => [...storage.values.keys()];
  const { clientSecrets } = sources;
  return { clock, abort, questions, secretAnswer, tokenAnswer, run, stored, storage, clientSecrets };
}

const cases = [
  {
    what: 'the secret of its client',
    provider: configured({ clientId: 'editor', clientAuthentication: 'client_secret_basic' }),
    unsaid: 'client-secret-missing',
  },
  {
    what: 'an initial access token',
    provider: configured({}),
    unsaid: 'registration-closed',
  },
] as const;

for (const { what, provider, unsaid } of cases) {
  describe(`a sign-in that asks the person for ${what}`, () => {
    it('ends when it is cancelled, takes the question back, and keeps nothing of a later answer', async () => {
      const { abort, questions, secretAnswer, tokenAnswer, run, stored, clock } = signingIn(provider);
      const outcome = run();
      const cancelled = assert.rejects(outcome, /cancelled/);
      await settled();
      assert.equal(questions.length, 1);
      assert.equal(questions[0]?.aborted, false);
      abort.abort(new Error('cancelled'));
      await cancelled;
      assert.equal(questions[0]?.aborted, true);
      secretAnswer.resolve({ kind: 'secret', secret: secret('too late') });
      tokenAnswer.resolve(secret('too late'));
      await settled();
      assert.deepEqual(stored(), []);
      assert.equal(clock.pending, 0);
    });

    it('ends when the person does not answer in time', async () => {
      const { questions, secretAnswer, run, stored, clock } = signingIn(provider);
      const late = assert.rejects(run(), error => error instanceof Failure && error.code === unsaid);
      await settled();
      assert.equal(questions.length, 1);
      await clock.advance(timeout * 1000);
      await late;
      assert.equal(questions[0]?.aborted, true);
      secretAnswer.resolve({ kind: 'secret', secret: secret('too late') });
      await settled();
      assert.deepEqual(stored(), []);
    });
  });
}

describe('a client whose storage fails', () => {
  for (const operation of ['get', 'store', 'delete'] as const)
    it(`at every ${operation} is registered, and signs in`, async () => {
      const storage = memorySecretStorage();
      storage.fails = call => call.operation === operation;
      const answer = { client_id: 'new', redirect_uris: ['http://127.0.0.1/callback'] };
      const httpContext = createHttpContext({
        fetch: () => Promise.resolve(Response.json(answer, { status: 201 })),
        clock: manualClock(),
        log: recordingLog(),
      });
      const registrations = createRegistrations({
        storage,
        httpContext,
        concessions: memoryConcessions(),
        sharesStorage: true,
        askInitialAccessToken: () => assert.fail('it is not asked for'),
      });
      const [, { provider }] = cases;
      assert.deepEqual(await registrations.redirectUris(provider), []);
      const { registration } = await registrations.obtain({
        provider,
        consent: consentTo(issuer),
        metadata,
        redirectUri: 'http://127.0.0.1/callback',
        scopes: [],
        asksForToken: false,
        signal: new AbortController().signal,
      });
      assert.equal(registration.clientId, 'new');
    });

  it('has the secret that was entered until the window closes, and stores it when that works again', async () => {
    const [{ provider }] = cases;
    const { clientSecrets, storage } = signingIn(provider);
    const entered = { kind: 'secret', secret: secret('entered') } as const;
    clientSecrets.enter(provider, entered);
    storage.fails = ({ operation }) => operation === 'store';
    for (const obtain of [clientSecrets.obtain, clientSecrets.obtain]) {
      const { authentication } = await obtain(provider);
      assert.ok('secret' in authentication && authentication.secret.reveal() === 'entered');
    }
    const refreshing = await clientSecrets.stored(provider);
    assert.ok('secret' in refreshing && refreshing.secret.reveal() === 'entered');
    storage.fails = () => false;
    await clientSecrets.obtain(provider);
    assert.match([...storage.values.values()].join(), /"secret":"entered"/);
    await clientSecrets.replace(provider, { kind: 'secret', secret: secret('replaced') });
    const replaced = await clientSecrets.stored(provider);
    assert.ok('secret' in replaced && replaced.secret.reveal() === 'replaced');
    await clientSecrets.forget(provider);
    await assert.rejects(clientSecrets.stored(provider), /./);

    clientSecrets.enter(provider, entered);
    storage.fails = ({ operation }) => operation === 'store';
    await clientSecrets.obtain(provider);
    await clientSecrets.forget(provider);
    await assert.rejects(clientSecrets.stored(provider), /./);
  });
});

describe('the secret of a client', () => {
  const secretOf = async ({ clientSecrets }: ReturnType<typeof signingIn>, provider: Provider) => {
    const { authentication, asked } = await clientSecrets.obtain(provider);
    assert.ok('secret' in authentication);
    return [authentication.secret.reveal(), ...asked];
  };

  it('is the one that was entered before the sign-in, also where another is stored, and is stored by it', async () => {
    const [{ provider }] = cases;
    const signIn = signingIn(provider);
    await signIn.clientSecrets.replace(provider, { kind: 'secret', secret: secret('before') });
    signIn.clientSecrets.enter(provider, { kind: 'secret', secret: secret('entered') });
    assert.deepEqual(
      await secretOf(signIn, provider),
      ['entered', 'secret'],
      'it has not proved to be right yet',
    );
    assert.deepEqual(await secretOf(signIn, provider), ['entered']);
    assert.equal(signIn.questions.length, 0);
  });

  it('is the one that was entered last, also if the sign-in did not come about that an earlier one was for', async () => {
    const [{ provider }] = cases;
    const signIn = signingIn(provider);
    signIn.clientSecrets.enter(provider, { kind: 'secret', secret: secret('wrong') });
    await signIn.clientSecrets.replace(provider, { kind: 'secret', secret: secret('right') });
    assert.deepEqual(await secretOf(signIn, provider), ['right']);
    signIn.clientSecrets.enter(provider, { kind: 'secret', secret: secret('of a removed provider') });
    await signIn.clientSecrets.forget(provider);
    signIn.secretAnswer.resolve({ kind: 'secret', secret: secret('asked for') });
    assert.deepEqual(await secretOf(signIn, provider), ['asked for', 'secret']);
  });

  it('is for the client and the place that it was entered for', async () => {
    const [{ provider }] = cases;
    for (const other of [
      { clientId: 'other' },
      { clientId: 'editor', endpoints: { token: 'https://evil.example/t' } },
    ]) {
      const signIn = signingIn(provider);
      signIn.clientSecrets.enter(provider, { kind: 'secret', secret: secret('entered') });
      const moved = configured({ clientAuthentication: 'client_secret_basic', ...other });
      signIn.secretAnswer.resolve({ kind: 'secret', secret: secret('asked for') });
      assert.deepEqual(await secretOf(signIn, moved), ['asked for', 'secret']);
    }
  });

  it('is forgotten and replaced without the certificate that tokens are bound to, which is kept with it', async () => {
    const provider = configured({
      clientId: 'editor',
      clientAuthentication: 'client_secret_post',
      certificateBoundTokens: true,
    });
    const storage = memorySecretStorage();
    const certificate = { certificates: 'chain', privateKey: secret('key of the certificate') };
    const answers = { secret: secret('first'), certificate };
    const asked: string[] = [];
    const clientSecrets = createClientSecrets({
      storage,
      ask(_provider, _signal, kind) {
        asked.push(kind);
        if (kind === 'certificate') return Promise.resolve({ kind, certificate: answers.certificate });
        return Promise.resolve(kind === 'secret' ? { kind, secret: answers.secret } : undefined);
      },
      mutualTls: () => assert.fail('nothing is shown'),
    });
    const parts = async () => {
      const { authentication } = await clientSecrets.obtain(provider);
      assert.ok('secret' in authentication);
      const { secret: own, certificate: shown } = authentication;
      return [own.reveal(), shown?.privateKey.reveal()];
    };
    assert.deepEqual(await parts(), ['first', 'key of the certificate']);
    await clientSecrets.forgetKinds(provider, ['secret']);
    await assert.rejects(
      clientSecrets.stored(provider),
      (error: unknown) => error instanceof Failure && error.code === 'client-secret-missing',
    );
    answers.secret = secret('second');
    assert.deepEqual(await parts(), ['second', 'key of the certificate']);
    assert.deepEqual(asked, ['secret', 'certificate', 'secret']);
    await clientSecrets.replace(provider, { kind: 'secret', secret: secret('third') });
    assert.deepEqual(await parts(), ['third', 'key of the certificate']);
    await clientSecrets.forgetKinds(provider, ['secret', 'certificate']);
    assert.deepEqual([...storage.values.keys()], []);

    clientSecrets.enter(provider, { kind: 'secret', secret: secret('fourth') });
    storage.fails = ({ operation }) => operation === 'store';
    assert.deepEqual(await parts(), ['fourth', 'key of the certificate']);
    assert.equal((await clientSecrets.stored(provider)).certificate?.privateKey, certificate.privateKey);
  });

  it('is kept when the person gives it in time, and not asked for again', async () => {
    const { questions, secretAnswer, run, stored, clock } = signingIn(cases[0].provider);
    secretAnswer.resolve({ kind: 'secret', secret: secret('given') });
    assert.equal(await run(), 'editor');
    assert.equal(await run(), 'editor');
    assert.equal(questions.length, 1);
    assert.deepEqual(stored(), ['clientSecret/oidc']);
    assert.equal(clock.pending, 0);
  });
});
