import { connect } from 'node:net';
import type { FailureCode } from '../agent/requests.ts';

/** How the command ends, by why. Documented for scripts: they never change. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  'no-editor': 3,
  declined: 4,
  'not-signed-in': 5,
} as const satisfies Record<FailureCode | 'no-editor', number>;

export type ExitReason = keyof typeof exitCodes;

/** Nothing was got. The message says why, and below it what to do. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly reason: ExitReason;

  constructor(reason: ExitReason, message: string, next?: string) {
    super(next === undefined ? message : `${message}\n${next.trimEnd()}`);
    this.reason = reason;
  }
}

const openAnother =
  'Open a new terminal in VS Code. The extension OpenID Connect for Terminals has to be enabled there, and the workspace trusted.';

/** The longest response, in characters. */
const longest = 1_000_000;

/**
 * Asks the agent of the editor, and waits until a user has decided.
 *
 * @throws CommandFailure
 */
export function askAgent(
  request: object,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, unknown>> {
  const path = env['VSCODE_OIDC_SOCK'] ?? env['OIDC_SOCK'];
  if (path === undefined || path === '')
    throw new CommandFailure('no-editor', 'This terminal doesn’t belong to an editor.', openAnother);
  return new Promise((resolve, reject) => {
    let text = '';
    const gone = (): void =>
      reject(new CommandFailure('no-editor', 'The editor doesn’t respond.', openAnother));
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(JSON.stringify(request)));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > longest) socket.destroy();
    });
    socket.on('error', gone);
    socket.on('close', () => {
      const response = read(text);
      if (!response) gone();
      else if (response['status'] === 'success') resolve(response);
      else reject(failureOf(response));
    });
  });
}

function read(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function failureOf({ error, info, code }: Record<string, unknown>): CommandFailure {
  const reason = typeof code === 'string' && code in exitCodes ? (code as ExitReason) : 'failed';
  const message = typeof error === 'string' ? error : 'The editor failed.';
  return new CommandFailure(reason, message, typeof info === 'string' ? info : undefined);
}
