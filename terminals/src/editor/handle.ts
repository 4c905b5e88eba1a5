import { AccessRefused, SignInDeclined } from '../../../src/client/index.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { errorName, type Log } from '../../../src/platform/log.ts';
import type { Handle } from '../agent/connections.ts';
import type { FindPeer } from '../agent/peer.ts';
import {
  failure,
  unknownAccount,
  type AgentFailure,
  type AgentRequest,
  type AgentResponse,
  type TokenRequest,
} from '../agent/requests.ts';
import { mergedDetails, mergedNames, type IssuerDetails } from '../agent/merged.ts';
import { askUpstream } from '../agent/upstream.ts';
import type { Consent } from '../consent/consent.ts';
import { targetOf, type Target } from '../consent/accounts.ts';
import type { Mode, Refusal } from '../consent/rules.ts';
import { missingProvider } from './lookUp/providers.ts';
import { longestScopes } from './question.ts';
import { silentSession, tokenOf, type HandedToken } from './sessions.ts';
import type { ModeSetting, TerminalSettings } from './settings.ts';

export interface HandleOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly consent: Consent<Target>;
  readonly settings: () => TerminalSettings;
  /** The socket of a user's own agent. */
  readonly upstream: string | undefined;
  /** Whether a task, or an extension, has started the program at the other end. */
  isUnattended(this: void, peer: FindPeer): Promise<boolean>;
  /** Resolves when the window has responded. */
  isThere(this: void): Promise<unknown>;
  /** A request is decided: a token of an account is about to be handed out, or there is a reason against it. */
  onDecided(
    this: void,
    target: Target,
    result: { readonly account: string } | { readonly refusal: Refusal },
  ): void;
}

/** What clients print, by why there is no token. */
const refusals: Readonly<Record<Refusal, readonly [string, string]>> = {
  declined: ['You declined.', 'Wait 30 seconds, then run the command again to be asked again.\n'],
  'declined-before': [
    'You declined, or the sign-in failed, less than 30 seconds ago.',
    'Wait 30 seconds, then run the command again to be asked again.\n',
  ],
  failed: [
    'The sign-in failed.',
    'See the message in the editor, then run the command again in 30 seconds.\n',
  ],
  never: [
    'You chose never to allow this.',
    'Change it with "OIDC Terminals: Manage Access" in the editor.\n',
  ],
  'silent-only': [
    'You haven’t allowed this yet, and oidcTerminals.mode is silentOnly.',
    'Set it to ask, then run the command again.\n',
  ],
  'silent-task': [
    'You haven’t allowed this yet, and oidcTerminals.mode is silentInTasks.',
    'Run vscode-oidc for this account in a terminal and allow it for longer than once, then run the task again.\n',
  ],
  locked: ['Tokens are locked.', 'Unlock them with "OIDC Terminals: Unlock" in the editor.\n'],
  'too-many': ['Too many programs wait for an answer.', 'Answer the question in the editor.\n'],
};

