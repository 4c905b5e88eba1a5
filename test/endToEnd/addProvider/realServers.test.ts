import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { addStandIn, newEditor } from '../../demo/realServers.ts';
import type { Report } from '../../demo/methods.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { rows } from '../../protocol/realServers/rows/rows.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

/** One of each kind; `npm start -- --add-provider --server all` has all of them. */
const representative = [
  'registration-open-without-scopes',
  'registration-closed',
  'registration-for-device-codes',
  'secret-not-decoded',
  'two-documents',
  'offline-refused-before-page',
  'plain-oauth',
  'members-other-1',
  'whole-text-html',
];

describe('a person who has nothing but the address of a server that departs from the standards', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    stage = await openStage(newEditor);
    person = await stage.newPerson();
    // What they enter themself they are not asked about: nobody would answer.
    window = await stage.openWindow(person, { agrees: false });
  });
  after(async () => {
    for (const end of ends) await end();
    await stage?.close();
  });

  for (const name of representative) {
    it(`is signed in, or told what to change (${name})`, async () => {
      const row = rows.find(one => one.name === name);
      assert.ok(row, 'there is such a server');
      const report: Report = {
        say: () => undefined,
        picture: async () => void (await window.screenshot(`real-server-${name}`)),
      };
      ends.push(await addStandIn(window, row, report));
    });
  }
});
