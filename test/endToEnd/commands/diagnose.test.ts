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

  /** Waits until the document that is open says all of that. */
  async function readDiagnosis(label: string, ...parts: readonly RegExp[]): Promise<void> {
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
        return text.includes(`# Diagnosis of ${label}`) && parts.every(part => part.test(text));
      },
    );
  }

  it('reads what is in order and what to register', async () => {
    await readDiagnosis(
      'Company',
      /Failed: 0\. Warnings: \d+\. Passed: \d+/,
      /^- pass Reachability: .* responded after \d+ ms/m,
    );
    await window.screenshot('diagnosis');
  });

  it('reads what is wrong and what to do', async () => {
    await readDiagnosis('Gone', /Failed: [1-9]/, /^- Failed: Reachability\b/m, /Couldn’t reach/);
    await window.screenshot('diagnosis-failed');
  });

  it('closes the report without being asked whether to save it', async () => {
    await window.runCommand('View: Close All Editors');
    const editors = window.page.locator('.editor-instance .view-lines');
    await waitFor('no editor', async () => (await editors.count()) === 0);
    await window.page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
  });
});
