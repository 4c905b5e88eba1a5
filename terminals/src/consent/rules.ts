/**
 * Who can have which tokens, as a pure state machine: one event after another goes in, and what is to be done comes out.
 * It knows no clock, no editor and no token.
 */

/** What programs are allowed to have. Two that are equal are asked about once. */
export interface Subject {
  /** What identifies it: equal subjects have equal keys. */
  readonly key: string;
  /** What a user said no to, so other subjects of the same account don't ask either for a while. */
  readonly accountKey: string;
  /** False for what the settings don't declare: it is asked about each time, and never remembered. */
  readonly isDeclared: boolean;
}

/** What a user can choose. `no` is also what closing the question means. `failed`: no one could be asked or signed in. */
export type Choice = 'once' | 'window' | 'workspace' | 'never' | 'no' | 'failed';

/** `ask`, or why no one is disturbed, and what isn't allowed already is refused: for this program, or for any. */
export type Mode = 'ask' | 'silent-task' | 'silent-only';

/** Why a request gets no token. */
export type Refusal =
  'declined' | 'declined-before' | 'failed' | 'never' | 'silent-task' | 'silent-only' | 'locked' | 'too-many';

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly why: Refusal };

/** Something remembered, to list and to take back. */
export interface Permission {
  readonly key: string;
  readonly accountKey: string;
  readonly choice: 'window' | 'workspace' | 'never';
  /** When it ends, in milliseconds since the epoch. Undefined: never. */
  readonly until: number | undefined;
}

export interface ConsentState {
  readonly permissions: readonly Permission[];
  /** Questions, the first of which is shown. Each with the requests that wait for it. */
  readonly questions: readonly Question[];
  /** Accounts that a user said no to, or couldn't sign in to, and until when no one asks again. */
  readonly quietUntil: Readonly<Record<string, number>>;
  /** Nothing is given out until it is unlocked. */
  readonly isLocked: boolean;
}

interface Question {
  readonly subject: Subject;
  readonly waiting: readonly number[];
}

export type ConsentEvent =
  | {
      readonly kind: 'asked';
      readonly id: number;
      readonly subject: Subject;
      readonly mode: Mode;
      /** No one is signed in: a user has to do something, whatever was allowed before. */
      readonly needsSignIn: boolean;
    }
  /** The client no longer waits. */
  | { readonly kind: 'hung-up'; readonly id: number }
  /** A user answered the question that is shown. */
  | { readonly kind: 'answered'; readonly choice: Choice }
  | { readonly kind: 'taken-back'; readonly key: string }
  | { readonly kind: 'locked' }
  | { readonly kind: 'unlocked' };

export type ConsentEffect =
  | { readonly kind: 'decide'; readonly id: number; readonly decision: Decision }
  | { readonly kind: 'show'; readonly subject: Subject }
  /** Permissions for the workspace have changed: they are stored. */
  | { readonly kind: 'store' };

/** How long "for this window" lasts, in milliseconds. */
export const windowTime = 12 * 60 * 60 * 1000;
/** How long no one is asked about an account again after a no, in milliseconds. */
export const quietTime = 30_000;
/** The most requests that wait at a time, and the most permissions that are remembered. */
export const mostWaiting = 200;
export const mostPermissions = 500;

export const initialState = (permissions: readonly Permission[] = []): ConsentState => ({
  permissions,
  questions: [],
  quietUntil: {},
  isLocked: false,
});

interface Step {
  readonly state: ConsentState;
  readonly effects: readonly ConsentEffect[];
}

const refuse = (id: number, why: Refusal): ConsentEffect => ({
  kind: 'decide',
  id,
  decision: { allowed: false, why },
});
const allow = (id: number): ConsentEffect => ({ kind: 'decide', id, decision: { allowed: true } });

/** What is remembered about a subject now. */
export function permissionFor(
  { permissions }: ConsentState,
  { key, isDeclared }: Subject,
  now: number,
): Permission | undefined {
  const found = permissions.find(permission => permission.key === key);
  if (!found || (found.until !== undefined && found.until <= now)) return undefined;
  // What was declared once and no longer is counts as a no only.
  return isDeclared || found.choice === 'never' ? found : undefined;
}

/** @param now in milliseconds since the epoch. */
export function step(before: ConsentState, event: ConsentEvent, now: number): Step {
  const state = current(before, now);
  switch (event.kind) {
    case 'asked':
      return asked(state, event, now);
    case 'hung-up':
      return hungUp(state, event.id);
    case 'answered':
      return answered(state, event.choice, now);
    case 'taken-back':
      return takenBack(state, event.key);
    case 'locked':
      return {
        state: { ...state, isLocked: true, questions: shownOnly(state) },
        effects: all(state, 'locked'),
      };
    case 'unlocked':
      return { state: { ...state, isLocked: false }, effects: [] };
  }
}

