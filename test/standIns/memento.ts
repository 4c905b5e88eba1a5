import { remembering, type Memory, type Remembered } from '../../src/platform/storage.ts';

/** How the editor's storage fails to store. */
export const mementoTroubles = ['rejects', 'throws', 'never responds'] as const;

export type MementoTrouble = (typeof mementoTroubles)[number];

/** What the editor remembers for an extension, through all of its windows. */
export interface MemoryMemento extends Remembered {
  readonly values: Map<string, unknown>;
  /** How often something was to be stored. */
  readonly calls: number;
  /** What becomes of a call, by its number. */
  trouble: (call: number) => MementoTrouble | undefined;
  /** Whether a window sees what it could not store, as in VS Code. */
  showsUnstored: boolean;
}

export function memoryMemento(values = new Map<string, unknown>()): MemoryMemento {
  const unstored = new Map<string, unknown>();
  let calls = 0;
  const memento: MemoryMemento = {
    values,
    get calls() {
      return calls;
    },
    trouble: () => undefined,
    showsUnstored: false,
    keys: () => [...values.keys()],
    get: key => (unstored.has(key) ? unstored.get(key) : values.get(key)),
    update(key, value) {
      const trouble = memento.trouble(++calls);
      if (trouble && memento.showsUnstored) unstored.set(key, value);
      if (trouble === 'rejects') return Promise.reject(new Error('The disk is full, as the test wants it.'));
      if (trouble === 'throws') throw new Error('The window closes, as the test wants it.');
      if (trouble === 'never responds') return new Promise(() => undefined);
      unstored.delete(key);
      if (value === undefined) values.delete(key);
      else values.set(key, structuredClone(value));
      return Promise.resolve();
    },
  };
  return memento;
}

/** For tests in which storing works. */
export const memoryOf = (values?: Map<string, unknown>): Memory => remembering(memoryMemento(values));
