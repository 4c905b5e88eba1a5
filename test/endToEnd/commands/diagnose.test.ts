import assert from 'node:assert/strict';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

describe('a person whose provider does not work', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    stage = await openStage({ unconfigured: true });
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': {
        oidc: {
          label: 'Company',
          issuer: stage.identityProvider.issuer,
          clientId: 'editor',
          allowLoopbackHttp: true,
        },
        gone: {
          label: 'Gone',
          issuer: 'http://gone.localhost:1',
          clientId: 'editor',
          allowLoopbackHttp: true,
        },
      },
    });
    window = await stage.openWindow(await stage.newPerson());
  });
  after(() => stage?.close());

  /** The text of the document that is open. */
  async function diagnosis(label: string): Promise<string> {
    await window.runCommand('OIDC: Diagnose Provider…');
    await window.quickInput.read(/Diagnose which/);
    await window.quickInput.pick(label);
    let text = '';
    await waitFor(
      () => Promise.resolve(`the diagnosis of ${label}; there is: ${text}`),
      async () => {
        text = (await window.page.locator('.editor-instance .view-lines').allInnerTexts())
          .join('\n')

          // The editor draws spaces as ones that do not break.
          .replace(/\u00a0/g, ' ');
        return text.includes(`# Diagnosis of ${label}`);
      },
    );
    return text;
  }

  it('reads what is in order and what to register', async () => {
    const text = await diagnosis('Company');
    await window.screenshot('diagnosis');
    assert.match(text, /Failed: 0\. Warnings: \d+\. Passed: \d+/);
    assert.match(text, /^- pass Reachability: .* responded after \d+ ms/m);
  });

  it('reads what is wrong and what to do', async () => {
    const text = await diagnosis('Gone');
    await window.screenshot('diagnosis-failed');
    assert.match(text, /Failed: [1-9]/);
    assert.match(text, /^- Failed: Reachability\b/m);
    assert.match(text, /Couldn’t reach/);
  });

  it('closes the report without being asked whether to save it', async () => {
    await window.runCommand('View: Close All Editors');
    const editors = window.page.locator('.editor-instance .view-lines');
    await waitFor('no editor', async () => (await editors.count()) === 0);
    assert.equal(await window.page.locator('.monaco-dialog-box').count(), 0);
  });
});
