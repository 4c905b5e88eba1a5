import assert from 'node:assert/strict';
import { revokeGrant } from '../../../../src/signIn/after/keepGrant.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../../servers/identityProvider/identityProvider.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { failsWith } from '../serviceTrials.ts';
import { signInTrial, type SignInTrial } from '../../signingIn.ts';
import { boundClient, refreshed, type Definition } from './boundSignIn.ts';

/** A request to an endpoint, as it leaves. */
interface Sent {
  readonly path: string;
  readonly grantType: string | undefined;
  readonly authorization: string | undefined;
  /** The claims of the proof in it. */
  readonly proof: Readonly<Record<string, unknown>> | undefined;
}

type Answer = (sent: Sent, pass: () => Promise<Response>) => Promise<Response>;

describe('a server that takes proofs in its own way', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider({ clients: [boundClient], accessTokens: 'opaque' });
  });
  after(() => server.close());

  /** A person's editor, and a server that answers in between as the test says. */
  function trialWith(): { trial: SignInTrial; sent: Sent[]; answer: (next: Answer) => void } {
    const sent: Sent[] = [];
    let answer: Answer = (_, pass) => pass();
    const trial = signInTrial({
      fetch(address, init) {
        const pass = () => fetch(address, init);
        const headers = new Headers(init?.headers);
        const proof = headers.get('dpop')?.split('.')[1];
        const request: Sent = {
          path: new URL(address as string).pathname,
          grantType:
            init?.body instanceof URLSearchParams ? (init.body.get('grant_type') ?? undefined) : undefined,
          authorization: headers.get('authorization')?.split(' ')[0],
          proof:
            proof === undefined
              ? undefined
              : (JSON.parse(Buffer.from(proof, 'base64url').toString()) as object as Sent['proof']),
        };
        sent.push(request);
        return answer(request, pass);
      },
    });
    return { trial, sent, answer: next => (answer = next) };
  }

  const bound = (trial: SignInTrial, more: Definition = {}): Provider =>
    trial.provider({ issuer: server.issuer, clientId: boundClient.client_id, dpop: 'required', ...more });

  let count = 0;
  const refusal = (error: string, headers: Record<string, string> = {}, words?: string): Response =>
    Response.json(
      { error, ...(words !== undefined && { error_description: words }) },
      { status: 400, headers },
    );
  const wantsNonce = (): Response => refusal('use_dpop_nonce', { 'dpop-nonce': `nonce-${++count}` });
  const isToken = ({ path }: Sent): boolean => path === server.endpoints.token;

  it('is asked twice where no nonce satisfies it, and spends nothing', async () => {
    const { trial, sent, answer } = trialWith();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    answer((request, pass) => (isToken(request) ? Promise.resolve(wantsNonce()) : pass()));
    sent.length = 0;
    let asked = 0;
    const beforeSending = (): void => void asked++;
    await assert.rejects(
      refreshed(trial, provider, grant, beforeSending),
      failsWith('proof-refused', /use_dpop_nonce/),
    );
    const proofs = sent.filter(isToken).map(({ proof }) => proof);
    assert.equal(proofs[1]?.['nonce'], `nonce-${count - 1}`);
    assert.equal(new Set(proofs.map(proof => proof?.['jti'])).size, 2, 'each proof is a new one');
    assert.equal(asked, 2, 'each request is asked for');
    answer((_, pass) => pass());
    await refreshed(trial, provider, grant);
  });

  it('is asked once if it names no nonce', async () => {
    const { trial, sent, answer } = trialWith();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    answer((request, pass) => (isToken(request) ? Promise.resolve(refusal('use_dpop_nonce')) : pass()));
    sent.length = 0;
    await assert.rejects(refreshed(trial, provider, grant), failsWith('proof-refused'));
    assert.equal(sent.filter(isToken).length, 1);
  });

  for (const [endpoint, path] of [
    ['pushed request', '/par'],
    ['code exchange', '/token'],
  ] as const)
    it(`is asked twice in a ${endpoint} at most`, async () => {
      const { trial, sent, answer } = trialWith();
      answer((request, pass) => (request.path === path ? Promise.resolve(wantsNonce()) : pass()));
      await assert.rejects(trial.signIn(bound(trial)), failsWith('proof-refused'));
      assert.equal(sent.filter(request => request.path === path).length, 2);
    });

  it('may demand a proof with a nonce to revoke tokens', async () => {
    const { trial, sent, answer } = trialWith();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    const isRevocation = ({ path }: Sent): boolean => path === server.endpoints.revocation;
    answer((request, pass) => {
      if (!isRevocation(request)) return pass();
      if (request.proof === undefined)
        return Promise.resolve(refusal('invalid_request', {}, 'DPoP proof is missing'));
      const nonce = { 'dpop-nonce': 'n-2' };
      return request.proof['nonce'] === 'n-2' ? pass() : Promise.resolve(refusal('use_dpop_nonce', nonce));
    });
    sent.length = 0;
    assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
    const proofs = sent.filter(isRevocation).map(({ proof }) => proof);
    assert.deepEqual(
      proofs.map(proof => [proof?.['htm'], String(proof?.['htu']).endsWith(server.endpoints.revocation)]),
      proofs.map(() => ['POST', true]),
    );
    assert.equal(proofs.filter(proof => proof?.['nonce'] !== 'n-2').length, 1);
  });

  for (const [which, refusesAll] of [
    ['access token, which ends with the refresh token', false],
    ['refresh token, which is said', true],
  ] as const)
    it(`may refuse the proof for the ${which}`, async () => {
      const { trial, answer } = trialWith();
      const provider = bound(trial, { scopes: ['openid', 'offline_access'] });
      const grant = await trial.signIn(provider);
      let count = 0;
      answer((request, pass) => {
        if (request.path !== server.endpoints.revocation) return pass();
        count++;
        return count === 1 && !refusesAll ? pass() : Promise.resolve(refusal('invalid_dpop_proof'));
      });
      const revoking = revokeGrant(trial.context, provider, grant);
      if (refusesAll) await assert.rejects(revoking, failsWith('proof-refused'));
      else assert.equal(await revoking, 'revoked');
    });

  it('may demand a nonce for UserInfo in a challenge', async () => {
    const { trial, sent, answer } = trialWith();
    const challenge = {
      'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"',
      'dpop-nonce': 'n-1',
    };
    answer(async (request, pass) => {
      if (request.path !== server.endpoints.userinfo) return pass();
      if (request.proof?.['nonce'] !== 'n-1') return new Response(null, { status: 401, headers: challenge });
      return Response.json({ sub: people.alice.sub, email: people.alice.email });
    });
    const grant = await trial.signIn(
      bound(trial, { claimSources: ['userinfo'], scopes: ['openid', 'email'] }),
    );
    const asked = sent.filter(({ path }) => path === server.endpoints.userinfo);
    assert.deepEqual(
      asked.map(({ authorization, proof }) => [
        authorization,
        proof?.['nonce'] === 'n-1',
        typeof proof?.['ath'],
      ]),
      [
        ['DPoP', false, 'string'],
        ['DPoP', true, 'string'],
      ],
    );
    assert.equal(grant.claims['email'], people.alice.email);
  });

  it('is asked once more by its own clock where ours is wrong', async () => {
    const { trial, sent, answer } = trialWith();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    const ahead = 600;
    const date = { date: new Date(Date.now() + ahead * 1000).toUTCString() };
    const isStale = ({ proof }: Sent): boolean => Number(proof?.['iat']) < Date.now() / 1000 + ahead - 30;
    answer((request, pass) => {
      if (!isToken(request)) return pass();
      if (isStale(request))
        return Promise.resolve(refusal('invalid_request', date, 'DPoP proof is not active'));
      return Promise.resolve(refusal('invalid_grant', date));
    });
    sent.length = 0;
    await assert.rejects(refreshed(trial, provider, grant), failsWith('grant-refused'));
    await assert.rejects(refreshed(trial, provider, grant), failsWith('grant-refused'));
    assert.deepEqual(sent.filter(isToken).map(isStale), [true, false, false]);
  });

  it('that refuses a proof for good is not asked again and again', async () => {
    const { trial, sent, answer } = trialWith();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    for (const headers of [{}, { date: new Date().toUTCString() }]) {
      answer((request, pass) =>
        isToken(request) ? Promise.resolve(refusal('invalid_dpop_proof', headers, 'no')) : pass(),
      );
      sent.length = 0;
      await assert.rejects(refreshed(trial, provider, grant), failsWith('proof-refused', /“no”/));
      assert.equal(sent.filter(isToken).length, 1);
    }
  });

  const typed =
    (type: unknown): Answer =>
    async (request, pass) => {
      const answer = await pass();
      if (!isToken(request) || !answer.ok) return answer;
      return Response.json({ ...((await answer.json()) as object), token_type: type });
    };

  it('whose token is not bound although it must be is refused, and gets its tokens back', async () => {
    const { trial, sent, answer } = trialWith();
    answer(typed('Bearer'));
    await assert.rejects(trial.signIn(bound(trial)), failsWith('token-unbound'));
    assert.ok(sent.some(({ path }) => path === server.endpoints.revocation));
    await assert.rejects(
      trial.signIn(bound(trial, { answers: { assumeBearer: true } })),
      failsWith('token-unbound'),
    );
  });

  it('whose access token is bound although only the refresh token may be is refused, with what helps', async () => {
    const { trial } = trialWith();
    for (const answers of [undefined, { assumeBearer: true }]) {
      const provider = bound(trial, { dpop: 'refresh-token', answers });
      await assert.rejects(trial.signIn(provider), (error: unknown) => {
        failsWith('token-bound', /"dpop" to "required"/)(error);
        assert.equal((error as { button?: unknown }).button, 'dpop');
        return true;
      });
    }
  });

  it('that answers with a bound token to a request without a key is refused', async () => {
    const { trial, answer } = trialWith();
    answer(typed('DPoP'));
    const provider = bound(trial, { clientId: 'editor', dpop: undefined });
    await assert.rejects(trial.signIn(provider), failsWith('response-invalid', /isn’t Bearer/));
  });

  it('that binds only the refresh token gets the access token as Bearer, with a proof beside it', async () => {
    const { trial, sent, answer } = trialWith();
    answer(async (request, pass) => {
      if (request.path !== server.endpoints.userinfo) return typed('Bearer')(request, pass);
      return Response.json({ sub: people.alice.sub, email: people.alice.email });
    });
    const provider = bound(trial, {
      dpop: 'refresh-token',
      claimSources: ['userinfo'],
      scopes: ['openid', 'email', 'offline_access'],
    });
    const grant = await trial.signIn(provider);
    assert.equal(grant.proofKey?.binds, 'refresh-token');
    assert.equal(grant.claims['email'], people.alice.email);
    const [asked] = sent.filter(({ path }) => path === server.endpoints.userinfo);
    assert.deepEqual([asked?.authorization, typeof asked?.proof?.['ath']], ['Bearer', 'string']);
    sent.length = 0;
    await refreshed(trial, provider, grant);
    assert.ok(sent.filter(isToken).every(({ proof }) => proof !== undefined));
  });

  it('refuses a request without a proof in words that offer the setting', async () => {
    const refusals: [string, string | undefined][] = [
      ['invalid_dpop_proof', undefined],
      ['use_dpop_nonce', undefined],
      ['invalid_request', 'DPoP proof is missing'],
      ['invalid_request', 'DPoP proof is required'],
    ];
    for (const [error, words] of refusals) {
      for (const path of ['/par', '/token']) {
        const { trial, answer } = trialWith();
        answer((request, pass) =>
          request.path === path ? Promise.resolve(refusal(error, {}, words)) : pass(),
        );
        const provider = bound(trial, { clientId: 'editor', dpop: undefined });
        await assert.rejects(trial.signIn(provider), (failure: unknown) => {
          failsWith('proof-demanded')(failure);
          assert.equal((failure as { button?: unknown }).button, 'dpop');
          return true;
        });
      }
    }
  });

  it('sends no proof and makes no key where the setting is absent', async () => {
    const { trial, sent } = trialWith();
    const grant = await trial.signIn(bound(trial, { clientId: 'editor', dpop: undefined }));
    assert.ok(sent.every(({ proof }) => proof === undefined));
    assert.equal(grant.proofKey, undefined);
    assert.ok(!trial.opened.some(url => url.includes('dpop_jkt')));
  });
});
