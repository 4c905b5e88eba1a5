import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { openTerminal, readableTerminal } from '../../editor/workbench/terminal.ts';
import { eventually } from '../../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { isOurs, waitForAgents } from './agents.ts';

describe('a terminal of a workspace that is not trusted', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let window: Workbench;

  before(async () => {
    folder = await temporaryFolder('restricted');
    stage = await openStage({
      terminals: true,
      restricted: true,
      env: { XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
      settings: readableTerminal,
    });
    window = await stage.openWindow(await stage.newPerson());
    await window.page.getByText('Restricted Mode').first().waitFor();
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });

  const sockets = async (): Promise<string[]> =>
    (await readdir(folder.path)).filter(name => name.startsWith('vo-'));

  it('is not there at all, and neither is a socket, until somebody trusts it', async () => {
    await window.runCommand('Terminal: Create New Terminal');
    await window.acceptDialog('Cancel', 'Do you trust the authors of the files in this folder?');
    await eventually(async () => {
      const logs = [...(await stage.editor.readLogs()).keys()];
      assert.ok(
        logs.some(path => path.endsWith('OpenID Connect Authentication.log')),
        'the other one has started',
      );
      assert.deepEqual(logs.filter(isOurs), []);
    });
    assert.deepEqual(await sockets(), []);

    await window.runCommand('Workspaces: Manage Workspace Trust');
    await window.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await waitForAgents(stage, 1);
    assert.equal((await sockets()).length, 1);
    const trusted = await openTerminal(window, folder.path);
    assert.equal((await trusted.run('vscode-oidc accounts')).code, 0);
  });
});
