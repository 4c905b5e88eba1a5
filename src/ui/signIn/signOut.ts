import { joined, l10n, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Log } from '../../platform/log.ts';
import { createState } from '../../protocol/grants/authorizationRequest.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Provider, SignOut } from '../../providers/entries/definition.ts';
import type { Accounts, SignedOut } from '../../sessions/accounts.ts';
import type { Recorder } from '../../sessions/activity.ts';
import type { Dependent } from '../../sessions/dependents.ts';
import type { Sharing } from '../../sessions/sharing/sharing.ts';
import { isForLater, recordNotTold, recordRevocation } from '../../sessions/sharing/signOutTeller.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { endGrantSession, revokeGrant } from '../../signIn/after/keepGrant.ts';
import type { GrantServices } from '../../signIn/client/grantConnection.ts';
import type { PendingResponses } from '../../signIn/redirect/pendingResponses.ts';
import type { OpenRedirect } from '../../signIn/redirect/redirect.ts';
import { uriHandlerAddress } from '../../signIn/redirect/uriHandlerAddress.ts';
import { failureFields, messageOf, offer } from '../messages.ts';
import { outcomeText, type BrowserOutcome } from '../problems/signedOutText.ts';
import { openBrowser } from './signIns.ts';
import { window } from '../show.ts';

/** What a sign-out needs, here and with the provider. */
export interface SignOutParts extends GrantServices {
  readonly accounts: Pick<Accounts, 'remove' | 'sessions'>;
  readonly log: Log;
  readonly record: Recorder;
  readonly pending: PendingResponses;
  readonly sharing: Pick<Sharing, 'signOuts'>;
  readonly extensionId: string;
  /** The sign-ins that end with this one, which has just ended. */
  dependentsOf(grant: Grant): Promise<readonly Dependent[]>;
}

/** A grant that is signed out here. */
interface ToTell extends SignedOut {
  /** True if the tokens are revoked later if they can't be revoked now. */
  readonly isKept: boolean;
}

/** A sign-out, which is over here. */
export interface SigningOut {
  /** Of the accounts. */
  readonly labels: readonly string[];
  /** Resolves when the tokens are revoked, or couldn't be. Never rejects. */
  readonly told: Promise<void>;
}

/** How long the user can take to confirm a sign-out in the browser, in seconds. */
const browserTimeout = 120;

/**
 * Forgets the grants of sessions, and revokes their tokens. Sign-ins that are made of the last one of an account end with
 * it.
 *
 * @param provider undefined if it is no longer configured.
 * @param how by default as the provider's settings say.
 */
export async function signOut(
  parts: SignOutParts,
  provider: Provider | undefined,
  sessionIds: readonly string[],
  how?: SignOut,
): Promise<SigningOut> {
  const { accounts, log, record } = parts;
  const signedOut: ToTell[] = [];
  for (const id of sessionIds) {
    let isKept = false;
    const ended = await accounts.remove(id, provider, async grant => {
      isKept = await keepSignOut(parts, provider, grant);
    });
    // Two sessions can be of one grant.
    if (!ended) continue;
    const { grant } = ended;
    log.info('signed out', { provider: grant.providerId, account: grant.account.label });
    record('sign-out', grant);
    signedOut.push({ ...ended, isKept });
  }
  const labels = new Set(signedOut.map(({ grant }) => grant.account.label));
  for (const { grant } of signedOut.filter(({ isLast }) => isLast))
    for (const dependent of await parts.dependentsOf(grant))
      await signOut(parts, dependent.provider, dependent.sessionIds);
  return { labels: [...labels], told: tellProvider(parts, provider, signedOut, how) };
}

/** Keeps a grant that is about to be forgotten, in case its tokens can't be revoked now. */
export const keepSignOut = async (
  { sharing }: Pick<SignOutParts, 'sharing'>,
  provider: Provider | undefined,
  grant: Grant,
): Promise<boolean> => provider?.revocation === 'standard' && (await sharing.signOuts.keep(grant));

/**
 * Signs out every account of this provider.
 *
 * @param how by default here and in the browser.
 */
export async function signOutEverywhere(
  parts: SignOutParts,
  provider: Provider,
  how: SignOut = 'revoke-and-end-session',
): Promise<SigningOut> {
  const sessions = await parts.accounts.sessions(provider, undefined);
  return signOut(
    parts,
    provider,
    sessions.map(({ id }) => id),
    how,
  );
}

/**
 * Revokes the tokens of grants, and reports the result to the user once. The session in the browser ends with the last
 * grant of its account. Never rejects.
 *
 * @param signedOut together, from the same provider.
 * @param how by default as the provider's settings say.
 */
export async function tellProvider(
  parts: SignOutParts,
  provider: Provider | undefined,
  signedOut: readonly ToTell[],
  how = provider?.signOut,
): Promise<void> {
  if (signedOut.length === 0) return;
  if (!provider) {
    for (const { grant } of signedOut) noteNotConfigured(parts, grant);
    return;
  }
  const outcomes = await Promise.all(signedOut.map(ended => giveBack(parts, provider, ended)));
  const failures = outcomes.filter(failure => failure !== undefined);
  const inBrowser = how === 'revoke-and-end-session' ? signedOut.filter(endsInBrowser) : [];
  // A browser has nothing to open there either.
  const isOutOfReach = failures.some(({ error }) => isUnreached(error));
  const leftInBrowser = isOutOfReach ? inBrowser : [];
  if (failures.length > 0) void warnNotTold(parts, provider, failures, leftInBrowser);
  if (!isOutOfReach) await endInBrowser(parts, provider, inBrowser);
}

