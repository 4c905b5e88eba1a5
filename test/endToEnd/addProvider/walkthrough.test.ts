import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { panelOf } from '../../editor/workbench/panel.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

describe('a person who takes the walkthrough', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  let walkthrough: Locator;

  before(async () => {
    stage = await openStage();
    window = await stage.openWindow(await stage.newPerson());
    walkthrough = window.page.locator('.gettingStartedContainer');
  });
  after(() => stage?.close());

  const step = (id: string): Locator => walkthrough.locator(`.getting-started-step[data-step-id$="${id}"]`);
  const done = (id: string): Locator => step(id).locator('.codicon.complete');

  it('sees a picture with each step', async () => {
    await window.runCommand('OIDC: Open Walkthrough');
    // The editor shows pictures only where it has room for them.
    await window.runCommand('View: Toggle Primary Side Bar Visibility');
    for (const [id, shape] of [
      ['add', 'rect'],
      ['sign-in', 'circle'],
      ['use', 'circle'],
      ['remote', 'text'],
    ] as const) {
      await step(id).click();
      const picture = panelOf(window.page).locator('svg');
      await waitFor(`the picture of ${id}`, () => picture.isVisible());
      // In the colours of the theme: the editor lets no style sheet into it.
      await eventually(async () => {
        const fill = await picture
          .locator(shape)
          .first()
          .evaluate(element => getComputedStyle(element).fill);
        assert.notEqual(fill, 'rgb(0, 0, 0)', id);
        assert.notEqual(fill, 'none', id);
      });
      await window.screenshot(`walkthrough-${id}`);
    }
  });

  it('signs in from there, and the step is done', async () => {
    await step('sign-in').click();
    const opened = window.nextPage();
    await walkthrough.getByRole('button', { name: 'Sign In', exact: true }).click();
    await signInOnPage(await opened, people.alice);
    await window.page.bringToFront();
    await done('sign-in').waitFor();
  });

  it('is led to the view of all sign-ins', async () => {
    await step('use').click();
    await walkthrough.getByRole('button', { name: 'Show Sign-ins' }).click();
    await window.page.locator('[role="tree"][aria-label="Sign-ins"]').waitFor();
    await done('use').waitFor();
  });
});