/** The question on the screen stays, since no dialog can be closed. No one waits for it any longer. */
const shownOnly = ({ questions: [first] }: ConsentState): readonly Question[] =>
  first ? [{ ...first, waiting: [] }] : [];

const all = ({ questions }: ConsentState, why: Refusal): ConsentEffect[] =>
  questions.flatMap(({ waiting }) => waiting.map(id => refuse(id, why)));

/** Without what has ended by now. */
export function current(state: ConsentState, now: number): ConsentState {
  const quiet = Object.entries(state.quietUntil).filter(([, until]) => until > now);
  const permissions = state.permissions.filter(({ until }) => until === undefined || until > now);
  return { ...state, permissions, quietUntil: Object.fromEntries(quiet) };
}

function asked(
  state: ConsentState,
  { id, subject, mode, needsSignIn }: Extract<ConsentEvent, { kind: 'asked' }>,
  now: number,
): Step {
  const remembered = permissionFor(state, subject, now);
  const unchanged = (effect: ConsentEffect): Step => ({ state, effects: [effect] });
  if (state.isLocked) return unchanged(refuse(id, 'locked'));
  if (remembered?.choice === 'never') return unchanged(refuse(id, 'never'));
  if (remembered && !needsSignIn) return unchanged(allow(id));
  if (mode !== 'ask') return unchanged(refuse(id, mode));
  if (subject.accountKey in state.quietUntil) return unchanged(refuse(id, 'declined-before'));
  if (state.questions.reduce((sum, { waiting }) => sum + waiting.length, 0) >= mostWaiting)
    return unchanged(refuse(id, 'too-many'));
  const at = state.questions.findIndex(question => question.subject.key === subject.key);
  if (at >= 0) {
    const questions = state.questions.map((question, place) =>
      place === at ? { ...question, waiting: [...question.waiting, id] } : question,
    );
    return { state: { ...state, questions }, effects: [] };
  }
  const questions = [...state.questions, { subject, waiting: [id] }];
  const effects: ConsentEffect[] = questions.length === 1 ? [{ kind: 'show', subject }] : [];
  return { state: { ...state, questions }, effects };
}

function hungUp(state: ConsentState, id: number): Step {
  const questions = state.questions
    .map(question => ({ ...question, waiting: question.waiting.filter(other => other !== id) }))
    // The first is on the screen until someone responds to it.
    .filter(({ waiting }, at) => at === 0 || waiting.length > 0);
  return { state: { ...state, questions }, effects: [] };
}

function answered(state: ConsentState, choice: Choice, now: number): Step {
  const [question, ...others] = state.questions;
  if (!question) return { state, effects: [] };
  const { subject, waiting } = question;
  const isYes = choice !== 'no' && choice !== 'failed' && choice !== 'never';
  // A yes to a question that was taken back is a yes to nothing.
  const counts = !isYes || (waiting.length > 0 && !state.isLocked);
  const remembered = counts ? remember(subject, choice, now) : undefined;
  const next: ConsentState = {
    ...state,
    questions: others,
    permissions: remembered
      ? [...state.permissions.filter(({ key }) => key !== subject.key), remembered].slice(-mostPermissions)
      : state.permissions,
    quietUntil:
      choice === 'no' || choice === 'failed'
        ? { ...state.quietUntil, [subject.accountKey]: now + quietTime }
        : state.quietUntil,
  };
  const decisions = waiting.map(id =>
    isYes ? allow(id) : refuse(id, choice === 'no' ? 'declined' : choice),
  );
  const isStored = remembered !== undefined && remembered.choice !== 'window';
  const after = showNext(next);
  return {
    state: after.state,
    effects: [...decisions, ...(isStored ? [{ kind: 'store' } as const] : []), ...after.effects],
  };
}

/** Shows the next question that is still one: those about an account that was refused just now aren't. */
function showNext(state: ConsentState): Step {
  const isQuiet = ({ subject }: Question): boolean => subject.accountKey in state.quietUntil;
  const refused = state.questions.filter(isQuiet);
  const questions = state.questions.filter(question => !isQuiet(question));
  const effects: ConsentEffect[] = refused.flatMap(({ waiting }) =>
    waiting.map(id => refuse(id, 'declined-before')),
  );
  const [first] = questions;
  return {
    state: { ...state, questions },
    effects: first ? [...effects, { kind: 'show', subject: first.subject }] : effects,
  };
}

function remember(
  { key, accountKey, isDeclared }: Subject,
  choice: Choice,
  now: number,
): Permission | undefined {
  if (choice === 'never') return { key, accountKey, choice, until: undefined };
  if (!isDeclared || (choice !== 'window' && choice !== 'workspace')) return undefined;
  return { key, accountKey, choice, until: choice === 'window' ? now + windowTime : undefined };
}

function takenBack(state: ConsentState, key: string): Step {
  const permissions = state.permissions.filter(permission => permission.key !== key);
  return { state: { ...state, permissions }, effects: [{ kind: 'store' }] };
}
