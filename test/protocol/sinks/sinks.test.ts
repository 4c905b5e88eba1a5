import assert from 'node:assert/strict';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';
import { belongsTo } from '../../../src/providers/entries/origin.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../../src/signIn/client/grantConnection.ts';
import { clientOfGrant } from '../../../src/signIn/client/client.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { startStranger, type Stranger } from '../../servers/stranger.ts';
import { blank } from '../../../src/sessions/grant/memory.ts';
import { rowsOf } from '../../../src/ui/signInsView/rows.ts';
import { operations, type Operation } from '../afterSignIn/operations.ts';
import { signInTrial, type SignInTrial } from '../signingIn.ts';

describe('a server that names another address than when the person signed in', () => {
  let server: IdentityProvider;
  let evil: Stranger;
  let grant: Grant;

  const settings = () => ({
    issuer: server.issuer,
    claimSources: ['userinfo' as const, 'introspection' as const],
  });

  before(async () => {
    server = await startIdentityProvider();
    evil = await startStranger();
  });
  beforeEach(async () => {
    evil.requests.splice(0);
    const trial = signInTrial();
    grant = await trial.signIn(trial.provider(settings()));
  });
  after(async () => {
    await evil.close();
    await server.close();
  });

  /** A window that begins anew, whose provider names the attacker's address for one endpoint. */
  const attacked = (endpoint: string): SignInTrial =>
    signInTrial({
      async fetch(address, init) {
        const response = await fetch(address, init);
        if (!response.url.includes('/.well-known/')) return response;
        const document = { ...((await response.json()) as object), [endpoint]: `${evil.origin}/${endpoint}` };
        return Response.json(document);
      },
    });

  for (const endpoint of secretEndpoints) {
    for (const [what, operate] of Object.entries<Operation>(operations)) {
      it(`gets nothing at its ${endpoint}: ${what}`, async () => {
        const trial = attacked(endpoint);
        await operate(trial, grant, trial.provider(settings())).catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
        });
        assert.deepEqual(evil.requests, []);
        assert.deepEqual(
          trial.opened.filter(address => address.startsWith(evil.origin)),
          [],
        );
      });
    }
  }

  for (const endpoint of secretEndpoints) {
    it(`is not known by its ${endpoint} to whoever sends for the sign-in`, async () => {
      const trial = attacked(endpoint);
      const connection = await connectFor(trial.context, trial.provider(settings()), grant);
      assert.equal(connection.metadata[endpoint], undefined);
      await assert.rejects(
        connection.http(`${evil.origin}/${endpoint}`, { method: 'POST', body: 'token=x' }),
        (error: unknown) => error instanceof Failure && error.code === 'destination-not-agreed',
      );
      assert.deepEqual(evil.requests, []);
    });
  }

  const named = ['token', 'userInfo', 'introspection', 'revocation', 'endSession'] as const;
  for (const name of named)
    for (const [what, operate] of Object.entries<Operation>(operations)) {
      it(`gets nothing of a sign-in that was stored before terms were, at endpoints.${name}: ${what}`, async () => {
        const trial = signInTrial();
        const { terms: _, endpoints: __, ...binding } = grant.binding;
        const provider = trial.provider({ ...settings(), endpoints: { [name]: `${evil.origin}/${name}` } });
        assert.ok(belongsTo({ ...grant, binding }, provider), 'nothing but the gate is in the way');
        await operate(trial, { ...grant, binding }, provider).catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
        });
        assert.deepEqual(evil.requests, []);
        assert.ok(!trial.opened.some(address => address.startsWith(evil.origin)));
      });
    }

  it('would get it, if the person had agreed to that address', async () => {
    const trial = attacked('userinfo_endpoint');
    const client = await clientOfGrant(trial.provider(settings()), grant, trial.context);
    const connection = await connect(trial.context.httpContext, client, consentTo(client.issuer));
    await assert.rejects(requestUserInfo(connection, grant.tokens.accessToken, grant.account.id));
    assert.equal(evil.requests.length, 1);
    assert.match(String(evil.requests[0]), /^GET \/userinfo_endpoint Bearer /);
  });

  it('gets nothing from a part that takes the address from elsewhere', async () => {
    const trial = signInTrial();
    const client = await clientOfGrant(trial.provider(settings()), grant, trial.context);
    const { http } = await connect(trial.context.httpContext, client, consentTo(client.issuer));
    for (const init of [{ method: 'POST', body: 'token=x' }, { headers: { authorization: 'Bearer x' } }]) {
      await assert.rejects(
        http(`${evil.origin}/token`, init),
        (error: unknown) => error instanceof Failure && error.code === 'destination-not-agreed',
      );
    }
    assert.deepEqual(evil.requests, []);
    assert.equal((await http(`${evil.origin}/keys`, {})).status, 200, 'what is public can be read anywhere');
  });

  for (const endpoint of secretEndpoints.filter(name => name !== 'token_endpoint')) {
    it(`is told of in the log and in the view: ${endpoint}`, async () => {
      const trial = attacked(endpoint);
      await refreshGrant(trial.context, trial.provider(settings()), grant, () => undefined);
      const { sendings } = trial.context.httpContext;
      const withheld = [{ endpoint, host: new URL(evil.origin).host }];
      assert.deepEqual(sendings.withheld(grant.id), withheld);
      const line = trial.log.lines.find(text => text.includes('has not agreed to')) ?? '';
      assert.ok(line.includes(endpoint) && line.includes(new URL(evil.origin).host), line);
      const provider = { ...trial.provider(settings()), terms: grant.binding.terms ?? '' };
      const now = grant.tokens.receivedAt;
      const drawn = { providers: [provider], contested: [], grants: [grant], memory: () => blank, now };
      const [row] = rowsOf({ ...drawn, withheld: sendings.withheld })[0]?.children ?? [];
      assert.match(row?.description ?? '', /names another host$/);
      assert.match(row?.tooltip ?? '', new RegExp(`${endpoint}, another host`));
      assert.doesNotMatch(rowsOf(drawn)[0]?.children[0]?.description ?? '', /another host/);
    });
  }

  for (const [what, operate] of Object.entries<Operation>(operations)) {
    it(`is in the list of where tokens went: ${what}`, async () => {
      const wire: string[] = [];
      const trial = signInTrial({
        fetch(address, init) {
          const { host, pathname } = new URL(address as string);
          const isSecret = new Headers(init?.headers).has('authorization') || init?.body !== undefined;
          if (isSecret) wire.push(`${host} ${pathname}`);
          return fetch(address, init);
        },
      });
      await operate(trial, grant, trial.provider(settings()));
      const sent = trial.context.httpContext.sendings.take(grant.id);
      assert.ok(sent.length > 0);
      assert.ok(sent.every(({ host, kinds }) => host === new URL(server.issuer).host && kinds.length > 0));
      const endpoints = new Set(wire).size + trial.opened.filter(url => url.includes('id_token_hint')).length;
      assert.equal(new Set(sent.map(({ purpose }) => purpose)).size, endpoints, JSON.stringify([wire, sent]));
      assert.deepEqual(trial.context.httpContext.sendings.take(grant.id, grant.binding.issuer), []);
    });
  }

  it('is in the list of where tokens went: sign-in', async () => {
    const trial = signInTrial();
    const { binding, id } = await trial.signIn(trial.provider(settings()));
    const sent = trial.context.httpContext.sendings.take(id, binding.issuer);
    assert.ok(sent.some(({ kinds }) => kinds.includes('code-and-verifier')));
  });

  it('may move an endpoint on its own host', async () => {
    const trial = signInTrial();
    const provider = trial.provider(settings());
    const before = { ...grant, binding: { ...grant.binding, endpoints: {}, tokenEndpoint: '' } };
    const answer = await refreshGrant(trial.context, provider, before, () => undefined);
    const tokens = await answer.judge();
    assert.notEqual(tokens.accessToken.reveal(), grant.tokens.accessToken.reveal());
  });
});
