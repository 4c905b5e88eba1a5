import type { Secret } from '../../platform/secret.ts';

/** A sign-in that waits for its authorization response. */
export interface PendingResponse {
  /** Resolves with the parameters of the response that carries this sign-in's `state`. */
  readonly response: Promise<URLSearchParams>;
  /** Stops waiting: a response that comes later is ignored. */
  drop(): void;
}

/** Why a response belongs to no sign-in. */
export type StrayReason = 'no-state' | 'another-state' | 'malformed';
export type OnStray = (reason: StrayReason) => void;

type StateParameter = 'state' | 'relay';

interface Entry {
  readonly state: Secret;
  readonly path: string;
  readonly name: StateParameter;
  readonly onStray: OnStray;
  resolve(parameters: URLSearchParams): void;
}

/** How many ended sign-ins are remembered: their late responses belong to no other window. */
const endedOnes = 50;

/** No real authorization response is longer, in characters. */
const longestResponse = 16 * 1024;

/**
 * Control characters (NUL, CR, LF), invisible formatting ones (bidi) and U+FFFD, which escapes that are no
 * UTF-8 turn into, occur in no real response, with one exception.
 */
const unprintable = /[\p{Cc}\p{Cf}\uFFFD]/u;

/** Entra ID breaks the lines of the reason it gives, which is made readable before it is shown. */
const lineBreaks = /[\r\n\t]/g;

/**
 * The sign-ins of this window that wait for an authorization response, by `state`.
 *
 * Any web page can open our URI, so a response that belongs to no sign-in can't end, delay or disturb a waiting one. A
 * `state` is good for one response.
 */
export type PendingResponses = ReturnType<typeof createPendingResponses>;

export function createPendingResponses() {
  const pending = new Set<Entry>();
  const ended: Secret[] = [];
  const end = (entry: Entry): void => {
    // Who was answered stops waiting too.
    if (!pending.delete(entry)) return;
    ended.push(entry.state);
    ended.splice(0, ended.length - endedOnes);
  };
  return {
    /**
     * @param path the path of the redirect URI. A response to another path isn't its own.
     * @param onStray receives each response that comes to the path and belongs to no sign-in.
     * @param name the parameter that holds `state`. Only a relay, which uses `state` for itself, has another one.
     */
    expect(
      state: Secret,
      path: string,
      onStray: OnStray = () => undefined,
      name: StateParameter = 'state',
    ): PendingResponse {
      const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
      const entry = { state, path, name, onStray, resolve };
      pending.add(entry);
      return { response: promise, drop: () => end(entry) };
    },
    /** @returns true if a sign-in was waiting for it. */
    deliver(path: string, parameters: URLSearchParams): boolean {
      if (!isPlausible(parameters)) return false;
      const name = parameters.has('relay') ? 'relay' : 'state';
      const state = parameters.get(name) ?? '';
      // Compares all of them, each in constant time: timing reveals nothing about a state.
      const found = [...pending].filter(entry => equalInConstantTime(entry.state.reveal(), state));
      const entry = found.find(candidate => candidate.path === path && candidate.name === name);
      if (!entry) return false;
      end(entry);
      entry.resolve(parameters);
      return true;
    },
    /** Reports a response that belongs to no sign-in, in no window, unless it is late or comes twice. */
    stray(path: string, parameters: URLSearchParams): void {
      const states = [...parameters.getAll('state'), ...parameters.getAll('relay')];
      const isBare = !states.some(state => state !== '');
      if (ended.some(state => states.some(other => equalInConstantTime(state.reveal(), other)))) return;
      const reason =
        !isPlausible(parameters) && !isBare ? 'malformed' : isBare ? 'no-state' : 'another-state';
      for (const entry of pending) if (entry.path === path) entry.onStray(reason);
    },
  };
}

function isPlausible(parameters: URLSearchParams): boolean {
  let length = 0;
  for (const [name, value] of parameters) {
    length += name.length + value.length;
    if (length > longestResponse) return false;
    const text = name === 'error_description' ? value.replace(lineBreaks, ' ') : value;
    if (unprintable.test(name) || unprintable.test(text)) return false;
  }
  return parameters.getAll(parameters.has('relay') ? 'relay' : 'state').length === 1;
}

function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++)
    difference |= a.charCodeAt(at) ^ (b.charCodeAt(at % (b.length || 1)) || 0);
  return difference === 0;
}
