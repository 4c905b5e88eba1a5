import type { Shown } from '../../platform/shown.ts';
import type { Log } from '../../platform/log.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Method, SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { ClientSources } from '../client/client.ts';
import type { Account } from '../../sessions/grant/grant.ts';
import type { DeviceAuthorization } from '../../protocol/grants/deviceAuthorization.ts';
import type { DeviceScreen } from './deviceScreen.ts';
import type { FindSubject } from '../client/serviceTokens.ts';
import type { Plan, Surroundings } from '../plan/planner.ts';
import type { Redirects } from '../redirect/redirects.ts';

/** Where a sign-in is, in the order in which a person sees it. */
export type SignInStage =
  | 'asking-provider'
  | 'opening-browser'
  | 'waiting-for-person'
  | 'waiting-for-person-long'
  | 'waiting-for-paste'
  /** Something else has used up the address at which the response would come. */
  | 'waiting-for-paste-alone'
  | 'waiting-for-code'
  | 'code-expired'
  | 'asking-for-token'
  | 'exchanging-code';

/** How long each stage may take, in seconds. */
export interface SignInTimeouts {
  /** Finding out about the provider, registering there, and exchanging the code: each. */
  readonly provider: number;
  /** Opening the browser, with the editor's question whether to. */
  readonly browser: number;
  /** The person, in the browser or in front of an expired device code. */
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
  /** Asks which account's token is exchanged; undefined if the person does not say. The signal takes it back. */
  chooseAccount(
    provider: Provider,
    accounts: readonly Account[],
    signal: AbortSignal,
  ): Promise<Account | undefined>;
  /**
   * Asks whose sign-in it is at a provider that does not say it, and where others are signed in already; undefined if
   * the person does not say. The signal takes the question back.
   *
   * @param known the names that the others have.
   */
  nameAccount(provider: Provider, known: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Methods that brought no answer back before, by provider; the sign-in adds to it. */
  readonly failedMethods: Map<string, Set<SignInMethod>>;
  /**
   * Opens an address in the person's browser. Resolves with false if that was not possible or not wanted.
   *
   * @param signal ends what is asked of the person meanwhile.
   */
  openBrowser(address: Secret, signal: AbortSignal): Promise<boolean>;
  /** Tells the person in a sentence why it goes on with another method. */
  tell(sentence: Shown, settingsOf?: Provider): void;
}

/** One sign-in: who, for what, and how it is told of and ended. */
export interface SignInRequest {
  readonly provider: Provider;
  /** The scopes that were asked for, in the caller's order; the session will carry exactly these. */
  readonly scopes: readonly string[];
  /** Scopes the account has been granted already, to be kept. */
  readonly grantedScopes?: readonly string[];
  /** The account that shall sign in, if one was named. */
  readonly loginHint?: string | undefined;
  /** The method that the person has chosen; by default the planner's. */
  readonly method?: SignInMethod | undefined;
  readonly signal: AbortSignal;
  /** @param authorization of the stage `waiting-for-code`: the code to enter, and where. */
  progress(stage: SignInStage, authorization?: DeviceAuthorization): void;
  /** Told when it is known how the sign-in can go; `control` works until it has ended. */
  onPlan?(plan: Plan, control: SignInControl): void;
}

/** A sign-in by one method, with what is left of what is asked for. */
export interface AttemptRequest extends SignInRequest {
  readonly metadata: Metadata;
  readonly requested: readonly string[];
  /** Those of them that nobody but this extension has asked for. */
  readonly ours: readonly string[];
  /** The host of this computer in the redirect URI. */
  readonly loopbackHost: string;
  readonly asksForToken: boolean;
}

/** What a person can do to a sign-in while it runs, besides cancelling it. */
export interface SignInControl {
  readonly method: SignInMethod | undefined;
  /** Where the browser brings the answer back, once that is known. */
  readonly redirectUri: string | undefined;
  use(method: SignInMethod): void;
  /**
   * Takes what the person pasted for the answer of the browser.
   *
   * @returns a sentence that says what is wrong with it, or undefined if it was taken.
   */
  paste(text: string): Shown | undefined;
}
