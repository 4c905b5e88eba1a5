import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { definition, grantOf, person, signedIn, stay } from './lastingPerson.ts';

const { CancellationError, editor } = await import('../../../standIns/editor/vscode.ts');
const { signInAgain, showSignInNeeded } = await import('../../../../src/ui/signIn/signInAndKeep.ts');
const { writeProvider } = await import('../../../../src/providers/entries/settings.ts');

const enough = 'Don’t Show Again';

const refusal = () =>
  new Failure('request-refused', { host: 'login.example.com', error: 'invalid_scope', said: '' });
const offline = () => new Failure('unreachable', { host: 'login.example.com', reason: 'no network' });

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
    await signInAgain({ ...made.parts, newProviders }, 'oidc', { scopes: ['openid'], account: undefined });
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

  it('requests consent with the same click if the scope was not enough, and says nothing in between', async () => {
    const { tried } = await signedIn({ come: ['offline_access', 'consent', undefined], press: stay });
    assert.deepEqual(
      tried.map(({ scopes, authorizationParameters }) => [scopes, authorizationParameters]),
      [
        [['openid'], {}],
        [['openid', 'offline_access'], {}],
        [['openid', 'offline_access'], { prompt: 'consent' }],
      ],
    );
    assert.equal(editor.messages.length, 1);
  });

  it('leaves the settings as they were before the click if only the consent is refused', async () => {
    await signedIn({ come: ['offline_access', 'consent', refusal()], press: stay });
    assert.deepEqual(editor.settings['providers'], { oidc: definition });
    assert.match(editor.messages[1]?.[0] ?? '', /^The settings for Company are as before\./);
  });

  it('leaves what the person wrote between the two sign-ins', async () => {
    const written = { ...definition, scopes: ['openid', 'mine', 'offline_access'] };
    await signedIn({
      come: provider => {
        if (provider.authorizationParameters['prompt'] !== undefined) return refusal();
        if (!provider.scopes?.includes('offline_access')) return 'offline_access';
        editor.settings['providers'] = { oidc: written };
        return 'consent';
      },
      press: stay,
    });
    assert.deepEqual(editor.settings['providers'], { oidc: written });
  });

  it('names its administrator if neither was enough', async () => {
    await signedIn({ come: ['offline_access', 'consent', 'allow-refresh'], press: stay });
    assert.match(editor.messages[1]?.[0] ?? '', /Ask its administrator to allow refresh tokens/);
    assert.deepEqual([editor.messages[1]?.slice(1), editor.messages.length], [[enough], 2]);
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
    await signInAgain(parts, 'oidc', { scopes: ['openid'], account: undefined });
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
