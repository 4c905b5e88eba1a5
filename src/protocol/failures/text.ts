/** The texts that describe one kind of failure to a user. */
export interface FailureText {
  /** The same request can succeed later without any action. */
  readonly passing?: true;
  readonly what: string;
  readonly next: string;
  /** The button that leads there. */
  readonly button: HelpButton;
}

/** The buttons by which a message about a failure leads on, and what stands on them. */
export const helpButtons = {
  'try-again': 'Try Again',
  settings: 'Open Settings',
  'other-ways': 'Try Another Way',
  diagnose: 'Diagnose',
  /** Sets it to `required`, then tries again. */
  dpop: 'Use DPoP',
  keys: 'Show Public Keys…',
  /** Signs in to the provider whose sign-in is used, then tries again. */
  source: 'Sign In to {source}',
  proxy: 'Open Proxy Settings',
  /** Another message offers the action. */
  none: undefined,
} as const;
export type HelpButton = keyof typeof helpButtons;
