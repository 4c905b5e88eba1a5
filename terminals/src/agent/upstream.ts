import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import { untilDeadline } from '../../../src/platform/deadline.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { AgentResponse } from './requests.ts';

/** How long a user's own agent has for a response, in seconds: it can ask the user as well. */
export const upstreamPatience = 120;
/** How long the agent of another window has to say that its window is there, in seconds. */
export const checkPatience = 2;
const longestAnswer = 1_000_000;

/** The agent that `OIDC_SOCK` named before. Undefined if there is none, or if it is one of ours. */
export function upstreamPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const path = env['OIDC_SOCK'];
  if (path === undefined || path === '') return undefined;
  // An editor that was started from a terminal of an editor.
  const isOurs = /^vo-/.test(basename(dirname(path))) || /\\vo-[^\\]+$/.test(path);
  return isOurs ? undefined : path;
}

/**
 * Hands a request on to a user's own agent, in plain JSON, which oidc-agent takes from version 4 on.
 *
 * @returns undefined if it gives no response.
 */
export async function askUpstream(
  path: string,
  json: unknown,
  clock: Clock,
  signal: AbortSignal,
  seconds = upstreamPatience,
): Promise<AgentResponse | undefined> {
  const late = (): Error => new Error('The agent gives no answer in time');
  try {
    return await untilDeadline({ clock, seconds, late, signal }, within => exchange(path, json, within));
  } catch {
    return undefined;
  }
}

/**
 * True if an agent listens there whose window responds. The extension host of a browser that has crashed, or of a
 * connection that was lost, lives on for hours: its agent still listens, and can neither ask anyone nor get a token.
 */
export async function isServed(path: string, clock: Clock): Promise<boolean> {
  const { signal } = new AbortController();
  const response = await askUpstream(path, { request: 'check' }, clock, signal, checkPatience);
  return response?.status === 'success';
}

function exchange(path: string, json: unknown, signal: AbortSignal): Promise<AgentResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(JSON.stringify(json)));
    socket.on('error', reject);
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > longestAnswer) socket.destroy();
    });
    socket.on('close', () => {
      const answer = answerIn(text);
      if (answer) resolve(answer);
      else reject(new Error('No answer'));
    });
  });
}

/**
 * Reads a response, whatever its status: some requests are `accepted`, and finish later.
 *
 * @returns undefined if it isn't one, or a failure that doesn't say why.
 */
function answerIn(text: string): AgentResponse | undefined {
  const plain = text.replace(/\0\s*$/, '');
  // The status of oidc-agent has line breaks as they are.
  const value =
    objectIn(plain) ?? objectIn(plain.replace(/[\t\n\r]/g, sign => JSON.stringify(sign).slice(1, -1)));
  const isAnswer =
    (typeof value?.status === 'string' && value.status !== 'failure') || typeof value?.error === 'string';
  return isAnswer ? (value as AgentResponse) : undefined;
}

function objectIn(text: string): { status?: unknown; error?: unknown } | null | undefined {
  try {
    return JSON.parse(text) as { status?: unknown };
  } catch {
    return undefined;
  }
}
