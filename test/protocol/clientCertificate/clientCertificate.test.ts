import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { environment } from '../../../src/environment.ts';
import { systemClock, type Clock } from '../../../src/platform/clock.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { introspectToken } from '../../../src/protocol/tokens/introspection.ts';
import { mutualTls } from '../../../src/protocol/client/mutualTls.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import type { Provider, ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import { clientOfGrant } from '../../../src/signIn/client/client.ts';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { type TestCertificate } from '../../servers/certificates.ts';
import { deviceCodeGrant, loopbackRedirectUri } from '../../servers/identityProvider/clients.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { approveDevice } from '../../servers/identityProvider/person.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingScreen } from '../methods/deviceScreen.ts';
import { editorRedirectUri, signInTrial, until, type SignInTrial } from '../signingIn.ts';
import { credential, entered, failsWith, trustedCertificates } from './trustedCertificates.ts';

const methods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

describe('client certificates (RFC 8705)', () => {
  const made = trustedCertificates();

  const certificateOf = (method: (typeof methods)[number]): TestCertificate =>
    method === 'tls_client_auth' ? made.robot : made.alone;

  for (const aliases of [false, true]) {
    describe(aliases ? 'at endpoints of their made.own (section 5)' : 'at the endpoints of everybody', () => {
      let server: IdentityProvider;
      before(async () => {
        const client = {
          token_endpoint_auth_method: 'tls_client_auth' as const,
          application_type: 'native' as const,
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials', deviceCodeGrant],
          response_types: ['code' as const],
          redirect_uris: [`${editorRedirectUri}/callback`, loopbackRedirectUri],
          tls_client_auth_san_dns: 'robot.example.com',
        };
        const { tls_client_auth_san_dns: _, ...registered } = client;
        server = await startIdentityProvider({
          accessTokens: 'opaque',
          tls: { own: made.own, authority: made.authority.certificate, aliases },
          clients: [
            { ...client, client_id: 'tls_client_auth' },
            { ...client, client_id: 'bound', tls_client_certificate_bound_access_tokens: true },
            {
              ...registered,
              client_id: 'self_signed_tls_client_auth',
              token_endpoint_auth_method: 'self_signed_tls_client_auth',
              jwks: mutualTls.publicKeys(entered(made.alone)),
            },
          ],
        });
      });
      after(() => server.close());

      const tryWith = (certificate: TestCertificate, clock?: Clock): SignInTrial =>
        signInTrial({
          clientSecret: () => Promise.resolve(credential(certificate)),
          ...(clock && { clock }),
        });
      const provider = (
        trial: SignInTrial,
        clientAuthentication: (typeof methods)[number],
        more: Partial<ProviderDefinition> = {},
      ): Provider =>
        trial.provider({
          issuer: server.issuer,
          clientId: clientAuthentication,
          clientAuthentication,
          allowLoopbackHttp: false,
          redirect: { path: '/callback' },
          ...more,
        });

      for (const method of methods) {
        it(`sign a person in by ${method}, pushed, refreshed, introspected and revoked`, async () => {
          const sent = server.requests.length;
          const trial = tryWith(certificateOf(method));
          const settings = provider(trial, method);
          const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
          assert.equal(grant.account.label, 'alice');
          const { origin } = new URL(grant.binding.tokenEndpoint);
          assert.equal(origin, server.aliasOrigin ?? server.issuer);
          const tokens = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
          const client = await clientOfGrant(settings, grant, trial.context);
          const connection = await connect(trial.context.httpContext, client, consentTo(client.issuer));
          const seen = await introspectToken(connection, tokens.accessToken, grant.account.id);
          assert.equal(seen?.claims['client_id'], method);
          const about = await requestUserInfo(connection, tokens.accessToken, grant.account.id);
          assert.equal(about?.['sub'], grant.account.id);
          assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
          const requests = server.requests.slice(sent).filter(({ status = 0 }) => status < 300);
          const paths = new Set(requests.map(({ path }) => path));
          const { pushedAuthorizationRequest, token, introspection, revocation, userinfo } = server.endpoints;
          for (const path of [pushedAuthorizationRequest, token, introspection, revocation, userinfo]) {
            assert.ok(paths.has(path), path);
          }
          const { sendings } = trial.context.httpContext;
          const certified = [...sendings.take(grant.id, grant.binding.issuer)]
            .filter(({ kinds }) => kinds.includes('client-certificate'))
            .map(({ host, purpose }) => `${host} ${purpose}`);
          for (const purpose of [
            'refresh_token',
            'authorization_code',
            'introspection',
            'revocation',
            'userinfo',
          ])
            assert.ok(
              certified.includes(`${new URL(origin).host} ${purpose}`),
              `${purpose}: ${certified.join()}`,
            );
          const { privateKey } = certificateOf(method);
          const stored = [...trial.storage.values.values()].join();
          assert.ok(stored.includes(JSON.stringify(privateKey).slice(1, -1)), 'kept in the secret storage');
          assert.ok(!trial.log.text().includes(privateKey.split('\n')[1] ?? ''));
        });
      }

      it('sign the client in by itself, and a device', async () => {
        const trial = tryWith(made.robot);
        const grant = await trial.signIn(
          provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' }),
          { scopes: [] },
        );
        assert.equal(grant.account.label, 'service: tls_client_auth');
        const clock = manualClock();
        const screen = recordingScreen();
        const device = signInTrial({
          clientSecret: () => Promise.resolve(credential(made.robot)),
          device: screen,
          clock,
        });
        const signingIn = device.signIn(provider(device, 'tls_client_auth', { signInMethod: 'device-code' }));
        await until(() => screen.codes.length > 0 && clock.pending > 0);
        const [code] = screen.codes;
        assert.ok(code);
        await approveDevice(code.verificationUri, code.userCode, people.alice);
        await clock.advance(5000);
        assert.equal((await signingIn).account.label, 'alice');
      });

      it('may bind the tokens, which are taken all the same', async () => {
        const trial = tryWith(made.robot);
        const settings = provider(trial, 'tls_client_auth', { clientId: 'bound' });
        const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
        await refreshGrant(trial.context, settings, grant, () => undefined);
        const client = await clientOfGrant(settings, grant, trial.context);
        const connection = await connect(trial.context.httpContext, client, consentTo(client.issuer));
        const seen = await introspectToken(connection, grant.tokens.accessToken, undefined);
        const { cnf } = seen?.claims as { cnf?: object };
        assert.deepEqual(Object.keys(cnf ?? {}), ['x5t#S256']);
        assert.equal(decodeJwt(grant.tokens.idToken?.reveal() ?? '').sub, grant.account.id);
      });

      it('of somebody else are refused by the server, and asked for again', async () => {
        const given = [await made.authority.issue('another'), made.robot];
        const trial = signInTrial({
          clientSecret: () => Promise.resolve(credential(given.shift() ?? made.robot)),
        });
        const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
        await assert.rejects(
          trial.signIn(settings, { scopes: [] }),
          failsWith('client-refused', /invalid_client/),
        );
        await trial.signIn(settings, { scopes: [] });
        assert.deepEqual(given, []);
      });

      for (const [what, certificate] of [
        ['from an made.authority that the server does not know', () => made.stranger.issue('robot')],
        ['that is self-signed where one must be issued', () => Promise.resolve(made.alone)],
      ] as const) {
        it(`${what} are refused`, async () => {
          const trial = tryWith(await certificate());
          const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
          await assert.rejects(
            trial.signIn(settings, { scopes: [] }),
            failsWith('client-refused', /invalid_client/),
          );
        });
      }

      for (const [what, options, said] of [
        ['ended', { from: -3, until: -2 }, /it expired on \d{4}-\d\d-\d\d\. Get another one/],
        ['not begun', { from: 2, until: 3 }, /it isn’t valid until \d{4}-\d\d-\d\d\. Get another one/],
      ] as const) {
        it(`that have ${what} are not sent`, async () => {
          const trial = tryWith(await made.authority.issue('robot', options));
          const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
          const before = server.requestsTo(server.endpoints.token).length;
          await assert.rejects(
            trial.signIn(settings, { scopes: [] }),
            failsWith('certificate-unusable', said),
          );
          assert.equal(server.requestsTo(server.endpoints.token).length, before);
        });
      }

      it('that end later keep the grant, which waits for another one', async () => {
        const trial = tryWith(made.robot);
        const settings = provider(trial, 'tls_client_auth');
        const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
        const later: Clock = { ...systemClock, now: () => Date.now() + 3 * 86_400_000 };
        const httpContext = createHttpContext({
          fetch,
          clock: later,
          log: trial.log,
          mutualTls: environment.mutualTls,
        });
        await assert.rejects(
          refreshGrant({ ...trial.context, httpContext }, settings, grant, () => undefined),
          (error: unknown) =>
            error instanceof Failure && error.code === 'certificate-unusable' && error.passing,
        );
        await refreshGrant(trial.context, settings, grant, () => undefined);
      });

      it('cannot be shown by an editor inside the browser, which says so before a browser opens', async () => {
        const trial = signInTrial({
          environment: { mutualTls: undefined },
          surroundings: { ui: 'web', runsIn: 'web-worker', remoteName: undefined, uriScheme: 'vscode' },
        });
        const settings = provider(trial, 'tls_client_auth', { acceptsChangingRedirectUri: true });
        await assert.rejects(
          trial.signIn(settings),
          failsWith(
            'no-way',
            /can’t use the configured client certificate.*from the desktop or with a remote/,
          ),
        );
        await assert.rejects(
          trial.context.clientSecrets.stored(settings),
          failsWith('certificate-not-here', /Sign in from a desktop editor/),
        );
        assert.deepEqual(trial.opened, []);
      });
    });
  }

  it('are shown for the client of one issuer, and kept until they are replaced or forgotten', async () => {
    const storage = memorySecretStorage();
    const trial = signInTrial({ storage, clientSecret: () => Promise.resolve(credential(made.robot)) });
    const { clientSecrets } = trial.context;
    const settings = trial.provider({
      issuer: 'https://login.example.com',
      clientAuthentication: 'tls_client_auth',
    });
    assert.deepEqual((await clientSecrets.obtain(settings)).asked, ['certificate']);
    assert.deepEqual((await clientSecrets.obtain(settings)).asked, []);
    assert.equal((await clientSecrets.stored(settings)).method, 'tls_client_auth');
    for (const changed of [{ issuer: 'https://other.example.com' }, { clientId: 'other' }]) {
      await assert.rejects(
        clientSecrets.stored({ ...settings, ...changed }),
        failsWith('client-secret-missing', /certificate .*isn’t stored on this computer/),
      );
    }
    await assert.rejects(
      clientSecrets.stored({ ...settings, clientAuthentication: 'private_key_jwt' }),
      failsWith('client-secret-missing', /isn’t stored/),
    );
    await clientSecrets.replace(settings, credential(made.alone));
    const { keys } = (await clientSecrets.publicKeys(settings)) as { keys: Record<string, unknown>[] };
    assert.deepEqual(keys, mutualTls.publicKeys(entered(made.alone)).keys);
    assert.equal(keys[0]?.['d'], undefined);
    await clientSecrets.forget(settings);
    await assert.rejects(clientSecrets.stored(settings), failsWith('client-secret-missing', /isn’t stored/));
  });
});
