import assert from 'node:assert/strict';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { createState } from '../../../src/protocol/grants/authorizationRequest.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { endSession } from '../../../src/signIn/after/endSession.ts';
import type { Departure } from '../../servers/hostile/departure.ts';
import { json, redirectTo, resetBefore, text } from '../../servers/hostile/replies.ts';
import { editorRedirectUri } from '../../protocol/signingIn.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { conforms } from '../table.ts';
import { assertFailure, failureOf, signIn, visit, withTrial, type Trial } from '../trial.ts';

const path = '/signed-out';

/**
 * Signs in, then ends the session in the browser.
 *
 * @param delivered is told what became of what came back.
 * @param taken what a way back that does not look at `state` would have taken.
 */
async function logOut(trial: Trial, delivered: boolean[], taken?: URLSearchParams): Promise<string> {
  const provider: Provider = trial.provider({ issuer: trial.server.issuer });
  const grant = await trial.signIn(provider);
  const policy = { allowLoopbackHttp: provider.allowLoopbackHttp };
  const client = {
    issuer: provider.issuer,
    id: 'editor',
    authentication: { method: 'none' },
    policy,
  } as const;
  const connection = await connect(trial.context.httpContext, client, consentTo(client.issuer));
  const state = createState();
  const { response, drop } = trial.pending.expect(state, path);
  return endSession({
    connection,
    idToken: grant.tokens.idToken,
    redirect: {
      redirectUri: `${editorRedirectUri}${path}`,
      state,
      response: taken ? Promise.resolve(taken) : response,
      close: drop,
    },
    timeout: 60,
    signal: new AbortController().signal,
    async openBrowser(address) {
      const end = await visit(address.reveal());
      const [at = ''] = end.href.slice(editorRedirectUri.length).split('?');
      delivered.push(trial.pending.deliver(at, end.searchParams));
      return true;
    },
  });
}

const answering = (state: string | undefined): Departure => ({
  replies: {
    endSession: (_, { parameters }) => {
      const target = parameters.get('post_logout_redirect_uri') ?? '';
      return redirectTo(state === undefined ? target : `${target}?state=${state}`);
    },
  },
});

describe('signing out', () => {
  conforms('oidcc-client-test-rp-init-logout', '', () =>
    withTrial({}, async trial => {
      const delivered: boolean[] = [];
      assert.equal(await logOut(trial, delivered), 'ended');
      const [request] = trial.server.requestsTo('endSession');
      assert.ok(request?.query['id_token_hint']);
      assert.equal(request?.query['client_id'], 'editor');
      assert.deepEqual(delivered, [true]);
      return 'session ended';
    }),
  );

  conforms('oidcc-client-test-rp-init-logout', 'at a server that cannot', () =>
    withTrial({ metadata: ({ end_session_endpoint: _, ...rest }) => rest }, async trial => {
      assert.equal(await logOut(trial, []), 'unsupported');
      return 'said that it is not possible';
    }),
  );

  for (const [row, state] of [
    ['oidcc-client-test-rp-init-logout-other-state', 'x'.repeat(43)],
    ['oidcc-client-test-rp-init-logout-no-state', undefined],
  ] as const) {
    conforms(row, '', () => {
      const clock = manualClock();
      const delivered: boolean[] = [];
      return withTrial(
        answering(state),
        async trial => {
          const failing = failureOf(trial, logOut(trial, delivered));
          while (delivered.length === 0) await settled();
          await clock.advance(60_000);
          const got = assertFailure(await failing, 'logout-unconfirmed', /didn’t confirm/);
          assert.deepEqual(delivered, [false]);
          assert.equal(clock.pending, 0, 'no timer is left');
          return got;
        },
        { clock },
      );
    });
  }

  for (const [row, taken] of [
    ['oidcc-client-test-rp-init-logout-other-state', { state: 'x'.repeat(43) }],
    ['oidcc-client-test-rp-init-logout-no-state', {}],
  ] as const) {
    conforms(row, 'by a way back that has let it through', () =>
      withTrial({}, async trial => {
        const failure = await failureOf(trial, logOut(trial, [], new URLSearchParams(taken)));
        return assertFailure(failure, 'logout-unconfirmed', /didn’t confirm/);
      }),
    );
  }

  for (const [variant, reply, code] of [
    ['503', json({}, 503), 'server-failed'],
    ['connection reset', resetBefore, 'unreachable'],
    ['a bare 401', text('', 'text/plain', 401), 'grant-refused'],
    ['a redirect', redirectTo('https://evil.example'), 'redirected'],
  ] as const) {
    conforms('oidcc-client-test-rp-init-logout', `revocation: ${variant}`, () =>
      withTrial({ replies: { revoke: () => reply } }, async trial => {
        const provider = trial.provider({ issuer: trial.server.issuer });
        const grant = await signIn(trial);
        const failure = await failureOf(trial, revokeGrant(trial.context, provider, grant));
        return assertFailure(failure, code, /./);
      }),
    );
  }
});
