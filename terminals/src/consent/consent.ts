import type { Clock } from '../../../src/platform/clock.ts';
import {
  current,
  initialState,
  permissionFor,
  step,
  type Choice,
  type ConsentEvent,
  type Decision,
  type Mode,
  type Permission,
  type Subject,
} from './rules.ts';

/** Asks users on behalf of programs, as {@link step} says. */
export interface Consent<S extends Subject> {
  /**
   * Waits until a user has decided, if no one has decided already.
   *
   * @param hungUp takes the question back.
   * @param needsSignIn asks in any case.
   */
  ask(subject: S, mode: Mode, hungUp: AbortSignal, needsSignIn?: boolean): Promise<Decision>;
  /** Whether a subject is allowed by what is remembered. */
  isAllowed(subject: S): boolean;
  /** What is remembered now. */
  permissions(): readonly Permission[];
  takeBack(key: string): void;
  /** From now on no one gets anything, and no one is asked. */
  lock(): void;
  unlock(): void;
  readonly isLocked: boolean;
}

export interface ConsentOptions<S extends Subject> {
  readonly clock: Clock;
  /** What was stored for this workspace. */
  readonly stored: readonly Permission[];
  /** Stores what counts for this workspace. */
  store(this: void, permissions: readonly Permission[]): void;
  /** Shows a question. */
  show(this: void, subject: S): Promise<Choice>;
  /** Something that is shown of the state has changed. */
  onChange(this: void): void;
}

export function createConsent<S extends Subject>(options: ConsentOptions<S>): Consent<S> {
  const { clock, store, show, onChange } = options;
  let state = initialState(options.stored);
  let latest = 0;
  const waiting = new Map<number, (decision: Decision) => void>();
  /** The subjects of questions, of which the rules know the keys only. */
  const subjects = new Map<string, S>();

  function happen(event: ConsentEvent): void {
    const { state: after, effects } = step(state, event, clock.now());
    state = after;
    for (const effect of effects) {
      if (effect.kind === 'decide') waiting.get(effect.id)?.(effect.decision);
      else if (effect.kind === 'store') store(state.permissions.filter(({ choice }) => choice !== 'window'));
      else void present(effect.subject.key);
    }
    onChange();
  }

  async function present(key: string): Promise<void> {
    const subject = subjects.get(key);
    const choice = subject ? await show(subject).catch((): Choice => 'failed') : 'failed';
    subjects.delete(key);
    happen({ kind: 'answered', choice });
  }

  return {
    async ask(subject, mode, hungUp, needsSignIn = false) {
      const id = ++latest;
      const { promise, resolve } = Promise.withResolvers<Decision>();
      waiting.set(id, resolve);
      const hangUp = (): void => {
        happen({ kind: 'hung-up', id });
        resolve({ allowed: false, why: 'declined' });
      };
      hungUp.addEventListener('abort', hangUp, { once: true });
      try {
        subjects.set(subject.key, subject);
        happen({ kind: 'asked', id, subject, mode, needsSignIn });
        if (hungUp.aborted) hangUp();
        return await promise;
      } finally {
        waiting.delete(id);
        hungUp.removeEventListener('abort', hangUp);
        if (!state.questions.some(question => question.subject.key === subject.key))
          subjects.delete(subject.key);
      }
    },
    isAllowed(subject) {
      const found = permissionFor(state, subject, clock.now());
      return found !== undefined && found.choice !== 'never';
    },
    permissions: () => current(state, clock.now()).permissions,
    takeBack: key => happen({ kind: 'taken-back', key }),
    lock: () => happen({ kind: 'locked' }),
    unlock: () => happen({ kind: 'unlocked' }),
    get isLocked() {
      return state.isLocked;
    },
  };
}
