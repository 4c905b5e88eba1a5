import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../../src/providers/entries/definition.ts';
import { agreementKey } from '../../../src/providers/entries/terms.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { createTrust } from '../../../src/signIn/trust.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { settled } from '../../standIns/manualClock.ts';
import { memoryOf } from '../../standIns/memento.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { someGrant, someTokens } from '../sessions/someGrant.ts';

const { CancellationError, editor } = await import('../../standIns/editor/vscode.ts');
const { signInAgain, showSignInNeeded } = await import('../../../src/ui/signIn/signInAndKeep.ts');
const { createRepeating } = await import('../../../src/ui/problems/repeating.ts');
const { readProviders, writeProvider } = await import('../../../src/providers/entries/settings.ts');

const issuer = 'https://login.example.com';
const definition: ProviderDefinition = {
  issuer,
  clientId: 'editor',
  label: 'Company',
  discovery: false,
  endpoints: { authorization: `${issuer}/authorize`, token: `${issuer}/token` },
  scopes: ['openid'],
};
const stay = 'Stay Signed In';
const enough = 'Don’t Show Again';

const refusal = () =>
  new Failure('request-refused', { host: 'login.example.com', error: 'invalid_scope', said: '' });
const offline = () => new Failure('unreachable', { host: 'login.example.com', reason: 'no network' });

interface Given {
  /** What the sign-ins come to, in their order: what helps, `undefined` if they last, or why they fail. */
  readonly come: readonly (string | undefined | Error)[];
  readonly press?: string;
  readonly contributedBy?: string;
  readonly entry?: ProviderDefinition;
}

/** A person who signs in, and presses a button of the first message about it. */
function person({ come, press, contributedBy, entry = definition }: Given) {
  editor.settings = contributedBy === undefined ? { providers: { oidc: entry } } : {};
  [editor.messages, editor.warnings, editor.errors] = [[], [], []];
  editor.presses = press;
  const parsed = parseDefinition('oidc', entry, contributedBy);
  assert.ok(parsed.ok);
  const { provider } = parsed;
  const providers = createConfiguredProviders();
  providers.update([provider]);
  const memory = memoryOf();
  memory.set(agreementKey('oidc'), provider.terms);
  const { accounts, cache } = accountsInMemory();
  const tried: Provider[] = [];
  const parts = personParts({
    providers,
    accounts,
    repeating: createRepeating(memory),
    trust: createTrust({
      memory,
      ask: () => assert.fail('nothing is asked'),
      hasSignIns: () => Promise.resolve(true),
      onAgreed: () => Promise.resolve(),
    }),
    readSettings: async () => providers.update((await readProviders(() => undefined)).providers),
    signIns: quietSignIns(({ provider: asked }) => {
      const comes = come[tried.length];
      tried.push(asked);
      // Only the first message is answered.
      if (tried.length > 1) editor.presses = undefined;
      return comes instanceof Error
        ? Promise.reject(comes)
        : Promise.resolve(grantOf(asked, tried.length, comes));
    }),
  });
  return { parts, provider, providers, cache, tried };
}

const grantOf = ({ terms }: Provider, serial: number, cure: string | undefined): Grant =>
  someGrant({
    id: `grant-000${serial}`,
    binding: { issuer, clientId: 'editor', tokenEndpoint: `${issuer}/token`, terms },
    tokens: someTokens(serial, cure === undefined ? {} : { refreshToken: undefined }),
    ending: cure === undefined ? undefined : { cure },
  });

async function signedIn(given: Given) {
  const made = person(given);
  await signInAgain(made.parts, 'oidc', ['openid']);
  await settled();
  return made;
}

