import assert from 'node:assert/strict';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import type { Workbench } from '../editor/workbench.ts';
import { openTerminal, readableTerminal, type Terminal } from '../editor/workbench/terminal.ts';
import { waitForAgents } from '../endToEnd/terminals/agents.ts';
import { signInOnPage } from '../manifest/client/playwright.ts';
import { people } from '../servers/identityProvider/people.ts';
import { namePages, openStage, type Stage } from '../stage/stage.ts';

/** As with a remote: the sign-in is where the user is, and terminals are where the workspace is. */
describe('a terminal on the server, of a user who signs in by the extension in a web worker', function () {
  this.timeout(240_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let window: Workbench;
  let terminal: Terminal;

  before(async () => {
    folder = await temporaryFolder('elsewhere');
    stage = await openStage({
      webWorker: true,
      terminals: true,
      // Nobody can read in such a token who issued it, and when it ends.
      identityProvider: { accessTokens: 'opaque' },
      env: { XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
    });
    await stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'oidcTerminals.accounts': { company: { provider: 'oidc', scopes: ['openid'] } },
    });
    namePages(stage);
    window = await stage.openWindow(await stage.newPerson());
    await waitForAgents(stage, 1);
    terminal = await openTerminal(window, folder.path);
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });

  it('gets a token, and what the extension over there knows about it', async () => {
    const asking = await terminal.start('vscode-oidc token company --json');
    const page = window.nextPage();
    await window.acceptDialog('Allow');
    await signInOnPage(await page, people.alice);
    await window.acceptDialog('Allow Once', 'Let a program in a terminal use your account alice?');
    const { out, err, code } = await asking();
    assert.deepEqual([err, code], ['', 0]);
    const response = JSON.parse(out) as Record<string, unknown>;
    assert.equal(typeof response['access_token'], 'string');
    assert.equal(response['issuer'], stage.identityProvider.issuer);
    assert.ok(Number(response['expires_at']) > Date.now() / 1000);
  });
});
