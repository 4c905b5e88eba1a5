import { timeOfDay } from '../../platform/language.ts';
import { filled, joined, l10n, type Shown } from '../../platform/shown.ts';
import { startFailures } from './atStart.ts';
import type { FailureText, HelpButton } from './text.ts';
import type { reachingFailures } from './reaching.ts';
import type { signInFailures } from './signingIn.ts';
import type { tokenFailures } from './tokens.ts';

/** All of them, of which the start loads {@link startFailures} only. */
type Failures = typeof startFailures & typeof reachingFailures & typeof signInFailures & typeof tokenFailures;

export type FailureCode = keyof Failures;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Template<Code extends FailureCode> = Failures[Code]['what'] | Failures[Code]['next'];

/** What a failure's texts need to be filled in. */
export type FailureDetails<Code extends FailureCode> = Readonly<
  Record<Exclude<Placeholders<Template<Code>>, 'said'>, string | number> &
    // What a server said itself, as a sentence: see saying().
    Partial<Record<Extract<Placeholders<Template<Code>>, 'said'>, string | number>>
>;

interface FailureOptions {
  readonly retryAfter?: number | undefined;
  /** False if nothing has reached the server. Otherwise something might have. */
  readonly sent?: boolean;
  readonly oauthError?: string | undefined;
  readonly status?: number | undefined;
  readonly meant?: string | undefined;
  /** True if a response is about another user than the one who signed in. */
  readonly otherPerson?: boolean;
}

export type FailureArguments<Codes extends FailureCode> = {
  [Code in Codes]: [code: Code, details: FailureDetails<Code>, options?: FailureOptions];
}[Codes];

/**
 * A failure of a known kind, as {@link Failure} and {@link StartFailure} make it. `message` is complete: what happened
 * and what to do next, fit to be shown. There is no `cause`: what a library or server threw can hold secrets.
 */
export abstract class KnownFailure extends Error {
  override readonly name = 'Failure';
  declare readonly message: Shown;
  readonly code: FailureCode;
  readonly details: Readonly<Record<string, string | number>>;
  /** The wait that the server asked for in `Retry-After`, in seconds. */
  readonly retryAfter: number | undefined;
  readonly sent: boolean;
  /** The code with which the authorization server itself has refused, in an OAuth error. Undefined: it hasn't. */
  readonly oauthError: string | undefined;
  /** The status of the response, where it matters. */
  readonly status: number | undefined;

  /** The URL that was probably meant. The user fills in a part in angle brackets. */
  readonly meant: string | undefined;
  readonly otherPerson: boolean;
  readonly #what: string;
  /** The button that leads to what the user can do. */
  readonly button: HelpButton;
  /** True if the same request can succeed later without anyone's help. */
  readonly passing: boolean;

  constructor(text: FailureText, ...[code, details, options]: FailureArguments<FailureCode>) {
    super(filled(`${l10n.t(text.what)} ${l10n.t(text.next)}`, { said: '', ...details }));
    this.code = code;
    this.button = text.button;
    this.passing = text.passing ?? false;
    this.details = details;
    this.retryAfter = options?.retryAfter;
    this.sent = options?.sent ?? true;
    this.oauthError = options?.oauthError;
    this.status = options?.status;
    this.meant = options?.meant;
    this.otherPerson = options?.otherPerson ?? false;
    this.#what = text.what;
  }

  /**
   * As `message`, with the time from which the server can be asked again, if it has named one.
   *
   * @param now in seconds since the epoch.
   */
  messageAt(now: number): Shown {
    if (!this.retryAfter) return this.message;
    const when = l10n.t('Try again at {0}.', timeOfDay(now + this.retryAfter));
    return joined([this.what, when], ' ');
  }

  /** What happened, without what to do next. */
  get what(): Shown {
    return filled(l10n.t(this.#what), { said: '', ...this.details });
  }
}

/** A failure that can come before what talks to providers is loaded. */
export class StartFailure extends KnownFailure {
  constructor(...failure: FailureArguments<keyof typeof startFailures>) {
    super(startFailures[failure[0]], ...failure);
  }
}
