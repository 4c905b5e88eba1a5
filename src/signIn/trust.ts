import { whileRunning } from '../platform/once.ts';
import { createQueue } from '../platform/queue.ts';
import { destinationOf } from '../providers/entries/destination.ts';
import type { Provider } from '../providers/entries/definition.ts';

/** Where it is remembered what a person has agreed to. Nothing of it is secret. */
export interface TrustStorage {
  get(key: string): unknown;
  update(key: string, value: string | undefined): PromiseLike<void>;
}

/** `new`: the person has not agreed to this provider yet. `changed`: it led elsewhere when they did. */
export type TrustQuestion = 'new' | 'changed';

export interface TrustOptions {
  readonly storage: TrustStorage;
  /**
   * Shows where the provider leads, and asks whether to sign in there.
   *
   * @returns false if the person does not want to, or did not answer before `signal` was aborted.
   */
  ask(provider: Provider, question: TrustQuestion, signal: AbortSignal): Promise<boolean>;
}

/**
 * What a person has agreed to sign in to. Settings come from a file that others can write too, and from the
 * manifests of extensions: so nobody is sent anywhere by a provider before they have seen where it leads.
 *
 * They are asked once for each provider, and again when it leads elsewhere or for another client. Refreshing
 * tokens is no sign-in, and asks nothing.
 */
export interface Trust {
  /**
   * Asks if need be; one question at a time, and one for all who want the same at the same time.
   *
   * @returns false if there is to be no sign-in.
   */
  check(provider: Provider, signal: AbortSignal): Promise<boolean>;
  /** The person has entered it themself, just now and here. */
  accept(provider: Provider): Promise<void>;
  /** The person has removed it. */
  forget(id: string): Promise<void>;
}

const keyOf = (id: string): string => `trusted/${id}`;

export function createTrust({ storage, ask }: TrustOptions): Trust {
  /** The questions that are open, by provider and destination. */
  const open = whileRunning<boolean>();
  const inTurn = createQueue();

  const isKnown = (provider: Provider): boolean =>
    storage.get(keyOf(provider.id)) === destinationOf(provider);
  const remember = async (id: string, value: string | undefined): Promise<void> => {
    // Where it cannot be kept the answer counts all the same: the person is asked again another time.
    await Promise.resolve(storage.update(keyOf(id), value)).catch(() => undefined);
  };

  const askUnlessKnown = async (provider: Provider, signal: AbortSignal): Promise<boolean> => {
    // Meanwhile it may have been answered in another window.
    if (isKnown(provider)) return true;
    const question = storage.get(keyOf(provider.id)) === undefined ? 'new' : 'changed';
    if (signal.aborted || !(await ask(provider, question, signal))) return false;
    await remember(provider.id, destinationOf(provider));
    return true;
  };

  return {
    async check(provider, signal) {
      if (isKnown(provider)) return true;
      const key = JSON.stringify([provider.id, destinationOf(provider)]);
      return open(key, () => inTurn(() => askUnlessKnown(provider, signal)));
    },
    accept: provider => remember(provider.id, destinationOf(provider)),
    forget: id => remember(id, undefined),
  };
}
