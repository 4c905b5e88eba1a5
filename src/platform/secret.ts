const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A value that must never be printed: a token, a code, a verifier, a client secret.
 *
 * Its string, JSON, and debugger preview are `[redacted]`. Only {@link Secret.reveal} returns the value, so a search
 * for `reveal(` finds every place where a secret leaves.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it as late as possible, and never to put the result in a message or a log. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect](): string {
    return '[redacted]';
  }
}

/** Turns text into a {@link Secret}, and leaves nothing as nothing. */
export function secret(value: string): Secret;
export function secret(value: string | undefined): Secret | undefined;
export function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
