import { createEmitter } from '../../platform/emitter.ts';

import { blank, type Memory, type Trouble } from '../grant/memory.ts';

/** What other windows learn about a trouble. */
export type ToldTrouble = Pick<Trouble, 'reason' | 'retryAt'>;

/**
 * What this window knows about its grants in addition to what is stored with them. The leader knows it, and announces
 * it to the others.
 */
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
    /**
     * Takes over what the leader has announced. Null: the trouble is over. @param serial of the tokens that it is
     * about.
     */
    hear(id: string, serial: number, told: ToldTrouble | null) {
      const { lacksSecret } = of(id);
      const trouble = told ? { ...told, failures: 1, obstructions: 0, failedAt: 0, notBefore: 0 } : undefined;
      set(id, { ...blank, serial, lacksSecret, trouble });
    },
    /** Forgets the troubles: another window leads. */
    forgetTroubles: () => setEach({ trouble: undefined, silentUntil: undefined }),
    /** What this window lacked might be there now. */
    secretsChanged: () => setEach({ lacksSecret: false }),
    /** The grants in trouble. */
    troubles: (): readonly (readonly [string, ToldTrouble])[] =>
      [...memories].flatMap(([id, memory]) => {
        const told = toldOf(memory);
        return told ? [[id, told] as const] : [];
      }),
    /** Fires for each grant whose trouble has changed. */
    onDidChange: changes.on,
  };
}

/** What to announce about it. Null: there is no trouble. */
export const toldOf = ({ trouble }: Memory): ToldTrouble | null =>
  trouble ? { reason: trouble.reason, retryAt: trouble.retryAt } : null;
