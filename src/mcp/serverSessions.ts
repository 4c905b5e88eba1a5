import { l10n } from '../platform/shown.ts';
import * as vscode from 'vscode';
import { answerRefusal, refusalOf, tokenRefused } from '../client/refusal.ts';
import { unaimed } from '../client/resource.ts';
import { isDeclined, requireSession, SignInDeclined, type AuthorizedOptions } from '../client/session.ts';
import type { ExpiringSession, SessionInfo } from '../client/sessionInfo.ts';
import type { Clock } from '../platform/clock.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { McpServer } from './settings.ts';

type Session = vscode.AuthenticationSession;

/** What tells how long the token of a session lasts. */
export interface TokenTimes {
  readonly providers: ConfiguredProviders;
  readonly clock: Clock;
  /** See `OidcAuthenticationApi.describe`. */
  describe(session: Session): Promise<SessionInfo>;
}

/**
 * The remaining lifetime, in seconds, below which a server doesn't start on a token that is past half of its
 * lifetime.
 */
const fairRun = 600;

/** The seconds that are left of the session's token, and those it was given. Undefined if it has no end. */
export async function timeOf(
  { clock, describe }: TokenTimes,
  session: Session,
): Promise<{ left: number; whole: number } | undefined> {
  // A provider of another extension, or a token that was renewed this moment.
  const known = await describe(session).catch(() => undefined);
  if (known?.expiresAt === undefined) return undefined;
  return { left: known.expiresAt - clock.now() / 1000, whole: known.expiresAt - known.receivedAt };
}

/** Gets a session for a server. If the user has to sign in for it, the prompt names where the token goes. */
export const sessionFor = (
  { providerId, scopes, ...server }: McpServer,
  askAgain: boolean,
): Promise<Session> => requireSession(providerId, scopes, { detail: detailOf(server), askAgain });

/** True if the session's token needs a proof with each request. The sign-in's own key decides, not today's setting. */
export const isBound = ({ tokenType }: ExpiringSession): boolean => tokenType === 'DPoP';

/**
 * Signs in again, although there is a session.
 *
 * @throws SignInDeclined
 */
export const newSessionFor = async ({ providerId, scopes, ...server }: McpServer): Promise<Session> => {
  const forceNewSession = { detail: detailOf(server) };
  try {
    return await vscode.authentication.getSession(providerId, scopes, { forceNewSession });
  } catch (error) {
    throw isDeclined(error) ? new SignInDeclined('declined') : error;
  }
};

const detailOf = ({ label, url }: Pick<McpServer, 'label' | 'url'>): string =>
  l10n.t('The MCP server “{0}” ({1}) will be sent your access token.', label, new URL(url).host);

export const silently = async (
  { providerId, scopes }: McpServer,
  account?: vscode.AuthenticationSessionAccountInformation,
): Promise<Session | undefined> =>
  vscode.authentication.getSession(providerId, scopes, { ...(account && { account }), silent: true }).then(
    session => session,
    () => undefined,
  );

/**
 * Returns a session whose token lasts. A running tool is lost when its token expires, so a server starts with a new
 * token rather than the rest of an old one.
 */
export async function lasting(times: TokenTimes, server: McpServer, session: Session): Promise<Session> {
  const time = await timeOf(times, session);
  const isFair = !time || time.left >= Math.min(fairRun, time.whole / 2);
  // If a new token ends the old one, other servers might still be running on the old one.
  if (isFair || times.providers.byId(server.providerId)?.refreshEndsAccessToken) return session;
  return (await renewed(server, session, 'Bearer', { signIn: 'never' }).catch(() => undefined)) ?? session;
}

/** Gets a new token before the session's expires, because a server refused it. Asks even after the user declined. */
export const withNewToken = (server: McpServer, session: Session): Promise<Session | undefined> =>
  renewed(server, session, tokenRefused, { detail: detailOf(server), askAgain: true });

/** Refreshes the token before it expires, as if the server had refused it. */
const renewed = (
  { providerId, scopes }: McpServer,
  session: Session,
  challenge: string,
  options: AuthorizedOptions,
): Promise<Session | undefined> =>
  answerRefusal(providerId, unaimed(scopes), options, session, refusalOf(challenge));
