import { consentTo, type Consent } from '../protocol/client/consent.ts';
import { whileRunning } from '../platform/once.ts';
import { createQueue } from '../platform/queue.ts';
import type { Memory } from '../platform/storage.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { agreementKey, covers, isUnverified, type Terms } from '../providers/entries/terms.ts';

declare const asked: unique symbol;

/**
 * The user's yes to sending a secret somewhere. Only a dialog gives one (ui/consent.ts): other extensions can accept
 * every other question of the editor.
 */
export type Yes = true & { readonly [asked]: true };

export interface TrustOptions {
  /** Remembers what a user has agreed to. It holds no secret. */
  readonly memory: Pick<Memory, 'get' | 'set'>;
  /**
   * Shows the provider's hosts, and asks whether to sign in there.
   *
   * @param before what the user agreed to, if it was something else. Undefined: to nothing with that ID.
   * @returns false if the user declines, or doesn't decide before `signal` was aborted.
   */
  ask(provider: Provider, before: Terms | undefined, signal: AbortSignal): Promise<Yes | false>;
  /** True if there are sign-ins of a provider with this ID. */
  hasSignIns(id: string): Promise<boolean>;
  /** Called when the user has agreed, before any caller continues: waiting sign-ins can be used. */
  onAgreed(provider: Provider): Promise<void>;
}

/**
 * What a user has agreed to sign in to. Settings come from a file that others can write too, and from the manifests of
 * extensions, so a provider sends no user anywhere before they have seen its hosts.
 *
 * They are asked once for each provider, and again when its terms change (providers/entries/terms.ts). Refreshing asks
 * nothing: sign-ins with other terms aren't used until the user has agreed.
 */
export interface Trust {
  /**
   * Asks if necessary, one question at a time, and one for all equal requests at the same time.
   *
   * @returns false if there is to be no sign-in.
   */
  check(provider: Provider, signal: AbortSignal): Promise<Consent | false>;
  /** True if the user has agreed to the provider's current settings. Asks no question. */
  isAgreed(provider: Provider): boolean;
  /**
   * The user entered it in the wizard. The question still comes if something is at stake (sign-ins of the same ID, or
   * earlier terms), because other extensions can fill in and accept the boxes of the wizard, and if certificates
   * aren't verified, which the wizard doesn't say.
   *
   * @returns false if there is to be no sign-in.
   */
  accept(provider: Provider, signal: AbortSignal): Promise<Consent | false>;
  /** The user has removed it. */
  forget(id: string): void;
}

export function createTrust({ memory, ask, hasSignIns, onAgreed }: TrustOptions): Trust {
  /** The questions that are open, by provider and terms. */
  const open = whileRunning<Consent | false>();
  const inTurn = createQueue();
  /** The terms of providers that were entered here and have no sign-in yet. */
  const entered = new Map<string, unknown>();

  const isKnown = ({ id, terms }: Provider): boolean => {
    const agreed = memory.get(agreementKey(id));
    return typeof agreed === 'string' && covers(agreed, terms);
  };
  const agreed = async (provider: Provider): Promise<void> => {
    memory.set(agreementKey(provider.id), provider.terms);
    await onAgreed(provider);
  };

  const askUnlessKnown = async (provider: Provider, signal: AbortSignal): Promise<Consent | false> => {
    // The user might have decided in another window meanwhile.
    if (isKnown(provider)) return consentTo(provider.issuer);
    const known = memory.get(agreementKey(provider.id));
    const before = typeof known === 'string' ? known : undefined;
    if (signal.aborted || !(await ask(provider, before, signal))) return false;
    await agreed(provider);
    return consentTo(provider.issuer);
  };

  const check: Trust['check'] = async (provider, signal) => {
    if (isKnown(provider)) return consentTo(provider.issuer);
    const key = JSON.stringify([provider.id, provider.terms]);
    return open(key, () => inTurn(() => askUnlessKnown(provider, signal)));
  };

  return {
    check,
    isAgreed: isKnown,
    async accept(provider, signal) {
      const { id, terms } = provider;
      // After a failed sign-in, the user enters it again.
      const isNew = memory.get(agreementKey(id)) === entered.get(id) && !(await hasSignIns(id));
      if (!isNew || isUnverified(terms)) return check(provider, signal);
      entered.set(id, terms);
      await agreed(provider);
      return consentTo(provider.issuer);
    },
    forget(id) {
      entered.delete(id);
      memory.set(agreementKey(id), undefined);
    },
  };
}
