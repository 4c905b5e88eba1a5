import type { Cancel } from '../../platform/clock.ts';
import { createEmitter } from '../../platform/emitter.ts';

import { blank, type Memory, type Trouble } from '../grant/fate.ts';

/** What other windows are told of a trouble. */
export type ToldTrouble = Pick<Trouble, 'reason' | 'retryAt'>;

/** What this window knows of its grants beside what is stored with them. Who leads knows it, and tells the others. */
export interface Memories {
  of(grantId: string): Memory;
  set(grantId: string, memory: Memory): void;
  /** Takes over what the leader has told; null: the trouble is over. @param serial of the tokens it is about. */
  hear(grantId: string, serial: number, trouble: ToldTrouble | null): void;
  /** Forgets the troubles: another window leads. */
  forgetTroubles(): void;
  /** What this window lacked may be there now. */
  secretsChanged(): void;
  /** The grants in trouble. */
  troubles(): readonly (readonly [string, ToldTrouble])[];
  /** Told of each grant whose trouble is another one now. */
  onDidChange(listener: (grantId: string) => void): Cancel;
}

export function createMemories(): Memories {
  const memories = new Map<string, Memory>();
  const changes = createEmitter<string>();
  const of = (id: string): Memory => memories.get(id) ?? blank;
  const set = (id: string, memory: Memory): void => {
    const before = of(id).trouble;
    const { trouble } = memory;
    if (memory === blank) memories.delete(id);
    else memories.set(id, memory);
    if (before?.reason !== trouble?.reason || before?.retryAt !== trouble?.retryAt) changes.fire(id);
  };
  const setEach = (members: Partial<Memory>): void => {
    for (const [id, memory] of memories) set(id, { ...memory, ...members });
  };
  return {
    of,
    set,
    hear(id, serial, told) {
      const { lacksSecret } = of(id);
      const trouble = told ? { ...told, failures: 1, obstructions: 0, failedAt: 0, notBefore: 0 } : undefined;
      set(id, { ...blank, serial, lacksSecret, trouble });
    },
    forgetTroubles: () => setEach({ trouble: undefined, silentUntil: undefined }),
    secretsChanged: () => setEach({ lacksSecret: false }),
    troubles: () =>
      [...memories].flatMap(([id, memory]) => {
        const told = toldOf(memory);
        return told ? [[id, told] as const] : [];
      }),
    onDidChange: listener => changes.on(listener),
  };
}

/** What is told of it; null: there is none. */
export const toldOf = ({ trouble }: Memory): ToldTrouble | null =>
  trouble ? { reason: trouble.reason, retryAt: trouble.retryAt } : null;
