import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import {
  generateClientKey,
  publicKeySet,
  type ClientKey,
} from '../../../src/protocol/client/keys/clientKey.ts';
import { introspectToken } from '../../../src/protocol/tokens/introspection.ts';
import { readTokenAnswer } from '../../../src/protocol/tokens/tokenAnswer.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';
import type { Provider, ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { parseGrant, serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { clientOfGrant } from '../../../src/signIn/client/client.ts';
import type { TestCertificate } from '../../servers/certificates.ts';
import { deviceCodeGrant, loopbackRedirectUri } from '../../servers/identityProvider/clients.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { claimsOf } from '../methods/dpop/boundSignIn.ts';
import { given } from '../methods/serviceTrials.ts';
import { editorRedirectUri, signInTrial, type SignInTrial } from '../signingIn.ts';
import { credential, failsWith, trustedCertificates } from './trustedCertificates.ts';

const thumbprintOf = ({ certificate }: TestCertificate): string =>
  Buffer.from(new X509Certificate(certificate).fingerprint256.replaceAll(':', ''), 'hex').toString(
    'base64url',
  );

describe('an access token of a client whose tokens are bound to a certificate', () => {
  const read = (accessToken: string) =>
    readTokenAnswer(
      Response.json({ access_token: accessToken, token_type: 'Bearer' }),
      'login.example.com',
      () => undefined,
      { serverTime: 0, binds: undefined, boundTo: 'own' },
    );
  const jwt = (claims: object): string =>
    ['{"alg":"none"}', JSON.stringify(claims), '']
      .map(part => Buffer.from(part).toString('base64url'))
      .join('.');

  for (const [what, claims] of [
    ['another certificate', { cnf: { 'x5t#S256': 'another' } }],
    ['a key', { cnf: { jkt: 'own' } }],
    ['nothing that can be read', { cnf: 'own' }],
    ['nothing', {}],
  ] as const)
    it(`must not be bound to ${what}`, async () => {
      await assert.rejects(read(jwt(claims)), failsWith('token-uncertified', /isn’t bound/));
    });

  it('is taken if it is bound to it, or can’t be read', async () => {
    await read(jwt({ cnf: { 'x5t#S256': 'own' } }));
    for (const opaque of ['opaque', 'not.json.here']) await read(opaque);
  });
});

describe('tokens bound to a certificate of a client that authenticates with a key (RFC 8705 section 3)', () => {
  const made = trustedCertificates();
  let key: ClientKey;
  before(async () => {
    key = await generateClientKey();
  });

  for (const aliases of [false, true]) {
    describe(aliases ? 'at endpoints of their own (section 5)' : 'at the endpoints of everybody', () => {
      let server: IdentityProvider;
      before(async () => {
        const editor = {
          application_type: 'native' as const,
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials', deviceCodeGrant],
          response_types: ['code' as const],
          redirect_uris: [`${editorRedirectUri}/callback`, loopbackRedirectUri],
        };
        const keyed = {
          ...editor,
          token_endpoint_auth_method: 'private_key_jwt' as const,
          jwks: publicKeySet(key) as { keys: never[] },
        };
        server = await startIdentityProvider({
          tls: { own: made.own, authority: made.authority.certificate, aliases },
          clients: [
            { ...keyed, client_id: 'keyed', tls_client_certificate_bound_access_tokens: true },
            { ...keyed, client_id: 'unbound' },
            {
              ...editor,
              client_id: 'secret',
              client_secret: 'right',
              token_endpoint_auth_method: 'client_secret_post',
              tls_client_certificate_bound_access_tokens: true,
            },
            {
              ...editor,
              client_id: 'public',
              token_endpoint_auth_method: 'none',
              grant_types: ['authorization_code', 'refresh_token'],
              tls_client_certificate_bound_access_tokens: true,
            },
          ],
        });
      });
      beforeEach(() => {
        server.settings.accessTokens = 'opaque';
      });
      after(() => server.close());

      /** An editor whose person enters these, each when it is asked for. */
      const tryWith = (certificate: TestCertificate, asked: string[] = []): SignInTrial =>
        signInTrial({
          clientSecret(kind) {
            asked.push(kind);
            return Promise.resolve(kind === 'key' ? { kind, key } : credential(certificate));
          },
        });
      const provider = (trial: SignInTrial, more: Partial<ProviderDefinition> = {}): Provider =>
        trial.provider({
          issuer: server.issuer,
          clientId: 'keyed',
          clientAuthentication: 'private_key_jwt',
          certificateBoundTokens: true,
          allowLoopbackHttp: false,
          redirect: { path: '/callback' },
          scopes: ['openid', 'offline_access'],
          ...more,
        });
      const connectionOf = async (trial: SignInTrial, settings: Provider, grant: Grant) =>
        connect(
          trial.context.httpContext,
          await clientOfGrant(settings, grant, trial.context),
          consentTo(settings.issuer),
        );

      it('sign a person in, and are refreshed, used, introspected, and revoked', async () => {
        const asked: string[] = [];
        const trial = tryWith(made.robot, asked);
        const settings = provider(trial);
        const grant = await trial.signIn(settings);
        assert.deepEqual(asked, ['key', 'certificate']);
        assert.equal(grant.binding.certificate, thumbprintOf(made.robot));
        const [stored] = [...trial.storage.values.values()].map(text => JSON.parse(text) as object);
        assert.ok(stored && 'key' in stored && 'certificate' in stored);
        const tokens = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
        const connection = await connectionOf(trial, settings, grant);
        const seen = await introspectToken(connection, tokens.accessToken, grant.account.id);
        assert.deepEqual(seen?.claims['cnf'], { 'x5t#S256': thumbprintOf(made.robot) });
        const about = await requestUserInfo(connection, tokens.accessToken, grant.account.id);
        assert.equal(about?.['sub'], grant.account.id);
        assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
        const { sendings } = trial.context.httpContext;
        const certified = [...sendings.take(grant.id, grant.binding.issuer)].filter(({ kinds }) =>
          kinds.includes('client-certificate'),
        );
        const host = new URL(server.aliasOrigin ?? server.issuer).host;
        assert.deepEqual(new Set(certified.map(each => each.host)), new Set([host]));
        for (const purpose of [
          'authorization_code',
          'refresh_token',
          'introspection',
          'revocation',
          'userinfo',
        ])
          assert.ok(
            certified.some(each => each.purpose === purpose),
            purpose,
          );
        const assertions = [...certified].filter(({ kinds }) => kinds.includes('client-assertion'));
        assert.ok(assertions.some(each => each.purpose === 'refresh_token'));
      });

      it('are not given to a key that is refused, which is kept to be registered, with the certificate', async () => {
        const another = await generateClientKey();
        const asked: string[] = [];
        const trial = signInTrial({
          clientSecret(kind) {
            asked.push(kind);
            return Promise.resolve(kind === 'key' ? { kind, key: another } : credential(made.robot));
          },
        });
        const settings = provider(trial);
        await assert.rejects(
          trial.signIn(settings),
          failsWith('client-key-refused', /register its public key/),
        );
        const { clientSecrets } = trial.context;
        assert.deepEqual(await clientSecrets.publicKeys(settings), publicKeySet(another));
        await clientSecrets.replace(settings, { kind: 'key', key });
        await trial.signIn(settings);
        assert.deepEqual(asked, ['key', 'certificate']);
      });

      it('are given after a refused secret was entered again, and the certificate was kept', async () => {
        const asked: string[] = [];
        const trial = signInTrial({
          clientSecret(kind) {
            asked.push(kind);
            const isFirst = asked.length === 1;
            return Promise.resolve(
              kind === 'secret' ? given(isFirst ? 'wrong' : 'right') : credential(made.robot),
            );
          },
        });
        const settings = provider(trial, { clientId: 'secret', clientAuthentication: 'client_secret_post' });
        await assert.rejects(trial.signIn(settings), failsWith('client-refused', /./));
        await trial.signIn(settings);
        assert.deepEqual(asked, ['secret', 'certificate', 'secret']);
      });

      it('are good for nobody with another certificate or none', async () => {
        const trial = tryWith(made.robot);
        const settings = provider(trial);
        const grant = await trial.signIn(settings);
        await trial.context.clientSecrets.replace(
          settings,
          credential(await made.authority.issue('another')),
        );
        const other = await connectionOf(trial, settings, grant);
        await assert.rejects(
          requestUserInfo(other, grant.tokens.accessToken, grant.account.id),
          failsWith('request-refused', /invalid_token/),
        );
        const unbound = { ...settings, certificateBoundTokens: false };
        const without = await connectionOf(trial, unbound, grant);
        await assert.rejects(
          requestUserInfo(without, grant.tokens.accessToken, grant.account.id),
          failsWith('request-refused', /invalid_token/),
        );
        // The key was left alone.
        await refreshGrant(trial.context, settings, grant, () => undefined);
      });

      it('are bound to the client’s next certificate by a refresh', async () => {
        const trial = tryWith(made.robot);
        server.settings.accessTokens = 'jwt';
        const settings = provider(trial);
        const grant = await trial.signIn(settings);
        assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { 'x5t#S256': thumbprintOf(made.robot) });
        const next = await made.authority.issue('robot');
        await trial.context.clientSecrets.replace(settings, credential(next));
        const { judge } = await refreshGrant(trial.context, settings, grant, () => undefined);
        assert.deepEqual(claimsOf((await judge()).accessToken)['cnf'], { 'x5t#S256': thumbprintOf(next) });
      });

      it('that are not bound although they must be are refused, and given back', async () => {
        server.settings.accessTokens = 'jwt';
        const trial = tryWith(made.robot);
        const before = server.requestsTo(server.endpoints.revocation).length;
        const settings = provider(trial, { clientId: 'unbound' });
        await assert.rejects(
          trial.signIn(settings),
          failsWith('token-uncertified', /certificateBoundTokens/),
        );
        assert.ok(server.requestsTo(server.endpoints.revocation).length > before);
        await trial.signIn({ ...settings, certificateBoundTokens: false });
      });

      it('of a public client are not refreshed with another certificate, which is said', async () => {
        const trial = tryWith(made.robot);
        const settings = provider(trial, { clientId: 'public', clientAuthentication: 'none' });
        const parsed = parseGrant(serialiseGrant(await trial.signIn(settings)));
        assert.ok(parsed.kind === 'grant');
        const { grant } = parsed;
        await trial.context.clientSecrets.replace(
          settings,
          credential(await made.authority.issue('another')),
        );
        await assert.rejects(
          refreshGrant(trial.context, settings, grant, () => undefined),
          failsWith('certificate-mismatch', /bound to another one \(invalid_grant\).*Sign in again/),
        );
        await trial.context.clientSecrets.replace(settings, credential(made.robot));
        await refreshGrant(trial.context, settings, grant, () => undefined);
        await assert.rejects(
          refreshGrant(trial.context, settings, grant, () => undefined),
          failsWith('grant-refused', /./),
          'spent, with the right certificate',
        );
      });
    });
  }
});
