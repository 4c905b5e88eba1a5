import { createEmitter } from '../../platform/emitter.ts';

import { blank, type Memory, type Trouble } from '../grant/memory.ts';

/** What other windows are told of a trouble. */
export type ToldTrouble = Pick<Trouble, 'reason' | 'retryAt'>;

/** What this window knows of its grants beside what is stored with them. Who leads knows it, and tells the others. */
export type Memories = ReturnType<typeof createMemories>;

export function createMemories() {
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
    /** Takes over what the leader has told; null: the trouble is over. @param serial of the tokens it is about. */
    hear(id: string, serial: number, told: ToldTrouble | null) {
      const { lacksSecret } = of(id);
      const trouble = told ? { ...told, failures: 1, obstructions: 0, failedAt: 0, notBefore: 0 } : undefined;
      set(id, { ...blank, serial, lacksSecret, trouble });
    },
    /** Forgets the troubles: another window leads. */
    forgetTroubles: () => setEach({ trouble: undefined, silentUntil: undefined }),
    /** What this window lacked may be there now. */
    secretsChanged: () => setEach({ lacksSecret: false }),
    /** The grants in trouble. */
    troubles: (): readonly (readonly [string, ToldTrouble])[] =>
      [...memories].flatMap(([id, memory]) => {
        const told = toldOf(memory);
        return told ? [[id, told] as const] : [];
      }),
    /** Told of each grant whose trouble is another one now. */
    onDidChange: changes.on,
  };
}

/** What is told of it; null: there is none. */
export const toldOf = ({ trouble }: Memory): ToldTrouble | null =>
  trouble ? { reason: trouble.reason, retryAt: trouble.retryAt } : null;
