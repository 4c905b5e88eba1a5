import assert from 'node:assert/strict';
import type { JWK } from 'jose';
import { cureFields, notLasting } from '../../../../src/signIn/plan/lasting.ts';
import type { ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import { json } from '../../../servers/hostile/replies.ts';
import { signIn } from '../../../conformance/trial.ts';
import type { Departure } from '../../../servers/hostile/departure.ts';
import { describing, signsIn, fails, plainOAuth, type ServerRow } from './row.ts';

const asksOffline = (parameters: URLSearchParams): boolean =>
  parameters.get('scope')?.split(' ').includes('offline_access') === true;
const asksConsent = (parameters: URLSearchParams): boolean => parameters.get('prompt') === 'consent';

/** Gives refresh tokens only if the authorization request asks for them. */
function refreshTokensFor(isAsked: (parameters: URLSearchParams) => boolean): Departure {
  let asked = false;
  return {
    authorize(_, { parameters }) {
      asked = isAsked(parameters);
    },
    token: ({ refresh_token, ...rest }) => (asked ? { refresh_token, ...rest } : rest),
  };
}

export const identityRows: readonly ServerRow[] = [
  ...(['the access token', 'the ID token'] as const).map((what): ServerRow => ({
    name: what === 'the ID token' ? 'other-audience' : 'other-token-type',
    ends:
      what === 'the ID token'
        ? /its "aud" claim has the wrong value\. .* contact your administrator/
        : /the token type isn’t Bearer\. .* contact the provider’s administrator/,
    server: 'any',
    does: `gives tokens of which ${what} is refused: they are given back`,
    departure:
      what === 'the ID token'
        ? { idToken: { claims: claims => ({ ...claims, aud: 'other' }) } }
        : { token: right => ({ ...right, token_type: 'mac' }) },
    run: fails(what === 'the ID token' ? 'token-untrusted' : 'response-invalid', /./, {}, trial =>
      assert.deepEqual(
        trial.server.requestsTo('revoke').map(({ body }) => body['token_type_hint']),
        ['refresh_token', 'access_token'],
      ),
    ),
  })),
  {
    name: 'plain-oauth',
    server: 'servers of MCP',
    does: 'know nothing of OpenID Connect',
    departure: plainOAuth,
    async run(trial) {
      const grant = await trial.signIn(trial.provider({ issuer: trial.server.issuer, label: 'Company' }), {
        scopes: ['read'],
      });
      assert.deepEqual(grant.account, { id: 'Company', label: 'Company' });
      assert.equal(new URL(trial.opened[0] ?? '').searchParams.get('scope'), 'read');
    },
  },
  {
    name: 'openid-refused',
    server: 'servers of MCP',
    does: 'refuse openid though they show OpenID Connect',
    departure: {
      ...plainOAuth,
      metadata: document => document,
      authorize(response, { parameters }) {
        if (!parameters.get('scope')?.includes('openid')) return;
        response.delete('code');
        response.set('error', 'invalid_scope');
      },
    },
    async run(trial) {
      const grant = await trial.signIn(trial.provider({ issuer: trial.server.issuer }), { scopes: ['read'] });
      assert.equal(grant.account.id, 'alice-1');
      assert.equal(new URL(trial.opened.at(-1) ?? '').searchParams.get('scope'), 'read');
    },
  },
  {
    name: 'user-info-fails-once',
    server: 'any',
    does: 'cannot answer UserInfo once, when an account is to be named',
    departure: {
      idToken: { claims: ({ preferred_username: _, ...rest }) => rest },
      replies: { userInfo: (right, { count }) => (count === 1 ? json({}, 503) : right) },
    },
    run: signsIn({}, (_, { account }) => assert.equal(account.label, 'alice')),
  },
  ...(
    [
      [
        'unlisted',
        'offline_access, which it does not list',
        ['openid', 'profile'],
        'offline_access',
        asksOffline,
      ],
      [
        'unasked',
        'a consent, which it was not asked for',
        ['openid', 'offline_access'],
        'consent',
        asksConsent,
      ],
    ] as const
  ).map(([when, what, scopes, cure, isAsked]): ServerRow => ({
    name: `no-refresh-token-${when}`,
    server: 'LemonLDAP::NG',
    does: `gives refresh tokens only for ${what}: it is told at once, and settings help`,
    departure: refreshTokensFor(isAsked),
    run: signsIn({ scopes: [...scopes] }, async (trial, { ending }) => {
      assert.deepEqual(ending, { cure });
      const { context, provider, server } = trial;
      const before = provider({ issuer: server.issuer, scopes: [...scopes] });
      const { metadata } = await context.httpContext.metadata.get(before.issuer, before);
      const cured = await signIn(trial, { scopes: [...scopes], ...cureFields(before, cure, metadata) });
      assert.ok(cured.tokens.refreshToken, 'it lasts now');
      assert.equal(cured.ending, undefined);
    }),
  })),
  ...[true, false].map((isListed): ServerRow => ({
    name: `no-refresh-token-without-both-${isListed ? 'listed' : 'unlisted'}`,
    server: 'LemonLDAP::NG',
    does: `gives refresh tokens only for offline_access and a consent together, which it ${
      isListed ? 'lists: both are set at once' : 'does not list: the second follows the first'
    }`,
    departure: {
      ...(isListed
        ? describing(() => ({
            scopes_supported: ['openid', 'profile', 'offline_access'],
            prompt_values_supported: ['none', 'login', 'consent'],
          }))
        : {}),
      ...refreshTokensFor(parameters => asksOffline(parameters) && asksConsent(parameters)),
    },
    run: signsIn({ scopes: ['openid'] }, async (trial, { ending }) => {
      const { context, provider, server } = trial;
      const cures: (string | undefined)[] = [];
      let settings: Partial<ProviderDefinition> = { scopes: ['openid'] };
      let cure = ending?.cure;
      while (cure !== undefined && cures.length < 3) {
        cures.push(cure);
        const before = provider({ issuer: server.issuer, ...settings });
        const { metadata } = await context.httpContext.metadata.get(before.issuer, before);
        settings = { ...settings, ...cureFields(before, cure, metadata) };
        cure = (await signIn(trial, settings)).ending?.cure;
      }
      assert.deepEqual(cures, isListed ? ['scope-and-consent'] : ['offline_access', 'consent']);
      assert.deepEqual(settings, { scopes: ['openid', 'offline_access'], prompt: 'consent' });
    }),
  })),
  {
    name: 'no-refresh-token-never',
    server: 'LemonLDAP::NG',
    does: 'gives this client no refresh tokens: its administrator is named',
    departure: refreshTokensFor(() => false),
    run: signsIn({ scopes: ['openid', 'offline_access'], prompt: 'consent' }, (_, { ending }) =>
      assert.deepEqual(ending, { cure: 'allow-refresh' }),
    ),
  },
  {
    name: 'token-without-end',
    server: 'any',
    does: 'gives a token that does not end, and no refresh token: there is nothing to tell',
    departure: { token: ({ refresh_token: _, expires_in: __, ...rest }) => rest },
    run: signsIn({}, ({ provider, server }, grant) =>
      assert.equal(notLasting(provider({ issuer: server.issuer }), grant), undefined),
    ),
  },
  ...Object.entries({
    'authorized-party-null': { azp: null },
    'authorized-party-empty': { azp: '' },
    'hash-null': { at_hash: null },
    'hash-empty': { at_hash: '' },
  }).map(([name, claims]): ServerRow => ({
    name: `claim-${name}`,
    server: 'several',
    does: `write ${JSON.stringify(claims)} into an ID token for a claim that is absent`,
    departure: { idToken: { claims: right => ({ ...right, ...claims }) } },
    run: signsIn(),
  })),
  ...['refresh_token', 'scope', 'error_description'].map((member): ServerRow => ({
    name: `token-answer-false-${member.replace('_', '-')}`,
    server: 'several',
    does: `write false for ${member} where there is none`,
    departure: { token: right => ({ ...right, [member]: false }) },
    run: signsIn(),
  })),
  {
    name: 'lifetime-zero',
    server: 'several',
    does: 'write 0 for the lifetime of a token that does not expire',
    departure: { token: right => ({ ...right, expires_in: 0 }) },
    run: signsIn({}, (_, { tokens }) => assert.equal(tokens.expiresAt, undefined)),
  },
  ...Object.entries<(keys: JWK[]) => unknown>({
    'bare-array': keys => keys,
    'with-holes': keys => ({ keys: [null, ...keys, 'x'] }),
    twice: keys => ({ keys: [...keys, ...keys] }),
    'of-unknown-types': keys => ({
      keys: [{ kty: 'XYZ', kid: 'a' }, { kty: 'OKP', crv: 'X25519' }, ...keys],
    }),
    'without-use': keys => ({ keys: keys.map(({ use: _, ...key }) => key) }),
    'empty-operations': keys => ({ keys: keys.map(key => ({ ...key, key_ops: [] })) }),
    'one-operation': keys => ({ keys: keys.map(key => ({ ...key, key_ops: 'verify' })) }),
    'same-id': keys => ({ keys: keys.map(key => ({ ...key, kid: keys[0]?.kid })) }),
  }).map(([name, keys]): ServerRow => ({
    name: `keys-${name}`,
    server: 'several',
    does: `publish keys ${name.replaceAll('-', ' ')}`,
    departure: { keys },
    run: signsIn(),
  })),
];
