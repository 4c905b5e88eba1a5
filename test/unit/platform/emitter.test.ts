import assert from 'node:assert/strict';
import { createEmitter } from '../../../src/platform/emitter.ts';
import { unhandledRejections } from '../../standIns/unhandledRejections.ts';

describe('an emitter', () => {
  it('calls every listener with what has happened, in their order', () => {
    const { on, fire } = createEmitter<number>();
    const heard: string[] = [];
    on(event => heard.push(`first ${event}`));
    on(event => heard.push(`second ${event}`));
    fire(1);
    fire(2);
    assert.deepEqual(heard, ['first 1', 'second 1', 'first 2', 'second 2']);
  });

  it('calls nobody who has canceled, also if that happens while it calls', () => {
    const { on, fire } = createEmitter();
    const heard: string[] = [];
    const cancel = on(() => {
      heard.push('first');
      cancelSecond();
    });
    const cancelSecond = on(() => heard.push('second'));
    on(() => heard.push('third'));
    fire();
    cancel();
    cancel();
    fire();
    assert.deepEqual(heard, ['first', 'third', 'third']);
  });

  it('calls the others when a listener fails, and fails nobody who calls it', async () => {
    const { on, fire } = createEmitter();
    const heard: string[] = [];
    const problem = new Error('a mistake of a listener');
    on(() => {
      throw problem;
    });
    on(() => heard.push('second'));
    assert.deepEqual(await unhandledRejections(() => fire()), [problem]);
    assert.deepEqual(heard, ['second']);
  });
});
