import * as v from 'valibot';
import { isWithin, type Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Memory } from '../../platform/storage.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { explainConcession, type Concession } from '../plan/askingLess.ts';

/** In days. */
export const lifetime = 30;

const stored = v.object({ settings: v.string(), since: v.number(), concessions: v.array(v.string()) });

const keyOf = ({ id }: Pick<Provider, 'id'>): string => `concessions/${id}`;

/** What sign-ins go without, by provider, since its server has refused it before. */
export type Concessions = ReturnType<typeof createConcessions>;

/** @param memory of them. Nothing of it is secret. */
export function createConcessions(memory: Pick<Memory, 'get' | 'set'>, clock: Clock, log: Log) {
  const read = (provider: Provider): v.InferOutput<typeof stored> | undefined => {
    const parsed = v.safeParse(stored, memory.get(keyOf(provider)));
    if (!parsed.success || parsed.output.settings !== settingsOf(provider)) return undefined;
    const { output } = parsed;
    return isWithin(lifetime * 86_400_000, output.since, clock.now()) ? output : undefined;
  };
  return {
    /**
     * None once the provider's settings have changed, or after {@link lifetime}: the server might have changed, too.
     */
    of: (provider: Provider): readonly Concession[] => (read(provider)?.concessions ?? []) as Concession[],
    add(provider: Provider, added: readonly Concession[]): void {
      const before = read(provider);
      const known = before?.concessions ?? [];
      const fresh = added.filter(one => !known.includes(one));
      if (fresh.length === 0) return;
      log.info('less is asked for', {
        provider: provider.id,
        without: fresh,
        means: fresh.map(explainConcession),
      });
      memory.set(keyOf(provider), {
        settings: settingsOf(provider),
        since: before?.since ?? clock.now(),
        concessions: [...known, ...fresh],
      });
    },
    forget: (provider: Pick<Provider, 'id'>): void => memory.set(keyOf(provider), undefined),
  };
}

/** The same for the same settings. They hold no secret. */
const settingsOf = (provider: Provider): string => JSON.stringify(provider);
