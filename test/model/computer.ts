import { joinWindows } from '../../src/windows/group.ts';
import type { JoinWindows } from '../../src/sessions/sharing/windowCalls.ts';
import { memoryNetwork, type Life, type MemoryNetwork } from '../standIns/memoryTransport.ts';

/**
 * The windows of one computer as they are, in one process and without sockets, so that every order of events can be
 * tried: messages take a moment, and some windows are slow.
 */
export interface Computer extends Omit<MemoryNetwork, 'transport'> {
  join: (life: Life) => JoinWindows;
  /** Very slow: it may not be heard in time. */
  isSlow(life: Life): boolean;
  /** What is sent to a window takes so many turns more. */
  slow(life: Life, turns: number): void;
  /** Messages on their way. */
  readonly busy: () => boolean;
  /** Answers on their way. */
  readonly answering: () => boolean;
}

export function createComputer(): Computer {
  const slowness = new Map<Life, number>();
  let moving = 0;
  let answers = 0;
  const { transport, ...network } = memoryNetwork(async (from, to, line) => {
    const isAnswer = line.includes('"t":"s"');
    moving++;
    if (isAnswer) answers++;
    // What a window tells itself does not travel.
    const turns = 1 + (from === to ? 0 : (slowness.get(to) ?? 0));
    for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
    moving--;
    if (isAnswer) answers--;
  });
  return {
    ...network,
    join: life => options => joinWindows(transport(life), options),
    isSlow: life => (slowness.get(life) ?? 0) > 100,
    slow: (life, turns) => void slowness.set(life, turns),
    busy: () => moving > 0,
    answering: () => answers > 0,
  };
}
