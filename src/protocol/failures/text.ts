/** What a person is told of one kind of failure. */
export interface FailureText {
  /** The same request can succeed later without anybody doing anything. */
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
  'other-ways': 'Other Ways',
  diagnose: 'Diagnose',
  proxy: 'Open Proxy Settings',
  /** It is told where something else is done about it. */
  none: undefined,
} as const;
export type HelpButton = keyof typeof helpButtons;