function noteNotConfigured({ log, record }: SignOutParts, grant: Grant): void {
  log.warn('signed out without telling the provider, which is not configured as it was', {
    provider: grant.providerId,
  });
  record(
    'failure',
    grant,
    l10n.t('The tokens weren’t revoked: the provider isn’t configured, or not as when you signed in.'),
  );
}

/** @returns what prevented it. */
async function giveBack(
  parts: SignOutParts,
  provider: Provider,
  { grant, isKept }: ToTell,
): Promise<NotTold | undefined> {
  const { log, record, sharing } = parts;
  let isLater = false;
  try {
    const outcome = await revokeGrant(parts, provider, grant);
    log.info('tokens given back', { provider: provider.id, account: grant.account.label, outcome });
    recordRevocation(record, grant, outcome);
    return undefined;
  } catch (error) {
    isLater = isKept && isForLater(error);
    log.warn('tokens could not be given back', { provider: provider.id, isLater, ...failureFields(error) });
    const reason = messageOf(error);
    if (!isLater) recordNotTold(record, grant, reason);
    else record('failure', grant, l10n.t('The tokens will be revoked later. {0}', reason));
    return { grant, error, isLater };
  } finally {
    if (isKept && !isLater) void sharing.signOuts.forget(grant);
  }
}

/**
 * Ends the sessions in the browser. Otherwise the next sign-in would ask for no password. Handles one account after the
 * other, as they share the pages on which a user confirms it. What fails isn't kept for later, as no browser opens
 * unasked: the message has a button for it, and the ID token goes with the message.
 */
async function endInBrowser(
  parts: SignOutParts,
  provider: Provider,
  signedOut: readonly SignedOut[],
): Promise<void> {
  const { log, record } = parts;
  let outcome: BrowserOutcome | undefined;
  for (const [at, { grant }] of signedOut.entries()) {
    try {
      outcome = await endOne(parts, provider, grant);
      log.info('session at the provider', { provider: provider.id, outcome });
      if (outcome === 'unsupported') break;
    } catch (error) {
      log.warn('session at the provider not ended', { provider: provider.id, ...failureFields(error) });
      const reason = messageOf(error);
      record('failure', grant, l10n.t('Couldn’t end the browser session. {0}', reason));
      const message = l10n.t('You are signed out of {0} here. {1}', provider.label, reason);
      void warnOf(parts, provider, message, signedOut.slice(at));
      return;
    }
  }
  if (outcome) void window.showInformationMessage(outcomeText(outcome, provider.label));
}

async function endOne(parts: SignOutParts, provider: Provider, grant: Grant): Promise<BrowserOutcome> {
  const { signal } = new AbortController();
  return endGrantSession(parts, provider, grant, {
    redirect: await signedOutRedirect(parts, provider),
    timeout: browserTimeout,
    signal,
    openBrowser: address => openBrowser(address, signal),
  });
}

async function signedOutRedirect(
  { extensionId, pending }: SignOutParts,
  { redirect }: Provider,
): Promise<OpenRedirect | undefined> {
  const path = redirect.signedOutPath;
  if (path === undefined) return undefined;
  const redirectUri = await uriHandlerAddress(extensionId).of(path);
  const state = createState();
  const { response, drop } = pending.expect(state, path);
  return { redirectUri, state, response, close: drop };
}

/** A service client leaves no session in a browser. */
const endsInBrowser = ({ grant, isLast }: SignedOut): boolean =>
  isLast && grant.binding.service === undefined;

/** A grant whose tokens couldn't be revoked, and why. */
interface NotTold {
  readonly grant: Grant;
  readonly error: unknown;
  /** True if they will be. */
  readonly isLater: boolean;
}

const isUnreached = (error: unknown): boolean =>
  error instanceof Failure && ['unreachable', 'server-untrusted', 'timed-out'].includes(error.code);

/** @param leftInBrowser whose sessions in the browser couldn't be ended either. */
function warnNotTold(
  parts: SignOutParts,
  provider: Provider,
  failures: readonly NotTold[],
  leftInBrowser: readonly SignedOut[],
): Promise<void> {
  const accounts = [...new Set(failures.map(({ grant }) => grant.account.label))].join(', ');
  const isLater = failures.every(failure => failure.isLater);
  return warnOf(
    parts,
    provider,
    joined(
      [
        isLater
          ? l10n.t(
              'You are signed out of {0} here. The tokens of {1} couldn’t be revoked yet and will be revoked automatically later.',
              provider.label,
              accounts,
            )
          : l10n.t(
              'You are signed out of {0} here, but the tokens of {1} couldn’t be revoked and will expire later.',
              provider.label,
              accounts,
            ),
        leftInBrowser.length > 0 ? l10n.t('Your browser might still be signed in.') : undefined,
        whatHappened(failures[0]?.error),
      ],
      ' ',
    ),
    leftInBrowser,
  );
}

/** Without what to do next: the tokens are revoked automatically, or expire. */
const whatHappened = (error: unknown): Shown => (error instanceof Failure ? error.what : messageOf(error));

/** Warns about a finished sign-out. @param leftInBrowser whose sessions in the browser remain to be ended. */
const warnOf = (
  parts: SignOutParts,
  provider: Provider,
  message: Shown,
  leftInBrowser: readonly SignedOut[],
): Promise<void> =>
  offer('warning', message, {
    ...(leftInBrowser.length > 0 && {
      [l10n.t('Sign Out in Browser')]: () => endInBrowser(parts, provider, leftInBrowser),
    }),
    [l10n.t('Diagnose')]: () => vscode.commands.executeCommand('oidc.diagnoseProvider', provider.id),
  });
