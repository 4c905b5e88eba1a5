import { memoryNetwork } from '../../standIns/memoryTransport.ts';
import { behavesAsGroup } from '../../windows/behaviour.ts';
import { testWindows } from '../../windows/groups.ts';

describe('windows that meet in memory', () => {
  behavesAsGroup(() => {
    const network = memoryNetwork(() => new Promise(resolve => setImmediate(resolve)));
    return testWindows({
      turns: surroundings => network.transport({ alive: true }).turns(surroundings),
      canMeet: () => Promise.resolve(true),
    });
  });
});
