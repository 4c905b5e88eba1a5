import assert from 'node:assert/strict';
import { speak } from '../editor/language.ts';
import { panelOf } from '../editor/workbench/panel.ts';
import type { Workbench } from '../editor/workbench.ts';
import { namePages, openStage, type Stage } from '../stage/stage.ts';

describe('the extension in the web worker of an editor that speaks German', function () {
  this.timeout(240_000);
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      webWorker: true,
      providers: { oidc: { label: 'Streng', clientId: 'editor', acceptsChangingRedirectUri: false } },
    });
    const person = await stage.newPerson();
    await speak(person, 'de');
    window = await stage.openWindow(person, { agrees: false });
    namePages(stage);
  });
  after(() => stage?.close());

  it('speaks German, too', async () => {
    // Of an extension that no marketplace has brought, the editor looks for the commands in one language only.
    await window.runCommand('OIDC: Sign In');
    await window.acceptDialog('Anmelden', /^Zum ersten Mal bei localhost:\d+ anmelden\?$/);
    await window.waitForNotification(
      /^Anmeldung bei Streng: Geben Sie auf [\w.:]+ in einem beliebigen Browser den Code [A-Z-]+ ein/,
    );
    const panel = panelOf(window.page);
    await panel.locator('#code').waitFor();
    const text = await panel.locator('main').innerText();
    assert.match(text, /^Mit einem Code bei Streng anmelden\n/);
    assert.match(text, /Der Code gilt noch (10:00|9:\d\d)/);
    assert.equal(await panel.locator('html').getAttribute('lang'), 'de');
    await window.screenshot('german-web-worker');
    await panel.getByRole('button', { name: 'Abbrechen' }).click();
  });
});
