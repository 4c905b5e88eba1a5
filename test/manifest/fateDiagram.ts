import type { Event, State } from '../../src/sessions/grant/events.ts';
import { fateOf } from '../../src/sessions/grant/fate.ts';
import { step } from '../../src/sessions/grant/step.ts';

/** Every change of a grant's fate: the kinds before and after it, and what makes it. */
export type Transitions = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** The parts of `sending`, which is one request from its begin to its end. */
const stages = ['listening', 'noted', 'sent', 'rotated'];

/** What every event, and the passing of time, makes of each state. */
export function transitionsOf(states: Iterable<State>, events: readonly Event[]): Transitions {
  const found = new Map<string, Map<string, Set<string>>>();
  const note = (before: State, after: State, cause: string): void => {
    const [from, to] = [placeOf(before), placeOf(after)];
    if (from === undefined || to === undefined || from === to) return;
    const causes = found.get(from) ?? new Map<string, Set<string>>();
    found.set(from, causes.set(to, (causes.get(to) ?? new Set()).add(cause)));
  };
  for (const state of states) {
    for (const event of events.filter(possible => happensIn(state, possible))) {
      const { grant, memory } = step(state, event);
      note(state, { ...state, grant, memory }, causeOf(event));
    }
    for (const now of timesIn(state)) note(state, { ...state, now }, 'time');
  }
  return found;
}

/** Where a grant is; undefined once it was signed out, and while its provider is not configured. */
function placeOf({ grant, policy, memory, now }: State): string | undefined {
  if (!grant || !policy) return undefined;
  const { kind } = fateOf(grant, policy, memory, now);
  return kind === 'sending' ? memory.request?.stage : kind;
}

/** What comes of a request is heard only while it is under way. */
function happensIn({ memory: { request } }: State, { kind }: Event): boolean {
  switch (kind) {
    case 'listened':
      return request?.stage === 'listening';
    case 'noted':
    case 'about-to-send':
    case 'withheld':
      return request?.stage === 'noted';
    case 'rotated':
      return request?.stage === 'sent';
    case 'answered':
    case 'failed':
      return request?.stage === 'sent' || request?.stage === 'rotated';
    case 'timer':
      return request === undefined;
    default:
      return true;
  }
}

const causeOf = (event: Event): string =>
  event.kind === 'failed' ? (event.failure?.code ?? 'unforeseen') : event.kind;

/** The moments after this one at which something is to be done, or the token ends. */
function timesIn({ grant, policy, memory, now }: State): number[] {
  if (!grant) return [];
  const { nextAt, until } = fateOf(grant, policy, memory, now);
  return [nextAt, until].filter(time => time !== undefined).filter(time => time > now);
}

/** A picture of the transitions, from the sign-in on. What a request goes through stands within `sending`. */
export function fateDiagram(transitions: Transitions): string {
  const inside = new Map<string, Set<string>>();
  const outside = new Map<string, Set<string>>();
  for (const [from, causes] of transitions)
    for (const [to, why] of causes) {
      const arrows = stages.includes(from) && stages.includes(to) ? inside : outside;
      const arrow = arrows === inside ? `${from} --> ${to}` : `${nodeOf(from)} --> ${nodeOf(to)}`;
      arrows.set(arrow, new Set([...(arrows.get(arrow) ?? []), ...why]));
    }
  const drawn = (arrows: ReadonlyMap<string, ReadonlySet<string>>, indent: string): string[] =>
    [...arrows].map(([arrow, why]) => `${indent}${arrow}: ${[...why].sort().join(', ')}`).sort();
  return [
    'stateDiagram-v2',
    '  state "in doubt" as in_doubt',
    '  state "needs sign-in" as needs_sign_in',
    '  [*] --> valid: signed in',
    '  state sending {',
    '    [*] --> listening',
    ...drawn(inside, '    '),
    '  }',
    ...drawn(outside, '  '),
  ].join('\n');
}

/** Mermaid takes no hyphen in a name. */
const nodeOf = (place: string): string => (stages.includes(place) ? 'sending' : place.replaceAll('-', '_'));
