import { whileRunning } from '../platform/once.ts';
import { createQueue } from '../platform/queue.ts';
import type { Provider } from '../providers/entries/definition.ts';
import type { Terms } from '../providers/entries/terms.ts';

declare const asked: unique symbol;

/**
 * A person's yes to something secret going somewhere. Only a dialog gives one (ui/consent.ts): other extensions can
 * answer every other question of the editor.
 */
export type Yes = true & { readonly [asked]: true };

/** Where it is remembered what a person has agreed to. Nothing of it is secret. */
export interface TrustStorage {
  get(key: string): unknown;
  update(key: string, value: string | undefined): PromiseLike<void>;
}

export interface TrustOptions {
  readonly storage: TrustStorage;
  /**
   * Shows where the provider leads, and asks whether to sign in there.
   *
   * @param before what the person agreed to, if it was something else; undefined: to nothing of that id.
   * @returns false if the person does not want to, or did not answer before `signal` was aborted.
   */
  ask(provider: Provider, before: Terms | undefined, signal: AbortSignal): Promise<Yes | false>;
  /** Called when the person has agreed, before anybody goes on: sign-ins that waited for that can be used. */
  onAgreed(provider: Provider): Promise<void>;
}

/**
 * What a person has agreed to sign in to. Settings come from a file that others can write too, and from the
 * manifests of extensions: so nobody is sent anywhere by a provider before they have seen where it leads.
 *
 * They are asked once for each provider, and again when its terms change (providers/entries/terms.ts). Refreshing asks
 * nothing: sign-ins of other terms are not used until the person has agreed.
 */
export interface Trust {
  /**
   * Asks if need be; one question at a time, and one for all who want the same at the same time.
   *
   * @returns false if there is to be no sign-in.
   */
  check(provider: Provider, signal: AbortSignal): Promise<boolean>;
  /** True if the person has agreed to the provider as it is set now. Asks nobody. */
  isAgreed(provider: Provider): boolean;
  /** The person has entered it themself, just now and here. */
  accept(provider: Provider): Promise<void>;
  /** The person has removed it. */
  forget(id: string): Promise<void>;
}

const keyOf = (id: string): string => `trusted/${id}`;

/** What a person has agreed to for a provider id, as it was stored. */
export const agreedTerms = (storage: Pick<TrustStorage, 'get'>, id: string): unknown =>
  storage.get(keyOf(id));

export function createTrust({ storage, ask, onAgreed }: TrustOptions): Trust {
  /** The questions that are open, by provider and terms. */
  const open = whileRunning<boolean>();
  const inTurn = createQueue();

  const isKnown = (provider: Provider): boolean => storage.get(keyOf(provider.id)) === provider.terms;
  const remember = async (id: string, value: string | undefined): Promise<void> => {
    // Where it cannot be kept the answer counts all the same: the person is asked again another time.
    await Promise.resolve(storage.update(keyOf(id), value)).catch(() => undefined);
  };

  const agreed = async (provider: Provider): Promise<void> => {
    await remember(provider.id, provider.terms);
    await onAgreed(provider);
  };

  const askUnlessKnown = async (provider: Provider, signal: AbortSignal): Promise<boolean> => {
    // Meanwhile it may have been answered in another window.
    if (isKnown(provider)) return true;
    const known = storage.get(keyOf(provider.id));
    const before = typeof known === 'string' ? known : undefined;
    if (signal.aborted || !(await ask(provider, before, signal))) return false;
    await agreed(provider);
    return true;
  };

  return {
    async check(provider, signal) {
      if (isKnown(provider)) return true;
      const key = JSON.stringify([provider.id, provider.terms]);
      return open(key, () => inTurn(() => askUnlessKnown(provider, signal)));
    },
    isAgreed: isKnown,
    accept: agreed,
    forget: id => remember(id, undefined),
  };
}
