import type { Shown } from '../../platform/shown.ts';
import type { Log } from '../../platform/log.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Consent } from '../../protocol/client/consent.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Method, SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { ClientSources } from '../client/client.ts';
import type { DocumentAtHand } from '../client/documentAtHand.ts';
import type { Account } from '../../sessions/grant/grant.ts';
import type { DeviceAuthorization } from '../../protocol/grants/deviceAuthorization.ts';
import type { DeviceScreen } from './deviceScreen.ts';
import type { FindSubject } from '../client/subject.ts';
import type { Plan, Surroundings } from '../plan/planner.ts';
import type { Redirects } from '../redirect/redirects.ts';

/** The stage of a sign-in, in the order in which a user sees them. */
export type SignInStage =
  | 'asking-provider'
  | 'opening-browser'
  | 'waiting-for-person'
  | 'waiting-for-person-long'
  | 'waiting-for-paste'
  /** Something else has used up the URL at which the response would arrive. */
  | 'waiting-for-paste-alone'
  | 'waiting-for-code'
  | 'code-expired'
  | 'asking-for-token'
  | 'exchanging-code';

/** How long each stage can take, in seconds. */
export interface SignInTimeouts {
  /** Finding out about the provider, registering there, and exchanging the code: each. */
  readonly provider: number;
  /** Opening the browser, with the editor's question whether to. */
  readonly browser: number;
  /** The user, in the browser or in front of an expired device code. */
  readonly person: number;
}

export interface SignInContext extends ClientSources {
  readonly httpContext: HttpContext;
  readonly log: Log;
  readonly surroundings: Surroundings;
  readonly redirects: Redirects;
  /** All that are configured now. */
  providers(): readonly Provider[];
  readonly timeouts: SignInTimeouts;
  readonly method: Method;
  readonly device: DeviceScreen;
  readonly findSubject: FindSubject;
  /**
   * Asks which account's token is exchanged. Returns undefined if the user doesn't choose. The signal cancels the
   * question.
   *
   * @param to where that token is sent.
   */
  chooseAccount(
    provider: Provider,
    accounts: readonly Account[],
    to: Provider,
    signal: AbortSignal,
  ): Promise<Account | undefined>;
  /**
   * Asks who signed in, if the provider doesn't say it and other accounts are signed in already. Returns undefined if
   * the user doesn't say. The signal cancels the question.
   *
   * @param known the names of the other accounts.
   */
  nameAccount(provider: Provider, known: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Methods that brought no response back before, by provider. The sign-in adds to it. */
  readonly failedMethods: Map<string, Set<SignInMethod>>;
  /**
   * Opens a URL in the user's browser. Resolves with false if that was impossible or unwanted.
   *
   * @param signal ends what the user is asked meanwhile.
   */
  openBrowser(address: Secret, signal: AbortSignal): Promise<boolean>;
  /** Explains to the user in a sentence why it continues with another method. */
  tell(sentence: Shown): void;
}

/** One sign-in: for which account and scopes, and how to report and end it. */
export interface SignInRequest {
  readonly provider: Provider;
  /** The user's yes to this provider. Nothing secret is sent without it. */
  readonly consent: Consent;
  /** The requested scopes, in the caller's order. The session will carry exactly these. */
  readonly scopes: readonly string[];
  /** Scopes the account has been granted already, to be kept. */
  readonly grantedScopes?: readonly string[];
  /** The account that shall sign in, if one was named. */
  readonly loginHint?: string | undefined;
  /** The user signs in as someone else than those who are signed in: the server asks who it is. */
  readonly asksWho?: boolean | undefined;
  /** The method that the user has chosen. Defaults to the planner's. */
  readonly method?: SignInMethod | undefined;
  readonly signal: AbortSignal;
  /** @param authorization of the stage `waiting-for-code`: the code to enter, and where. */
  progress(stage: SignInStage, authorization?: DeviceAuthorization): void;
  /** Receives the plan once it is known. `control` works until the sign-in has ended. */
  onPlan?(plan: Plan, control: SignInControl): void;
}

/** A sign-in by one method, with the scopes that are still requested. */
export interface AttemptRequest extends SignInRequest {
  readonly metadata: Metadata;
  readonly requested: readonly string[];
  /** Those of them that only this extension requests. */
  readonly ours: readonly string[];
  /** The host of this computer in the redirect URI. */
  readonly loopbackHost: string;
  readonly asksForToken: boolean;
  /** The client ID metadata document that it can use. */
  readonly document: DocumentAtHand | undefined;
}

/** What a user can do to a sign-in while it runs, in addition to canceling it. */
export interface SignInControl {
  readonly method: SignInMethod | undefined;
  /** The redirect URI, once it is known. */
  readonly redirectUri: string | undefined;
  use(method: SignInMethod): void;
  /**
   * Takes what the user pasted as the browser's response.
   *
   * @returns a sentence that says what is wrong with it, or undefined if it was accepted.
   */
  paste(text: string): Shown | undefined;
}
