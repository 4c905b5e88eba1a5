import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Metadata } from '../../../../src/protocol/server/metadata.ts';
import type { Provider, ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import { cureOf } from '../../../../src/signIn/plan/lasting.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { someGrant, someTokens } from '../../sessions/someGrant.ts';
import { definition, issuer, person, signedIn, stay, type Outcome } from './lastingPerson.ts';

const { editor } = await import('../../../standIns/editor/vscode.ts');

/** Every choice of one value for each name. */
const combinations = <T extends object>(choices: { readonly [Name in keyof T]: readonly T[Name][] }): T[] =>
  Object.entries(choices).reduce<object[]>(
    (made, [name, values]) =>
      made.flatMap(one => (values as unknown[]).map(value => ({ ...one, [name]: value }))),
    [{}],
  ) as T[];

interface Kind {
  readonly wantsScope: boolean;
  readonly wantsConsent: boolean;
  readonly givesAny: boolean;
  readonly refusesConsent: boolean;
  readonly scopesSupported: string[] | undefined;
  readonly promptsSupported: string[] | undefined;
  readonly scopes: string[];
  readonly prompt: 'login' | 'none' | undefined;
}

/** What a server can do about refresh tokens, and what its settings say: every combination is a kind of server. */
const kinds = combinations<Kind>({
  wantsScope: [true, false],
  wantsConsent: [true, false],
  givesAny: [true, false],
  refusesConsent: [true, false],
  scopesSupported: [undefined, ['openid'], ['openid', 'offline_access']],
  promptsSupported: [undefined, ['login'], ['login', 'consent']],
  scopes: [['openid'], ['openid', 'offline_access']],
  prompt: [undefined, 'login', 'none'],
});
interface Asked {
  readonly scope: boolean;
  readonly consent: boolean;
}

const short = someGrant({ tokens: someTokens(1, { refreshToken: undefined }) });
const words = ({ authorizationParameters: { prompt = '' } }: Provider) => prompt.split(' ');
const askedOf = (provider: Provider): Asked => ({
  scope: provider.scopes?.includes('offline_access') === true,
  consent: words(provider).includes('consent'),
});

const lasts = (kind: Kind, { scope, consent }: Asked): boolean =>
  kind.givesAny && (scope || !kind.wantsScope) && (consent || !kind.wantsConsent);

/** The server, as far as a sign-in shows it. */
const answer =
  (kind: Kind, metadata: Metadata) =>
  (provider: Provider): Outcome => {
    const asked = askedOf(provider);
    if (asked.consent && kind.refusesConsent)
      return new Failure('request-refused', {
        host: 'login.example.com',
        error: 'invalid_request',
        said: '',
      });
    const grant = lasts(kind, asked) ? someGrant() : short;
    return cureOf({
      provider,
      grant,
      metadata,
      method: 'loopback',
      requested: provider.scopes ?? [],
      dropped: [],
    });
  };

/** What could be requested beyond the settings, if the server's metadata is right. */
function reachable({ refusesConsent, promptsSupported, prompt, scopes }: Kind): Asked[] {
  const hasScope = scopes.includes('offline_access');
  const canConsent = !refusesConsent && prompt !== 'none' && (promptsSupported?.includes('consent') ?? true);
  const all = combinations<Asked>({ scope: [true, false], consent: [true, false] });
  return all.filter(({ scope, consent }) => (scope || !hasScope) && (canConsent || !consent));
}

describe('one click to stay signed in, at every kind of server', () => {
  afterEach(() => {
    editor.presses = undefined;
    editor.settings = {};
  });

  /** What is left out: a server that refuses what it lists. */
  const honest = kinds.filter(
    ({ refusesConsent, promptsSupported }) => !(refusesConsent && promptsSupported?.includes('consent')),
  );
  const pressed = (kind: Kind) => {
    const entry: ProviderDefinition = {
      ...definition,
      scopes: kind.scopes,
      ...(kind.prompt === undefined ? {} : { prompt: kind.prompt }),
    };
    const metadata: Metadata = {
      issuer,
      ...(kind.scopesSupported && { scopes_supported: kind.scopesSupported }),
      ...(kind.promptsSupported && { prompt_values_supported: kind.promptsSupported }),
    };
    return { entry, given: { come: answer(kind, metadata), press: stay, entry, metadata } };
  };

  it('is enough wherever anything that can be requested helps', async () => {
    let helped = 0;
    for (const kind of honest) {
      const { given } = pressed(kind);
      const first = answer(kind, given.metadata)(person(given).provider);
      const { tried, cache } = await signedIn(given);
      const isPossible = reachable(kind).some(asked => lasts(kind, asked));
      const isLasting = cache.known().some(({ tokens }) => tokens.refreshToken !== undefined);
      assert.equal(isLasting, isPossible, JSON.stringify(kind));
      assert.ok(tried.length <= 3, JSON.stringify(kind));
      if (first !== undefined && isLasting) {
        helped += 1;
        assert.equal(editor.messages.length, 1, JSON.stringify(kind));
      }
    }
    assert.ok(helped > 50, `${helped} kinds were helped`);
  });

  it('asks for no consent that the server neither needs nor lists with the scope', async () => {
    for (const kind of honest) {
      const { given } = pressed(kind);
      const { tried, cache } = await signedIn(given);
      const isLasting = cache.known().some(({ tokens }) => tokens.refreshToken !== undefined);
      const last = tried.at(-1);
      if (!isLasting || !last || !askedOf(last).consent || kind.wantsConsent) continue;
      assert.ok(kind.scopesSupported?.includes('offline_access'), JSON.stringify(kind));
      assert.ok(kind.promptsSupported?.includes('consent'), JSON.stringify(kind));
    }
  });

  it('keeps no setting that the server refused', async () => {
    for (const kind of honest.filter(({ refusesConsent }) => refusesConsent)) {
      const { entry, given } = pressed(kind);
      const { tried } = await signedIn(given);
      const isRefused = tried.some(provider => askedOf(provider).consent);
      if (isRefused) assert.deepEqual(editor.settings['providers'], { oidc: entry }, JSON.stringify(kind));
    }
  });
});
