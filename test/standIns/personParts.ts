import assert from 'node:assert/strict';
import { consentTo } from '../../src/protocol/client/consent.ts';
import { createHttpContext } from '../../src/protocol/server/httpContext.ts';
import type { Accounts } from '../../src/sessions/accounts.ts';
import { createClientSecrets } from '../../src/signIn/client/clientSecrets.ts';
import { createRegistrations } from '../../src/signIn/client/registrations.ts';
import { createPendingResponses } from '../../src/signIn/redirect/pendingResponses.ts';
import type { SignInParts } from '../../src/ui/signIn/signInAndKeep.ts';
import type { SignOutParts } from '../../src/ui/signIn/signOut.ts';
import { manualClock } from './manualClock.ts';
import { memoryConcessions } from './memoryConcessions.ts';
import { memorySecretStorage } from './memorySecretStorage.ts';
import { recordingLog } from './recordingLog.ts';

type Parts = SignInParts & SignOutParts & { readonly accounts: Accounts };

/** What signing in and out takes. Nobody signs in, nothing is asked, and no server is there, unless the test says so. */
export function personParts(given: Pick<Parts, 'accounts' | 'providers'> & Partial<Parts>): Parts {
  const log = given.log ?? recordingLog();
  const storage = memorySecretStorage();
  const concessions = memoryConcessions();
  const nobody = () => assert.fail('nobody is asked');
  const httpContext =
    given.httpContext ??
    createHttpContext({ fetch: () => assert.fail('no server'), clock: manualClock(), log });
  return {
    log,
    httpContext,
    concessions,
    registrations: createRegistrations({
      storage,
      httpContext,
      concessions,
      sharesStorage: true,
      askInitialAccessToken: nobody,
    }),
    clientSecrets: createClientSecrets({ storage, ask: nobody }),
    pending: createPendingResponses(),
    extensionId: 'vscode-oidc.oidc-authentication',
    dependentsOf: () => Promise.resolve([]),
    record: () => undefined,
    sharing: { signOuts: { keep: () => Promise.resolve(false), forget: () => Promise.resolve() } },
    repeating: { warn: () => Promise.resolve(undefined), isSilenced: () => false, silence: () => undefined },
    readSettings: () => Promise.resolve(),
    showLog: () => undefined,
    trust: {
      isAgreed: () => true,
      check: ({ issuer }) => Promise.resolve(consentTo(issuer)),
      accept: ({ issuer }) => Promise.resolve(consentTo(issuer)),
      forget: () => undefined,
    },
    newProviders: {
      ask: nobody,
      succeeded: () => Promise.resolve(),
      failed: () => false,
      cancelled: () => undefined,
    },
    signIns: quietSignIns(nobody),
    ...given,
  };
}

/** Sign-ins that are `run` at once. */
export const quietSignIns = (run: SignInParts['signIns']['run']): SignInParts['signIns'] => ({
  run,
  latestPlan: () => undefined,
  plan: () => assert.fail('nobody asks how it would go'),
  running: new Map(),
  dispose: () => undefined,
});
