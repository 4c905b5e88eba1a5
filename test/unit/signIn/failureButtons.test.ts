import assert from 'node:assert/strict';
import { Failure, failures as texts } from '../../../src/protocol/failures/failure.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { sessionOf } from '../../../src/sessions/grant/sessions.ts';
import { settled } from '../../standIns/manualClock.ts';
import { someGrant, someProvider } from '../sessions/someGrant.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { showSignInFailure } = await import('../../../src/ui/problems/signInFailure.ts');
const { signInAgain } = await import('../../../src/ui/signIn/signInAndKeep.ts');
const { readProviders } = await import('../../../src/providers/entries/settings.ts');

const demanded = () => new Failure('proof-demanded', { host: 'login.example.com', said: '' });

/** Signs in at a provider that demands key-bound tokens, and presses a button once. */
async function refused(provider: Provider, press: string) {
  const providers = createConfiguredProviders();
  providers.update([provider]);
  editor.errors = [];
  const tried: (string | undefined)[] = [];
  const retried = Promise.withResolvers<void>();
  const parts = personParts({
    providers,
    accounts: {
      grantedScopes: () => Promise.resolve([]),
      add: () => assert.fail('nobody signs in'),
    } as never,
    readSettings: async () => providers.update((await readProviders(() => undefined)).providers),
    signIns: quietSignIns(({ provider: asked }) => {
      tried.push(asked.dpop);
      if (tried.length === 2) retried.resolve();
      return Promise.reject(demanded());
    }),
  });
  let presses = 1;
  editor.pressesOnError = () => (presses-- > 0 ? press : undefined);
  try {
    await signInAgain(parts, provider.id, { scopes: [], account: undefined });
    const [, ...buttons] = editor.errors[0] ?? [];
    if (press === 'Use DPoP') await retried.promise;
    return { tried, buttons };
  } finally {
    editor.pressesOnError = () => undefined;
  }
}

describe('a sign-in that is refused because of DPoP', () => {
  it('has a button that sets it and tries again', async () => {
    const definition = { issuer: someProvider.issuer, clientId: 'editor', label: 'Company' };
    editor.settings = { providers: { oidc: definition } };
    const parsed = parseDefinition('oidc', definition);
    assert.ok(parsed.ok);
    const { tried, buttons } = await refused(parsed.provider, 'Use DPoP');
    assert.deepEqual(tried, [undefined, 'required']);
    assert.deepEqual(buttons, ['Use DPoP', 'Try Again', 'Show Log']);
    assert.deepEqual(editor.settings['providers'], { oidc: { ...definition, dpop: 'required' } });
  });

  it('has no such button where another extension decides', async () => {
    editor.settings = {};
    const provider = { ...someProvider, contributedBy: 'acme.other' };
    const { buttons } = await refused(provider, 'Show Log');
    assert.deepEqual(buttons.slice(0, 1), ['Try Again']);
    assert.deepEqual(editor.settings, {});
  });
});

describe('a sign-in that lacks the one that it is made of', () => {
  const missing = () => new Failure('subject-missing', { source: 'Company', provider: 'Wiki' });
  const service = { way: 'identity-assertion', from: 'company', subjectToken: 'id_token' } as const;
  const company = { ...someProvider, id: 'company' };

  /** Presses the button once. @returns the providers that were signed in to, in turn. */
  async function pressed(outcome: (id: string) => Promise<Grant>) {
    const providers = createConfiguredProviders();
    providers.update([{ ...someProvider, id: 'wiki', service }, company]);
    editor.errors = [];
    const tried: string[] = [];
    const parts = personParts({
      providers,
      accounts: {
        grantedScopes: () => Promise.resolve([]),
        add: (_: Provider, grant: Grant) =>
          Promise.resolve({ session: sessionOf(grant, [], undefined), kept: true }),
      } as never,
      signIns: quietSignIns(({ provider: { id } }) => {
        tried.push(id);
        return outcome(id);
      }),
    });
    let presses = 1;
    editor.pressesOnError = () => (presses-- > 0 ? 'Sign In to Company' : undefined);
    try {
      await signInAgain(parts, 'wiki', { scopes: [], account: undefined });
      for (let round = 0; round < 5; round++) await settled();
      return { tried, buttons: editor.errors[0]?.slice(1) };
    } finally {
      editor.pressesOnError = () => undefined;
    }
  }

  it('has a button that signs in there, then tries again', async () => {
    const { tried, buttons } = await pressed(id =>
      id === 'company' ? Promise.resolve(someGrant()) : Promise.reject(missing()),
    );
    assert.deepEqual(tried, ['wiki', 'company', 'wiki']);
    assert.deepEqual(buttons, ['Sign In to Company', 'Try Again', 'Show Log']);
  });

  it('is not tried again if nobody signed in there', async () => {
    const { tried } = await pressed(() => Promise.reject(missing()));
    assert.deepEqual(tried, ['wiki', 'company']);
  });
});

const host = 'login.example.com';
const help = { retry: () => undefined, showLog: () => undefined, otherMethods: undefined };
const button = 'Replace Client Secret…';

describe('a sign-in that failed over the credentials of the client', () => {
  afterEach(() => {
    editor.pressesOnError = () => undefined;
  });

  const failures = {
    'that are refused': new Failure('client-refused', { host, error: 'invalid_client' }),
    'that are a refused certificate': new Failure('certificate-refused', { host, reason: 'unknown' }),
    'that are an unusable certificate': new Failure('certificate-unusable', { host, reason: 'expired' }),
    'that are another certificate': new Failure('certificate-mismatch', { host, error: 'invalid_grant' }),
  };
  for (const [what, failure] of Object.entries(failures)) {
    it(`has a button to replace those ${what}, where the client has some`, async () => {
      editor.pressesOnError = () => button;
      for (const credentials of [
        { clientAuthentication: 'client_secret_basic' },
        { clientAuthentication: 'none', certificateBoundTokens: true },
      ] as const) {
        [editor.errors, editor.commands] = [[], []];
        await showSignInFailure({ ...someProvider, ...credentials }, failure, help);
        assert.equal(editor.errors[0]?.[1], button);
        assert.deepEqual(editor.commands, [['oidc.replaceClientSecret', someProvider.id]]);
      }
      editor.errors = [];
      await showSignInFailure({ ...someProvider, clientAuthentication: 'none' }, failure, help);
      assert.ok(!editor.errors[0]?.includes(button), String(editor.errors[0]));
    });
  }

  it('has a button that shows the keys of a client whose key is refused', async () => {
    [editor.errors, editor.commands] = [[], []];
    editor.pressesOnError = () => 'Show Public Keys…';
    const failure = new Failure('client-key-refused', { host, error: 'invalid_client' });
    await showSignInFailure({ ...someProvider, clientAuthentication: 'private_key_jwt' }, failure, help);
    assert.deepEqual(editor.errors[0]?.slice(1), [
      'Show Public Keys…',
      'Replace Client Secret…',
      'Try Again',
      'Show Log',
    ]);
    assert.deepEqual(editor.commands, [['oidc.showPublicKeys', someProvider.id]]);
  });

  it('names no command: what a message advises, its buttons do', () => {
    for (const [code, { what, next }] of Object.entries(texts))
      assert.doesNotMatch(what + next, /OIDC: /, code);
  });

  it('has no such button if something else failed', async () => {
    editor.errors = [];
    const failure = new Failure('metadata-invalid', { address: host, reason: 'x' });
    await showSignInFailure({ ...someProvider, clientAuthentication: 'client_secret_basic' }, failure, help);
    assert.ok(!editor.errors[0]?.includes(button), String(editor.errors[0]));
  });
});
