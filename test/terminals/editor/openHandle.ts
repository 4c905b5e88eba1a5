import assert from 'node:assert/strict';
import type { Handle } from '../../../terminals/src/agent/connections.ts';
import type { FindPeer } from '../../../terminals/src/agent/peer.ts';
import { readRequest, type AgentResponse } from '../../../terminals/src/agent/requests.ts';
import { readAccounts, type Target } from '../../../terminals/src/consent/accounts.ts';
import { createConsent, type Consent } from '../../../terminals/src/consent/consent.ts';
import type { Choice } from '../../../terminals/src/consent/rules.ts';
import type { ModeSetting } from '../../../terminals/src/editor/settings.ts';
import type { SignedInEditor } from '../../client/signedInEditor.ts';
import { recordingLog, type RecordingLog } from '../../standIns/recordingLog.ts';

/** What responds to programs in an editor whose user signs in, is asked, and chooses as a test says. */
export interface OpenHandle {
  readonly handle: Handle;
  readonly consent: Consent<Target>;
  readonly log: RecordingLog;
  /** What the user was asked about. */
  readonly shown: Target[];
  /** What each request that was decided got. */
  readonly handedOut: string[];
  choice: Choice;
  mode: ModeSetting;
  /** Whether the program at the other end counts as started by a task. */
  isUnattended: () => boolean;
  upstream: string | undefined;
  /** The setting `oidcTerminals.accounts`. */
  accounts: object;
  /** The providers of the settings. */
  issuers: ReadonlyMap<string, string>;
  there: Promise<void>;
  ask(this: void, json: object, hungUp?: AbortSignal, peer?: FindPeer): Promise<AgentResponse>;
}

const never = new AbortController().signal;

export async function openHandle(editor: SignedInEditor): Promise<OpenHandle> {
  const { createHandle } = await import('../../../terminals/src/editor/handle.ts');
  const { visibleSession, silentSession } = await import('../../../terminals/src/editor/sessions.ts');
  const company = { provider: 'oidc', scopes: ['openid', 'profile'] };
  const [shown, handedOut, log]: [Target[], string[], RecordingLog] = [[], [], recordingLog()];
  const consent = createConsent<Target>({
    clock: editor.clock,
    stored: [],
    store: () => undefined,
    onChange: () => undefined,
    async show(target) {
      const session = (await silentSession(target)) ?? (await visibleSession(target, 'A program asks.'));
      if (!session) return 'no';
      shown.push(target);
      return open.choice;
    },
  });
  const options = {
    clock: editor.clock,
    log,
    consent,
    settings: () => ({
      accounts: { declared: readAccounts(open.accounts).accounts, issuers: open.issuers },
      wrong: [],
      mode: open.mode,
      setsOidcSock: true,
    }),
    isUnattended: (peer: FindPeer) => peer().then(() => open.isUnattended()),
    isThere: () => open.there,
    onDecided: ({ name }: Target, result: { account: string } | { refusal: string }) =>
      void handedOut.push(`${name} ${'account' in result ? result.account : result.refusal}`),
  };
  const handle: Handle = (...asked) => createHandle({ ...options, upstream: open.upstream })(...asked);
  const open: OpenHandle = {
    handle,
    consent,
    log,
    shown,
    handedOut,
    choice: 'once',
    mode: 'ask',
    isUnattended: () => false,
    upstream: undefined,
    accounts: { company },
    issuers: new Map([['oidc', editor.identityProvider.issuer]]),
    there: Promise.resolve(),
    ask(json, hungUp = never, peer = undefined) {
      const request = readRequest(json);
      assert.ok('kind' in request);
      return handle(request, hungUp, json, peer);
    },
  };
  return open;
}
