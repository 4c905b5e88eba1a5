import assert from 'node:assert/strict';
import { secret } from '../../src/platform/secret.ts';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { parseGrant, serialiseGrant } from '../../src/sessions/store/storedGrant.ts';
import { belongsTo } from '../../src/providers/entries/origin.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../servers/faultProxy.ts';
import { startIdentityProvider } from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { approveDevice, signInOverHttp } from '../servers/identityProvider/person.ts';
import { memorySecretStorage, type MemorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { manualClock } from '../standIns/manualClock.ts';
import { recordingScreen } from './methods/deviceScreen.ts';
import { codeServer, editorRedirectUri, signInTrial, until } from './signingIn.ts';

const failsWith = (code: FailureCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  if (text) assert.match(error.message, text);
  return true;
};

describe('a provider without a client id', () => {
  let server: FaultyIdentityProvider;
  let storage: MemorySecretStorage;
  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  after(() => server.close());
  beforeEach(() => {
    storage = memorySecretStorage();
  });
  afterEach(() => server.proxy.heal());

  const definition = () => ({ issuer: server.issuer, clientId: '' });
  const { registration, token } = { registration: '/register', token: '/token' };
  const registrations = () => server.requestsTo(registration).filter(({ method }) => method === 'POST');

  const changed = (members: Record<string, unknown>) =>
    ({
      kind: 'replace',
      body: (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), ...members }),
    }) as const;

  it('is signed in to with a client that is registered for it, as public and native', async () => {
    const trial = signInTrial({ storage });
    const provider = trial.provider(definition());
    const before = registrations().length;
    const grant = await trial.signIn(provider);
    assert.equal(registrations().length, before + 1);
    const asked = registrations().at(-1)?.body;
    assert.equal(asked?.['application_type'], 'native');
    assert.equal(asked?.['token_endpoint_auth_method'], 'none');
    assert.deepEqual(asked?.['redirect_uris'], [`${editorRedirectUri}/callback`]);
    assert.match(grant.binding.clientId, /^[\w-]{10,}$/);
    assert.equal(belongsTo(grant, provider), true);

    // Refresh and revocation are those of that client too.
    const tokens = await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
    assert.equal(server.requestsTo(token).at(-1)?.body['client_id'], grant.binding.clientId);
    const renewed = { ...grant, tokens: { serial: 2, ...tokens } };
    assert.equal(await revokeGrant(trial.context, provider, renewed), 'revoked');
  });

  it('keeps the registration in secret storage, for later sign-ins and other windows', async () => {
    const first = signInTrial({ storage });
    const { binding } = await first.signIn(first.provider(definition()));
    const before = registrations().length;
    const later = signInTrial({ storage });
    const grant = await later.signIn(later.provider(definition()));
    assert.equal(grant.binding.clientId, binding.clientId);
    assert.equal(registrations().length, before);
    const stored = JSON.parse(storage.values.get('registrations/oidc') ?? '') as {
      registrations: { management: { token: string } }[];
    };
    const management = stored.registrations[0]?.management.token ?? '';
    assert.ok(management !== '' && !`${first.log.text()}${later.log.text()}`.includes(management));
  });

  it('gets another registration for another redirect URI, and for device codes', async () => {
    const trial = signInTrial({ storage });
    const first = await trial.signIn(trial.provider(definition()));
    const back = signInTrial({
      storage,
      method: 'loopback',
      browser: async address => fetch(await signInOverHttp(address, people.alice)),
    });
    const second = await back.signIn(back.provider(definition()));
    assert.notEqual(second.binding.clientId, first.binding.clientId);
    const [uri] = registrations().at(-1)?.body['redirect_uris'] as string[];
    assert.match(uri ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback$/);

    const before = registrations().length;
    const third = await back.signIn(back.provider(definition()));
    assert.equal(
      third.binding.clientId,
      second.binding.clientId,
      'the port that is registered is used again',
    );
    assert.equal(registrations().length, before);
  });

  it('is signed in to from code-server, whose address is registered each time', async () => {
    let count = 0;
    const trial = signInTrial({
      storage,
      surroundings: codeServer,
      editor: {
        of: path =>
          Promise.resolve(
            `https://code.example.com/stable-0123abc/callback?vscode-reqid=${++count}&vscode-scheme=code-oss&vscode-authority=vscode-oidc.oidc-authentication&vscode-path=${encodeURIComponent(path)}`,
          ),
      },
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        trial.pending.deliver(end.searchParams.get('vscode-path') ?? '', end.searchParams);
      },
    });
    const provider = trial.provider(definition());
    const first = await trial.signIn(provider);
    assert.equal(registrations().at(-1)?.body['application_type'], 'web');
    const second = await trial.signIn(provider);
    assert.notEqual(first.binding.clientId, second.binding.clientId);
    // The earlier sign-in lives on with its own client.
    assert.ok(await refreshGrant(trial.context, provider, first, () => undefined));
  });

  it('is signed in to with a device code', async () => {
    const clock = manualClock();
    const screen = recordingScreen();
    const trial = signInTrial({ clock, storage, method: 'device-code', device: screen });
    const signingIn = trial.signIn(trial.provider(definition()));
    await until(() => screen.codes.length > 0 && clock.pending > 0);
    const [code] = screen.codes;
    await approveDevice(code?.verificationUri ?? '', code?.userCode ?? '', people.alice);
    await clock.advance(5000);
    assert.equal((await signingIn).account.label, 'alice');
    assert.deepEqual(registrations().at(-1)?.body['redirect_uris'], []);
  });

  it('is registered at anew when the server no longer knows the registration, before a browser opens', async () => {
    const trial = signInTrial({ storage });
    const provider = trial.provider(definition());
    const first = await trial.signIn(provider);
    await deleteRegistration(storage);
    const second = await trial.signIn(provider);
    assert.notEqual(second.binding.clientId, first.binding.clientId);
    assert.equal(trial.opened.length, 2);
  });

  it('is registered at anew when the server refuses the client', async () => {
    const trial = signInTrial({ storage });
    const provider = trial.provider(definition());
    const first = await trial.signIn(provider);
    const refusal = JSON.stringify({ error: 'invalid_client' });
    const headers = { 'content-type': 'application/json' };
    server.proxy.on('/par', { kind: 'status', status: 401, headers, body: refusal });
    const second = await trial.signIn(provider);
    assert.notEqual(second.binding.clientId, first.binding.clientId);

    server.proxy.on(token, { kind: 'status', status: 401, headers, body: refusal });
    const third = await trial.signIn(provider);
    assert.notEqual(third.binding.clientId, second.binding.clientId);

    server.proxy.on(token, { kind: 'status', status: 401, headers, body: refusal }, { sticky: true });
    await assert.rejects(trial.signIn(provider), failsWith('registered-client-refused'));
  });

  it('uses a secret that the server gives all the same', async () => {
    const trial = signInTrial({ storage });
    const basic = { client_secret: 's3cret', token_endpoint_auth_method: 'client_secret_basic' };
    server.proxy.on(registration, changed(basic));
    const before = registrations().length;
    // The server does not really know that secret, refuses it, and the next registration is without one.
    await trial.signIn(trial.provider(definition()));
    assert.deepEqual(
      server
        .requestsTo('/par')
        .slice(-2)
        .map(({ authorization, status }) => [authorization, status]),
      [
        ['basic', 401],
        [undefined, 201],
      ],
    );
    assert.equal(registrations().length, before + 2);
    assert.ok(!trial.log.text().includes('s3cret'));
  });

  it('gives a secret that every window can use, though it was not there', async () => {
    const { clientId, clientSecret } = server.clients.editorSecret;
    const confidential = {
      client_id: clientId,
      client_secret: clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      registration_client_uri: undefined,
      registration_access_token: undefined,
    };
    const trial = signInTrial({ storage });
    server.proxy.on(registration, changed(confidential));
    const provider = trial.provider(definition());
    const signedIn = await trial.signIn(provider);
    const read = parseGrant(serialiseGrant(signedIn));
    assert.ok(read.kind === 'grant');
    const elsewhere = signInTrial();
    const tokens = await (
      await refreshGrant(elsewhere.context, provider, read.grant, () => undefined)
    ).judge();
    assert.equal(server.requestsTo(token).at(-1)?.authorization, 'basic');
    const renewed = { ...read.grant, tokens: { ...read.grant.tokens, ...tokens } };
    assert.equal(await revokeGrant(elsewhere.context, provider, renewed), 'revoked');
    for (const { log } of [trial, elsewhere]) assert.ok(!log.text().includes(clientSecret));
  });

  it('is registered at anew when the secret ends', async () => {
    const trial = signInTrial({ storage });
    const provider = trial.provider(definition());
    const end = Math.floor(Date.now() / 1000) + 30;
    server.proxy.on(registration, changed({ client_secret: 's3cret', client_secret_expires_at: end }));
    const first = await trial.signIn(provider);
    const second = await trial.signIn(provider);
    assert.notEqual(second.binding.clientId, first.binding.clientId);
    const third = await trial.signIn(provider);
    assert.equal(third.binding.clientId, second.binding.clientId);
  });

  it('goes on another way if the server refuses to register that redirect URI', async () => {
    const trial = signInTrial({
      storage,
      browser: async address => fetch(await signInOverHttp(address, people.alice)),
    });
    server.proxy.on(registration, {
      kind: 'status',
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: 'invalid_redirect_uri' }),
    });
    assert.equal((await trial.signIn(trial.provider(definition()))).account.label, 'alice');
    assert.match(trial.told[0] ?? '', /rejected the redirect URI vscode:.*to this computer/);
  });

  it('is refused in words when the server refuses the registration', async () => {
    const trial = signInTrial({ storage });
    const refusal = {
      kind: 'status',
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: 'invalid_client_metadata', error_description: 'no natives' }),
    } as const;
    const refusedSoFar = (): number =>
      server.proxy.requestsTo(registration).filter(({ fault }) => fault === 'status').length;
    const before = refusedSoFar();
    for (let count = 0; count < 20; count++) server.proxy.on(registration, refusal);
    await assert.rejects(
      trial.signIn(trial.provider(definition())),
      failsWith('registration-refused', /invalid_client_metadata.*“no natives”/),
    );
    // Four forms of a registration, each with three redirect URIs, and two without one, for a device code.
    assert.equal(refusedSoFar() - before, 14);
    server.proxy.heal();
    server.proxy.on(registration, changed({ redirect_uris: ['https://elsewhere.example/'] }));
    server.proxy.on(registration, changed({ client_id: '' }));
    await assert.rejects(trial.signIn(trial.provider(definition())), failsWith('response-invalid'));
  });

  it('is signed in to although secret storage fails', async () => {
    const trial = signInTrial({ storage });
    storage.fails = ({ operation }) => operation === 'store';
    assert.equal((await trial.signIn(trial.provider(definition()))).account.label, 'alice');
    assert.match(trial.log.text(), /registration could not be stored/);
  });

  it('is not sent the registration of another issuer', async () => {
    const other = await startIdentityProvider();
    try {
      const trial = signInTrial({ storage });
      const first = await trial.signIn(trial.provider(definition()));
      const second = await trial.signIn(trial.provider({ issuer: other.issuer, clientId: '' }));
      assert.notEqual(second.binding.clientId, first.binding.clientId);
      assert.equal(other.requests.filter(({ path }) => path === registration).length, 1);
    } finally {
      await other.close();
    }
  });

  describe('where an initial access token is needed', () => {
    it('asks for it once, and keeps it', async () => {
      const guarded = await startIdentityProvider({ registrationToken: 'let-me-in' });
      try {
        let asked = 0;
        const trial = signInTrial({
          storage,
          initialAccessToken: () => {
            asked++;
            return Promise.resolve(secret('let-me-in'));
          },
        });
        const provider = trial.provider({ issuer: guarded.issuer, clientId: '' });
        await trial.signIn(provider);
        storage.values.delete('registrations/oidc');
        await trial.signIn(provider);
        assert.equal(asked, 1);
        const sent = trial.context.httpContext.sendings.take(guarded.issuer);
        const { host } = new URL(guarded.issuer);
        const sending = { host, kinds: ['initial-access-token'], purpose: 'registration' } as const;
        assert.deepEqual(
          sent.filter(({ purpose }) => purpose === 'registration'),
          [sending],
        );
        assert.ok(!trial.log.text().includes('let-me-in'));
      } finally {
        await guarded.close();
      }
    });

    it('says so if there is none, or the wrong one', async () => {
      const guarded = await startIdentityProvider({ registrationToken: 'let-me-in' });
      try {
        for (const given of [undefined, secret('wrong')]) {
          const trial = signInTrial({ storage, initialAccessToken: () => Promise.resolve(given) });
          const provider = trial.provider({ issuer: guarded.issuer, clientId: '' });
          await assert.rejects(trial.signIn(provider), failsWith('registration-closed'));
          assert.equal(storage.values.get('initialAccessToken/oidc'), undefined);
        }
      } finally {
        await guarded.close();
      }
    });
  });

  it('says what is missing where nothing of this is possible', async () => {
    for (const place of ['openid-configuration', 'oauth-authorization-server'])
      server.proxy.on(`/.well-known/${place}`, changed({ registration_endpoint: undefined }));
    const trial = signInTrial({ storage });
    await assert.rejects(
      trial.signIn(trial.provider(definition())),
      failsWith('no-way', /No client ID is set, and .* doesn’t support automatic registration/),
    );
    assert.deepEqual(trial.opened, []);
  });
});

/** What an administrator does who clears up: the server forgets the client. */
async function deleteRegistration(storage: MemorySecretStorage): Promise<void> {
  const { registrations } = JSON.parse(storage.values.get('registrations/oidc') ?? '') as {
    registrations: { management: { address: string; token: string } }[];
  };
  for (const { management } of registrations) {
    const headers = { authorization: `Bearer ${management.token}` };
    assert.equal((await fetch(management.address, { method: 'DELETE', headers })).status, 204);
  }
}
