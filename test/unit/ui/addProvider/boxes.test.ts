import assert from 'node:assert/strict';
import '../../../standIns/editor/useEditorStandIn.ts';
import { firstState } from '../../../../src/ui/addProvider/state.ts';
import { facts } from './wizardStates.ts';

const { asked } = await import('../../../standIns/editor/boxes.ts');
const { createBoxes } = await import('../../../../src/ui/addProvider/boxes.ts');

/** Types this at the first page and presses Enter, while the editor names the row with this label. */
async function enters(text: string, named: RegExp): Promise<string> {
  const boxes = createBoxes(facts({}), () => undefined);
  asked.answers = [
    box => {
      box.type(text);
      box.pick(named);
    },
  ];
  const { next } = await boxes.show(firstState);
  boxes.dispose();
  return `${next.page} ${next.answers.preset ?? ''}`.trim();
}

describe('Enter right after typing', () => {
  it('takes the row that is named, if what is typed leaves it in sight', async () => {
    const keycloak = await enters('keycl', /^Keycloak/);
    assert.match(keycloak, /keycloak$/i);
    assert.notEqual(await enters('o', /^Okta/), keycloak);
  });

  for (const stale of [/Qlik Cloud/, /GitHub$/])
    it(`takes the first row in sight, not the one that had that place before: ${String(stale)}`, async () => {
      assert.equal(await enters('keycl', stale), await enters('keycl', /^Keycloak/));
    });
});