/** Responds to the requests of terminals. */
export function createHandle(options: HandleOptions): Handle {
  const { clock, log, consent, settings, upstream, onDecided } = options;

  async function tokenFor(
    request: TokenRequest,
    hungUp: AbortSignal,
    peer: FindPeer | undefined,
  ): Promise<AgentResponse> {
    const { accounts, mode } = settings();
    const found = targetOf(request, accounts);
    if ('status' in found) return found;
    const target: Target = { ...found, peer };
    if (target.scopes.join(' ').length > longestScopes)
      return failure('These are too many scopes for a question.', 'Ask for fewer scopes.\n', 'usage');
    const missing = await missingProvider(target, accounts);
    if (missing) return missing;
    const before = await silentSession(target);
    const isSettled = before !== undefined && consent.isAllowed(target);
    const asking = isSettled ? 'ask' : await modeFor(mode, peer);
    if (!before && asking !== 'ask') return notSignedIn;
    const decision = await consent.ask(target, asking, hungUp, before === undefined);
    if (!decision.allowed) {
      const [error, info] = refusals[decision.why];
      if (!hungUp.aborted) onDecided(target, { refusal: decision.why });
      return failure(error, info, decision.why === 'failed' ? 'failed' : 'declined');
    }
    const session = before ?? (await silentSession(target));
    if (!session) return notSignedIn;
    const token = await tokenOf(target, session, request, clock);
    if (hungUp.aborted) return failure('Nobody waits for it any more.');
    onDecided(target, { account: token.account });
    return response(token);
  }

  /** Found out only where someone would be asked: it takes a process. */
  async function modeFor(mode: ModeSetting, peer: FindPeer | undefined): Promise<Mode> {
    if (mode !== 'silent-in-tasks') return mode;
    return peer && (await options.isUnattended(peer)) ? 'silent-task' : 'ask';
  }

  return async (request, hungUp, json, peer) => {
    try {
      switch (request.kind) {
        case 'check':
          await options.isThere();
          return { status: 'success' };
        case 'refused':
          return await unlessTheirs(refusedFor(request), json, hungUp);
        case 'accounts':
          return { status: 'success', info: mergedNames(declaredNames(), await theirs(json, hungUp)) };
        case 'account-details':
          return { status: 'success', info: mergedDetails(details(), await theirs(json, hungUp)) };
        case 'other':
          return (await theirs(json, hungUp)) ?? failure('Bad Request: unknown request type');
        case 'token':
          return await unlessTheirs(await tokenFor(request, hungUp, peer), json, hungUp);
      }
    } catch (error) {
      if (error instanceof SignInDeclined) return failure(...refusals.declined, 'declined');
      log.warn('no token', { error: errorName(error) });
      return unavailable(error);
    }
  };

  function declaredNames(): readonly string[] {
    return settings().accounts.declared.map(({ name }) => name);
  }

  /** The response of a user's own agent. Undefined if there is none, or if it gives none. */
  async function theirs(json: unknown, hungUp: AbortSignal): Promise<AgentResponse | undefined> {
    return upstream === undefined ? undefined : askUpstream(upstream, json, clock, hungUp);
  }

  /** Our response, or that of a user's own agent for an account that we don't know. */
  async function unlessTheirs(
    own: AgentResponse,
    json: unknown,
    hungUp: AbortSignal,
  ): Promise<AgentResponse> {
    const isUnknown = own.status === 'failure' && own.error === unknownAccount;
    return (isUnknown ? await theirs(json, hungUp) : undefined) ?? own;
  }

  function refusedFor({ what, of }: Extract<AgentRequest, { kind: 'refused' }>): AgentFailure {
    const found = targetOf(of, settings().accounts);
    const isUnknown = 'status' in found && found.error === unknownAccount;
    return isUnknown ? found : failure(`The editor gives out no ${what}.`, 'Ask for an access token.\n');
  }

  /** By issuer, as oidc-agent has it. */
  function details(): Readonly<Record<string, IssuerDetails>> {
    const { declared, issuers } = settings().accounts;
    const byIssuer = Map.groupBy(declared, ({ provider }) => issuers.get(provider) ?? '');
    byIssuer.delete('');
    return Object.fromEntries(
      [...byIssuer].map(([issuer, accounts]) => [
        issuer,
        { pubclient: false, accounts: Object.fromEntries(accounts.map(({ name }) => [name, true])) },
      ]),
    );
  }
}

const response = ({ accessToken, issuer, expiresAt, isBound, proof }: HandedToken): AgentResponse => ({
  status: 'success',
  access_token: accessToken,
  issuer: issuer ?? '',
  expires_at: expiresAt ?? 0,
  ...(isBound && { token_type: 'DPoP', proof }),
});

const notSignedIn = failure(
  'You aren’t signed in.',
  'Sign in with "OIDC: Sign In" in the editor, then run the command again.\n',
  'not-signed-in',
);

function unavailable(error: unknown): AgentFailure {
  const { code, message } = error as { code?: unknown; message: string };
  if (typeof code === 'string' && code.startsWith('proof-')) return failure(message);
  if (error instanceof AccessRefused)
    return failure(
      'The editor couldn’t refresh the access token: the identity provider sent no new one.',
      'Check your network, proxy, and VPN, then try again. The log of OpenID Connect Authentication says why.\n',
    );
  const isUnknown =
    error instanceof Error && /No authentication provider|Timed out waiting for auth/i.test(error.message);
  return isUnknown
    ? failure(
        'There is no such identity provider.',
        'Install OpenID Connect Authentication, here or on the computer that you sign in on, and check oidc.providers.\n',
      )
    : failure('The editor couldn’t get a token.', 'The log of OpenID Connect for Terminals has details.\n');
}
