import assert from 'node:assert/strict';
import { json } from '../../../servers/hostile/replies.ts';
import { signsIn, fails, plainOAuth, type ServerRow } from './row.ts';

export const identityRows: readonly ServerRow[] = [
  ...(['the access token', 'the ID token'] as const).map((what): ServerRow => ({
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
    server: 'any',
    does: 'cannot answer UserInfo once, when an account is to be named',
    departure: {
      idToken: { claims: ({ preferred_username: _, ...rest }) => rest },
      replies: { userInfo: (right, { count }) => (count === 1 ? json({}, 503) : right) },
    },
    run: signsIn({}, (_, { account }) => assert.equal(account.label, 'alice')),
  },
];
