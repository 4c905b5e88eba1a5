import { timeOfDay } from '../../platform/language.ts';
import { filled, joined, l10n, type Shown } from '../../platform/shown.ts';
import type { HelpButton } from './text.ts';
import { reachingFailures } from './reaching.ts';
import { signInFailures } from './signingIn.ts';
import { tokenFailures } from './tokens.ts';

/**
 * Lists every way in which requests to a provider can fail, see docs/decisions/0008. `{name}` is replaced by a
 * detail, which is never secret. A server's text is quoted (see serverText.ts).
 */
export const failures = { ...reachingFailures, ...signInFailures, ...tokenFailures } as const;

export type FailureCode = keyof typeof failures;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Template<Code extends FailureCode> = (typeof failures)[Code]['what'] | (typeof failures)[Code]['next'];

/** What a failure's texts need to be filled in. */
export type FailureDetails<Code extends FailureCode> = Readonly<
  Record<Exclude<Placeholders<Template<Code>>, 'said'>, string | number> &
    // What a server said itself, as a sentence: see saying().
    Partial<Record<Extract<Placeholders<Template<Code>>, 'said'>, string | number>>
>;

interface FailureOptions {
  readonly retryAfter?: number | undefined;
  /** False if nothing reached the server. Defaults to true: something might have. */
  readonly sent?: boolean;
  readonly oauthError?: string | undefined;
  readonly status?: number | undefined;
  readonly meant?: string | undefined;
  /** True if an answer is about another person than the one who signed in. */
  readonly otherPerson?: boolean;
}

type FailureArguments = {
  [Code in FailureCode]: [code: Code, details: FailureDetails<Code>, options?: FailureOptions];
}[FailureCode];

/**
 * A failure of a known kind. `message` is complete and displayable: what happened and what to do next. It has no
 * `cause`, because a library's or server's error can hold secrets.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  declare readonly message: Shown;
  readonly code: FailureCode;
  readonly details: Readonly<Record<string, string | number>>;
  /** The wait that the server asked for in `Retry-After`, in seconds. */
  readonly retryAfter: number | undefined;
  readonly sent: boolean;
  /** The OAuth error code with which the authorization server itself refused, or undefined if it didn't. */
  readonly oauthError: string | undefined;
  /** The status of the response, if it matters. */
  readonly status: number | undefined;
  /** The URL that was probably meant. The user fills in any part in angle brackets. */
  readonly meant: string | undefined;
  readonly otherPerson: boolean;

  constructor(...[code, details, options]: FailureArguments) {
    const { what, next } = failures[code];
    super(filled(`${l10n.t(what)} ${l10n.t(next)}`, { said: '', ...details }));
    this.code = code;
    this.details = details;
    this.retryAfter = options?.retryAfter;
    this.sent = options?.sent ?? true;
    this.oauthError = options?.oauthError;
    this.status = options?.status;
    this.meant = options?.meant;
    this.otherPerson = options?.otherPerson ?? false;
  }

  /**
   * As `message`, with the time from which the server can be asked again, if it has named one.
   *
   * @param now in seconds since the epoch.
   */
  messageAt(now: number): Shown {
    if (!this.retryAfter) return this.message;
    const { what } = failures[this.code];
    const when = l10n.t('Try again at {0}.', timeOfDay(now + this.retryAfter));
    return joined([filled(l10n.t(what), { said: '', ...this.details }), when], ' ');
  }

  /** The button for the user's next step. */
  get button(): HelpButton {
    return failures[this.code].button;
  }

  /** True if the same request can succeed later without any action. */
  get passing(): boolean {
    return 'passing' in failures[this.code];
  }
}

/**
 * True if the request might have reached the server and taken effect, although no usable response arrived. After such
 * a failure, a refresh token might be spent.
 */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (!(error instanceof Failure)) return true;
  const { code, details } = error;
  if (code === 'server-failed') return details['status'] !== 503;
  if (code === 'unreachable' || code === 'server-untrusted') return error.sent;
  return (
    code === 'answer-withheld' ||
    code === 'timed-out' ||
    code === 'response-invalid' ||
    code === 'answer-too-large'
  );
}

/** The detail `said`: what the server itself gave as a reason, as a sentence of its own, or nothing. */
export function saying(quoted: string | undefined): string {
  return quoted === undefined ? '' : ` ${l10n.t('Server message: {0}.', quoted)}`;
}
