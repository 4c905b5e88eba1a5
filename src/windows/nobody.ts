import { RemoteError, describeError } from './errors.ts';
import type { Everywhere, Remote, WindowGroup, WindowGroupOptions } from './group.ts';

type AnyFunction = (...args: never[]) => unknown;

/**
 * A group of one, for where a process cannot meet others (a web worker has no sockets): this window is its own
 * owner. Takes what `joinWindows` takes, and needs nothing of Node.
 */
export function joinNobody<OwnerFunctions extends object, WindowFunctions extends object>(
  options: Pick<WindowGroupOptions<OwnerFunctions, WindowFunctions>, 'createOwner' | 'window'>,
): WindowGroup<OwnerFunctions, WindowFunctions> {
  const leaving = new AbortController();
  const call = async (functions: object, name: string, args: unknown[]): Promise<unknown> => {
    try {
      return await (Reflect.apply(Reflect.get(functions, name) as AnyFunction, functions, args) as unknown);
    } catch (error) {
      throw new RemoteError(describeError(error));
    }
  };
  const broadcast = functionsBy<Everywhere<WindowFunctions>>(async (name, args) => [
    await call(options.window, name, args).then(
      value => ({ value }),
      (error: RemoteError) => ({ error }),
    ),
  ]);
  const { signal } = leaving;
  const owner = Promise.resolve(
    options.createOwner({ generation: 0, isCurrent: () => !signal.aborted, signal, broadcast }),
  );
  return {
    owner: functionsBy<Remote<OwnerFunctions>>(async (name, args) => call(await owner, name, args)),
    broadcast,
    role: 'alone',
    generation: 0,
    onRoleChange: () => () => undefined,
    dispose() {
      leaving.abort();
      return Promise.resolve();
    },
  };
}

/** An object that has every function; `then` excepted, so that it can pass through an `await`. */
function functionsBy<Functions extends object>(
  call: (name: string, args: unknown[]) => Promise<unknown>,
): Functions {
  const get = (_: object, name: string | symbol): AnyFunction | undefined =>
    typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined;
  return new Proxy({}, { get }) as Functions;
}