describe('a sign-in without a refresh token', () => {
  afterEach(() => {
    editor.presses = undefined;
    editor.settings = {};
  });

  it('has a button that adds the scope and signs in again, and then it lasts', async () => {
    const { tried, cache } = await signedIn({ come: ['offline_access', undefined], press: stay });
    assert.match(editor.messages[0]?.[0] ?? '', /^Company sent no refresh token, .* add "offline_access"/);
    assert.deepEqual(editor.messages[0]?.slice(1), [stay, enough]);
    const scopes = ['openid', 'offline_access'];
    assert.deepEqual(
      tried.map(provider => provider.scopes),
      [['openid'], scopes],
    );
    assert.deepEqual(editor.settings['providers'], { oidc: { ...definition, scopes } });
    assert.equal(editor.messages.length, 1);
    assert.deepEqual(
      cache.known().map(({ ending, tokens }) => [ending, tokens.refreshToken?.reveal()]),
      [[undefined, 'refresh-2']],
    );
  });

  it('has that button for a provider that was added with this sign-in, in the wizard', async () => {
    const made = person({ come: ['offline_access', undefined], press: stay });
    editor.settings = {};
    made.providers.update([]);
    const newProviders = {
      ...made.parts.newProviders,
      ask: () => Promise.resolve(made.provider),
      succeeded: () => writeProvider('oidc', definition),
    };
    await signInAgain({ ...made.parts, newProviders }, 'oidc', ['openid']);
    await settled();
    assert.deepEqual(editor.messages[0]?.slice(1), [stay, enough]);
    assert.deepEqual(made.tried[1]?.scopes, ['openid', 'offline_access']);
  });

  it('has a button that requests consent, without a question whether that may be', async () => {
    const { tried } = await signedIn({ come: ['consent', undefined], press: stay });
    assert.deepEqual(
      tried.map(({ authorizationParameters }) => authorizationParameters),
      [{}, { prompt: 'consent' }],
    );
    assert.deepEqual(editor.settings['providers'], { oidc: { ...definition, prompt: 'consent' } });
  });

  it('offers what helps next if that was not enough', async () => {
    await signedIn({ come: ['offline_access', 'consent'], press: stay });
    assert.match(editor.messages[1]?.[0] ?? '', /set "prompt" to "consent"/);
    assert.deepEqual(editor.messages[1]?.slice(1), [stay, enough]);
  });

  it('leaves the settings as they were if the server refuses that, and says whom to ask', async () => {
    await signedIn({ come: ['offline_access', refusal()], press: stay });
    assert.deepEqual(editor.settings['providers'], { oidc: definition });
    assert.equal(editor.errors.length, 1);
    assert.deepEqual(editor.messages[1], [
      'The settings for Company are as before. Ask its administrator to allow refresh tokens for the client.',
    ]);
  });

  it('leaves the settings as they were if the person cancels, and says nothing', async () => {
    const { providers, provider } = await signedIn({
      come: ['offline_access', new CancellationError()],
      press: stay,
    });
    assert.deepEqual(editor.settings['providers'], { oidc: definition });
    assert.deepEqual(providers.byId('oidc')?.scopes, provider.scopes);
    assert.equal(editor.messages.length, 1);
  });

  it('keeps the change if the network is away meanwhile', async () => {
    await signedIn({ come: ['consent', offline()], press: stay });
    assert.deepEqual(editor.settings['providers'], { oidc: { ...definition, prompt: 'consent' } });
  });

  it('has no such button where another extension decides, nor where the server does', async () => {
    await signedIn({ come: ['consent'], contributedBy: 'acme.other' });
    assert.deepEqual(editor.messages[0]?.slice(1), [enough]);
    await signedIn({ come: ['allow-refresh'] });
    assert.deepEqual(editor.messages[0]?.slice(1), [enough]);
    assert.match(editor.messages[0]?.[0] ?? '', /Ask its administrator to allow refresh tokens/);
  });

  it('is told of no more, neither at once nor when it ends, if the person has had enough', async () => {
    const { parts, cache } = await signedIn({ come: ['allow-refresh', 'allow-refresh'], press: enough });
    editor.presses = undefined;
    await signInAgain(parts, 'oidc', ['openid']);
    await settled();
    const [grant] = cache.known();
    assert.ok(grant);
    await showSignInNeeded(parts, { ...grant, ending: { cure: 'allow-refresh', told: true } });
    assert.deepEqual([editor.messages.length, editor.warnings], [1, []]);
  });

  it('is told of once more when it has ended, with both buttons', async () => {
    const { parts, provider, tried } = person({ come: [undefined], press: stay });
    const over = {
      ...grantOf(provider, 1, 'offline_access'),
      ending: { cure: 'offline_access', told: true as const },
    };
    await showSignInNeeded(parts, over);
    await settled();
    assert.deepEqual(editor.warnings, [
      [
        'alice is no longer signed in to Company. The sign-in expired, and there’s no refresh token. To stay signed in, add "offline_access" to "scopes".',
        'Sign In Again',
        stay,
        enough,
      ],
    ]);
    assert.deepEqual(tried[0]?.scopes, ['openid', 'offline_access']);
  });

  it('can be repeated as it was when it has ended', async () => {
    const { parts, provider, tried } = person({ come: [undefined], press: 'Sign In Again' });
    await showSignInNeeded(parts, {
      ...grantOf(provider, 1, 'consent'),
      ending: { cure: 'consent', told: true },
    });
    await settled();
    assert.deepEqual(tried, [provider]);
    assert.deepEqual(editor.settings['providers'], { oidc: definition });
  });
});
