import * as l10n from '@vscode/l10n';

export interface FailureText {
  readonly kind: 'final' | 'passing';
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
  /** It is told where something else is done about it. */
  none: undefined,
} as const;
export type HelpButton = keyof typeof helpButtons;

/**
 * Every way in which talking to a provider can fail, closed. Each says what happened, whether trying again
 * later can help (`passing`) or not (`final`), and what the person can do. `{name}` stands for a detail; the
 * details of a failure are never secret, and text from a server is quoted (see serverText.ts).
 */
export const failures = {
  'address-insecure': {
    kind: 'final',
    what: 'The address {address} is not https.',
    next: 'Use the https address of the provider. Plain http is only possible on this computer (localhost), with "allowLoopbackHttp" set for the provider.',
    button: 'settings',
  },
  'address-invalid': {
    kind: 'final',
    what: '{address} is not an address that can be used here: {reason}.',
    next: 'Correct the address in the setting oidc.providers.',
    button: 'settings',
  },
  'entry-invalid': {
    kind: 'final',
    what: '{address} is not an address that can be used here: {reason}.',
    next: 'Correct the address that you have entered.',
    button: 'none',
  },
  'named-address-invalid': {
    kind: 'final',
    what: 'The provider names {address}, which is not an address that can be used here: {reason}.',
    next: 'Tell the administrator of the provider.',
    button: 'diagnose',
  },
  unreachable: {
    kind: 'passing',
    what: '{host} could not be reached ({reason}).',
    next: 'Check the address, your network, proxy and VPN, then try again.',
    button: 'try-again',
  },
  'answer-withheld': {
    kind: 'final',
    what: '{host} is there, but does not allow an editor inside the browser to read its answers (CORS).',
    next: 'Ask the administrator of the provider to allow the origin of this editor, or sign in from the editor on the desktop or with a remote.',
    button: 'diagnose',
  },
  'timed-out': {
    kind: 'passing',
    what: '{host} did not answer within {seconds} seconds.',
    next: 'Check your network, proxy and VPN, then try again.',
    button: 'try-again',
  },
  'answer-too-large': {
    kind: 'final',
    what: '{host} sent more than {limit} bytes where a short answer was expected.',
    next: 'Check that the address is that of the provider and not of another service.',
    button: 'diagnose',
  },
  redirected: {
    kind: 'final',
    what: '{host} answered with a redirect to {target}; addresses of a provider must answer directly.',
    next: 'Use the address it points to, if you trust it, or check the proxy in between.',
    button: 'settings',
  },
  'metadata-not-found': {
    kind: 'final',
    what: 'No OpenID Connect or OAuth metadata was found at {address} ({answers}).',
    next: 'Check the issuer address; it is the one before "/.well-known/openid-configuration" and may have a path.',
    button: 'settings',
  },
  'metadata-invalid': {
    kind: 'final',
    what: 'The metadata of {address} cannot be used: {reason}.',
    next: 'Check the issuer address, or tell the administrator of the provider.',
    button: 'diagnose',
  },
  'issuer-mismatch': {
    kind: 'final',
    what: 'The metadata at {address} belongs to the issuer {found}, not to {expected}.',
    next: 'Set "issuer" to exactly the issuer of the provider, if you trust it: the two must be equal to the letter.',
    button: 'settings',
  },
  'method-unsupported': {
    kind: 'final',
    what: '{issuer} does not offer what this way to sign in needs: {missing}.',
    next: 'Choose another way to sign in, or ask the administrator of the provider to enable it.',
    button: 'other-ways',
  },
  'access-denied': {
    kind: 'final',
    what: 'The sign-in was refused at {issuer}.{said}',
    next: 'Sign in again and allow the access, or ask the administrator whether your account may use this application.',
    button: 'try-again',
  },
  'authorization-refused': {
    kind: 'final',
    what: '{issuer} refused the sign-in request with {error}.{said}',
    next: 'Check the client id, the scopes and the registered redirect URIs of the provider.',
    button: 'diagnose',
  },
  'login-needed': {
    kind: 'final',
    what: '{issuer} wants you to sign in there again ({error}).',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'response-foreign': {
    kind: 'final',
    what: 'The answer of the browser came from {found}, not from {expected}; it was not used.',
    next: 'Sign in again, and take care which page you sign in on.',
    button: 'try-again',
  },
  'response-invalid': {
    kind: 'final',
    what: 'The answer of {host} cannot be used: {reason}.',
    next: 'Try again; if it stays so, tell the administrator of the provider.',
    button: 'try-again',
  },
  'client-refused': {
    kind: 'final',
    what: '{host} does not accept this client ({error}).{said}',
    next: 'Check the client id of the provider, and its client secret if it needs one ("OIDC: Replace Client Secret…").',
    button: 'settings',
  },
  'grant-refused': {
    kind: 'final',
    what: '{host} no longer accepts this sign-in ({error}).{said}',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'request-refused': {
    kind: 'final',
    what: '{host} refused the request ({error}).{said}',
    next: 'Check the settings of the provider; the log shows which request it was.',
    button: 'settings',
  },
  'scopes-refused': {
    kind: 'final',
    what: '{host} gives the client {clientId} no token for these scopes: {scopes}.{said}',
    next: 'Set "scopes" to those that the client may have, or ask the administrator of the provider to allow them.',
    button: 'settings',
  },
  'grant-type-refused': {
    kind: 'final',
    what: '{host} does not let the client {clientId} sign in by itself with the grant type {grantType}.{said}',
    next: 'Allow that grant type for the client at the provider, or set another "signInMethod".',
    button: 'settings',
  },
  'user-refused': {
    kind: 'final',
    what: '{host} gives the client {clientId} no token in the name of the user whose {field} is {value}.{said}',
    next: 'Check "userLookup", that this user exists there, and that the client may impersonate users.',
    button: 'settings',
  },
  'subject-missing': {
    kind: 'final',
    what: 'There is no sign-in to {source} whose token {provider} could be given.',
    next: 'Sign in to {source}, then to {provider}.',
    button: 'try-again',
  },
  'subject-token-ended': {
    kind: 'passing',
    what: 'The token of {source} that {provider} is given has ended and could not be renewed.',
    next: 'It goes on by itself when {source} can be reached; or sign in to {source} again.',
    button: 'try-again',
  },
  'token-exchange-refused': {
    kind: 'final',
    what: '{host} refused to exchange the token ({error}).{said}',
    next: 'Check that the provider of "tokenExchange" is one that {host} trusts, and "audience", "resource" and the rights of the client there.',
    button: 'settings',
  },
  'server-failed': {
    kind: 'passing',
    what: '{host} has a problem (status {status}).',
    next: 'Try again later.',
    button: 'try-again',
  },
  'rate-limited': {
    kind: 'passing',
    what: '{host} asked to be left alone for a while (status {status}).',
    next: 'Try again later.',
    button: 'try-again',
  },
  intercepted: {
    kind: 'passing',
    what: 'Something else answered in place of {host} (status {status}); a proxy or the log-in page of a network does that.',
    next: 'Check your network, proxy and VPN, then try again.',
    button: 'try-again',
  },
  'token-untrusted': {
    kind: 'final',
    what: 'The ID token of {issuer} was refused: {reason}.',
    next: 'Sign in again; if it stays so, tell the administrator of the provider.',
    button: 'try-again',
  },
  'clock-differs': {
    kind: 'final',
    what: 'The clock of this computer and that of {host} differ by {minutes} minutes, so that the sign-in cannot be checked.',
    next: 'Set the clock of this computer, then sign in again.',
    button: 'try-again',
  },
  'endpoint-changed': {
    kind: 'final',
    what: '{issuer} now names {found} as its token endpoint, another one than when you signed in; nothing was sent there.',
    next: 'Sign in again, if you trust that address.',
    button: 'try-again',
  },
  'browser-not-opened': {
    kind: 'final',
    what: 'No browser could be opened for {host}.',
    next: 'Try again, and allow the editor to open the address.',
    button: 'try-again',
  },
  'provider-removed': {
    kind: 'final',
    what: 'The provider {provider} was removed while you signed in to it; nothing of that sign-in is kept.',
    next: 'Add the provider again if you want to sign in to it.',
    button: 'none',
  },
  'provider-changed': {
    kind: 'final',
    what: 'The provider {provider} was changed while you signed in to it, and leads elsewhere now; nothing of that sign-in is kept.',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'no-response': {
    kind: 'final',
    what: 'No answer from the browser came within {time}.',
    next: 'Sign in again. If the browser showed an error, check the redirect URI that is registered at the provider: {redirectUri}',
    button: 'try-again',
  },
  'no-way': {
    kind: 'final',
    what: 'There is no way to sign in at {issuer} from here. {why}',
    next: 'Ask the administrator of the provider for one of these, or change the settings of the provider.',
    button: 'diagnose',
  },
  'port-taken': {
    kind: 'final',
    what: 'The answer of the browser cannot be received on this computer: {ports} is taken.',
    next: 'Close the program that uses it, or sign in another way.',
    button: 'other-ways',
  },
  'redirect-refused': {
    kind: 'final',
    what: '{host} does not accept the redirect URI {redirectUri}.',
    next: 'Register it there to the letter, or sign in another way.',
    button: 'other-ways',
  },
  'scope-unusable': {
    kind: 'final',
    what: 'The scope {scope} cannot be used: {reason}.',
    next: 'Tell the authors of the extension that asked for it.',
    button: 'none',
  },
  'token-not-narrowed': {
    kind: 'final',
    what: '{provider} does not give an access token for fewer scopes than were granted. {reason}',
    next: 'Remove "narrowTokens" from the settings of the provider, or ask its administrator.',
    button: 'settings',
  },
  'token-unavailable': {
    kind: 'passing',
    what: '{provider} could not be asked for an access token now.',
    next: 'Check your network, proxy and VPN, then try again; the log says more.',
    button: 'try-again',
  },
  'registration-closed': {
    kind: 'final',
    what: '{host} lets this editor register itself only with an initial access token.',
    next: 'Ask the administrator of the provider for one, or for a client id to put in the setting oidc.providers.',
    button: 'settings',
  },
  'registration-refused': {
    kind: 'final',
    what: '{host} refused to register this editor ({error}).{said}',
    next: 'Ask the administrator of the provider for a client id, and put it in the setting oidc.providers.',
    button: 'settings',
  },
  'client-secret-missing': {
    kind: 'passing',
    what: 'What this editor proves its identity to {provider} with, a client secret or key, is not stored here.',
    next: 'Sign in again and enter it, or run "OIDC: Replace Client Secret".',
    button: 'try-again',
  },
  'claims-lacking': {
    kind: 'final',
    what: '{account} may not use {provider} here: {lacking}.',
    next: 'Sign in with another account, or ask the administrator of the provider for what is missing.',
    button: 'try-again',
  },
  'device-code-expired': {
    kind: 'final',
    what: 'The code for {host} was not entered in time.',
    next: 'Sign in again and enter the new code.',
    button: 'try-again',
  },
  'logout-unconfirmed': {
    kind: 'final',
    what: '{host} did not confirm that you are signed out in the browser.',
    next: 'You are signed out in the editor. Check in the browser whether you are still signed in there.',
    button: 'none',
  },
  'issuer-not-found': {
    kind: 'final',
    what: 'No identity provider was found for {identifier}: {reason}.',
    next: 'Enter the issuer address of the provider instead; its administrator knows it.',
    button: 'none',
  },
  'provider-not-found': {
    kind: 'final',
    what: 'No identity provider was found at {address}.',
    next: '{hint}',
    button: 'none',
  },
  'storage-failed': {
    kind: 'final',
    what: 'The sign-in could not be kept: the secret storage of the editor failed.',
    next: 'Check the keyring of this computer (the editor explains it under "Troubleshoot keychain issues"), then sign in again.',
    button: 'try-again',
  },
} as const satisfies Record<string, FailureText>;

export type FailureCode = keyof typeof failures;

/** The names between braces of a text. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Template<Code extends FailureCode> = (typeof failures)[Code]['what'] | (typeof failures)[Code]['next'];

/** What a failure's texts need to be filled in. */
export type FailureDetails<Code extends FailureCode> = Readonly<
  Record<Placeholders<Template<Code>>, string | number>
>;

interface FailureOptions {
  readonly retryAfter?: number | undefined;
  /** False if nothing has reached the server; by default something may have. */
  readonly sent?: boolean;
}

/** A code with the details that its texts need. */
type FailureArguments = {
  [Code in FailureCode]: [code: Code, details: FailureDetails<Code>, options?: FailureOptions];
}[FailureCode];

/**
 * A failure of a known kind. `message` is complete: what happened and what to do next, fit to be shown.
 * There is no `cause`: what a library or server threw may hold secrets.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly details: Readonly<Record<string, string | number>>;
  /** The wait that the server asked for in `Retry-After`, in seconds. */
  readonly retryAfter: number | undefined;
  /** False if nothing has reached the server. */
  readonly sent: boolean;

  constructor(...[code, details, options]: FailureArguments) {
    const { what, next } = failures[code];
    super(fill(`${l10n.t(what)} ${l10n.t(next)}`, details));
    this.code = code;
    this.details = details;
    this.retryAfter = options?.retryAfter;
    this.sent = options?.sent ?? true;
  }

  /** What leads to what the person can do. */
  get button(): HelpButton {
    return failures[this.code].button;
  }

  /** True if the same request can succeed later without anybody doing anything. */
  get passing(): boolean {
    return failures[this.code].kind === 'passing';
  }
}

/**
 * True if the request may have reached the server and taken effect there, though no usable answer came back.
 * After such a failure a refresh token may be spent.
 */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (!(error instanceof Failure)) return true;
  const { code, details } = error;
  if (code === 'server-failed') return details['status'] !== 503;
  if (code === 'unreachable') return error.sent;
  return (
    code === 'answer-withheld' ||
    code === 'timed-out' ||
    code === 'response-invalid' ||
    code === 'answer-too-large'
  );
}

/** Replaces each `{name}` by the detail of that name. */
export function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

/** The detail `said`: what the server itself gave as a reason, as a sentence of its own, or nothing. */
export function saying(quoted: string | undefined): string {
  return quoted === undefined ? '' : ` It said: ${quoted}.`;
}
