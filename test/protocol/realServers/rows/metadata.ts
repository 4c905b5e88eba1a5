import assert from 'node:assert/strict';
import { html, json } from '../../../servers/hostile/replies.ts';
import { unregistered, signsIn, fails, registrations, revoke, type ServerRow } from './row.ts';

export const metadataRows: readonly ServerRow[] = [
  {
    name: 'two-documents',
    server: 'Django OAuth Toolkit',
    does: 'leaves registration and revocation out of its document for OpenID Connect',
    departure: {
      metadata: ({ registration_endpoint: _, revocation_endpoint: __, ...rest }) => rest,
      elsewhere: { '/.well-known/oauth-authorization-server': whole => json(whole) },
    },
    run: signsIn(unregistered, async (trial, grant) => {
      assert.equal(registrations(trial).length, 1);
      assert.equal(await revoke(trial, grant, unregistered), 'revoked');
      const asked = trial.server.requests.filter(({ path }) => path.includes('oauth-authorization-server'));
      assert.equal(asked.length, 1, 'the other document is read once');
    }),
  },
  {
    name: 'two-documents-revocation',
    server: 'Django OAuth Toolkit',
    does: 'the same, for a client with a client ID that signs out',
    departure: {
      metadata: ({ revocation_endpoint: _, ...rest }) => rest,
      elsewhere: { '/.well-known/oauth-authorization-server': whole => json(whole) },
    },
    run: signsIn({}, async (trial, grant) => assert.equal(await revoke(trial, grant), 'revoked')),
  },
  {
    name: 'other-document-of-another-issuer',
    ends: /^Register an app with /,
    server: 'any',
    does: 'has another document that names another issuer, from which nothing is taken',
    departure: {
      metadata: ({ registration_endpoint: _, ...rest }) => rest,
      elsewhere: {
        '/.well-known/oauth-authorization-server': whole =>
          json({ ...whole, issuer: 'https://other.example' }),
      },
    },
    run: fails('no-way', /doesn’t support automatic registration/, unregistered),
  },
  ...[500, 502, 503, 404, 403].map((status): ServerRow => ({
    name: `first-place-${status}`,
    server: 'several',
    does: `answers ${status} at the first well-known place, and has its document at the second`,
    departure: {
      replies: { metadata: () => json({}, status) },
      elsewhere: { '/.well-known/oauth-authorization-server': whole => json(whole) },
    },
    run: signsIn(),
  })),
  ...([511, 403] as const).map((status): ServerRow => ({
    name: `network-page-${status}`,
    ends: new RegExp(
      `Something other than .* responded \\(HTTP ${status}\\).* Check your network, proxy, and VPN`,
    ),
    server: 'networks',
    does: `answer the discovery with a page of status ${status}`,
    departure: {
      replies: { metadata: () => html(status) },
      elsewhere: { '/.well-known/oauth-authorization-server': () => html(status) },
    },
    run: fails('intercepted', new RegExp(`Something other than .*HTTP ${status}`)),
  })),
];
