import fc from 'fast-check';
import { Model } from './model.ts';
import { histories, type Step } from './steps.ts';

/** Whatever happens: no token is sent twice, no sign-in is lost, and in the end all windows know the same. */
export const holdsTogether = (isShared: boolean): fc.IAsyncPropertyWithHooks<[Step[]]> =>
  fc.asyncProperty(histories, async history => {
    const model = new Model(isShared);
    model.open(0);
    for (const step of history) await model.step(step);
    await model.heal();
    await model.check();
  });

export const storageNames = { shared: 'one storage', separate: 'a storage each' } as const;
