import fc from 'fast-check';
import { answerTimeout } from '../../src/protocol/http/address.ts';
import { Model } from './model.ts';
import { histories, type Step } from './steps.ts';

/** As they are set for the provider. */
export const requestTimeouts = [undefined, answerTimeout.most] as const;

/** Whatever happens: no token is sent twice, no sign-in is lost, and in the end all windows know the same. */
export const holdsTogether = (isShared: boolean): fc.IAsyncPropertyWithHooks<[Step[], number | undefined]> =>
  fc.asyncProperty(histories, fc.constantFrom(...requestTimeouts), async (history, requestTimeout) => {
    const model = new Model(isShared, requestTimeout);
    model.open(0);
    for (const step of history) await model.step(step);
    await model.heal();
    await model.check();
  });

export const storageNames = { shared: 'one storage', separate: 'a storage each' } as const;
