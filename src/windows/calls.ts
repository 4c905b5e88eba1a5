import { checkSize } from './channel.ts';
import { describeError, RemoteError, reviveError, type DescribedError } from './errors.ts';

/** Functions of another window. Arguments and results are JSON. */
export type Remote<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** Functions of all windows: one outcome for each window reached, in no order. */
export type Everywhere<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Outcome<Awaited<Result>>[]>
    : never;
};

type AnyFunction = (...args: never[]) => unknown;

/** Creates an object that has every function except `then`, so it can pass through an `await`. */
export function functionsBy<Functions extends object>(
  call: (name: string, args: unknown[]) => Promise<unknown>,
): Functions {
  const get = (_: object, name: string | symbol): AnyFunction | undefined =>
    typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined;
  return new Proxy({}, { get }) as Functions;
}

/**
 * A call behaves alike whether the function lives in this process or in another one: arguments and results pass
 * through JSON, what it throws arrives as a RemoteError. (`undefined` among the arguments becomes `null`, except
 * at their end.)
 */
export function asSent(args: readonly unknown[]): readonly unknown[] {
  const end = args.findLastIndex(argument => argument !== undefined);
  return throughJson(args.slice(0, end + 1)) as unknown[];
}

/** What a peer sent as name and arguments, checked, called on a plain object of functions. */
export async function invoke(functions: object, name: unknown, args: unknown): Promise<unknown> {
  const found: unknown =
    typeof name === 'string' && Object.hasOwn(functions, name) ? Reflect.get(functions, name) : undefined;
  if (typeof found !== 'function' || !Array.isArray(args)) {
    throw Object.assign(new Error('There is no such function in that window; it may run another version.'), {
      code: 'NO_SUCH_FUNCTION',
    });
  }
  return await (Reflect.apply(found, functions, args) as unknown);
}

/** A call of a function in this process, seen as if it had come back from another one. */
export async function asReceived(call: Promise<unknown>): Promise<unknown> {
  try {
    return throughJson(await call);
  } catch (error) {
    throw error instanceof RemoteError ? error : new RemoteError(describeError(error));
  }
}

function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return undefined;
  checkSize(text);
  return JSON.parse(text) as unknown;
}

/** How a broadcast ended in one window. */
export type Outcome<T = unknown> = { readonly value: T } | { readonly error: RemoteError };

/** As it crosses the wire. */
export type SentOutcome = { readonly value?: unknown } | { readonly error: DescribedError };

export const outcomeOf = (call: Promise<unknown>): Promise<SentOutcome> =>
  call.then(
    value => ({ value }),
    (error: unknown) => ({ error: describeError(error) }),
  );

/** Reverses {@link outcomeOf}, and tolerates anything that a peer sends. */
export function reviveOutcomes(sent: unknown): Outcome[] {
  if (!Array.isArray(sent)) return [];
  return sent.map((outcome: unknown) => {
    if (typeof outcome !== 'object' || outcome === null) return { error: reviveError(undefined) };
    const { value, error } = outcome as { value?: unknown; error?: unknown };
    return error === undefined ? { value } : { error: reviveError(error) };
  });
}
