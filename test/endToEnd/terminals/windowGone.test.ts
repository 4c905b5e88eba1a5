import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { openTerminal, readableTerminal } from '../../editor/workbench/terminal.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { ask } from '../../terminals/agent/openAgent.ts';
import { waitForAgents } from './agents.ts';

/** The browser has crashed. The editor's server keeps the extension host, and with it the agent, for hours. */
describe('a terminal whose window has gone without a word', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    folder = await temporaryFolder('gone');
    stage = await openStage({
      terminals: true,
      reconnectionGrace: 600,
      env: { XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
    });
    await stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'oidcTerminals.accounts': { company: { provider: 'oidc', scopes: ['openid'] } },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
    await waitForAgents(stage, 1);
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });

  it('has the agent of the next window of the workspace', async () => {
    const terminal = await openTerminal(window, folder.path);
    const path = (await terminal.run('printenv OIDC_SOCK')).out.trim();
    const crashing = await person.newCDPSession(window.page);
    const crashed = window.page.waitForEvent('crash');
    // It has no answer: who would give it is gone.
    crashing.send('Page.crash').catch(() => undefined);
    await crashed;

    const next = await stage.openWindow(person);
    await waitForAgents(stage, 2);
    await waitFor('the socket to be taken over', async () =>
      [...(await stage.editor.readLogs()).values()].some(text =>
        text.includes('socket of another window taken over slot=0'),
      ),
    );
    const asking = ask(path, { request: 'access_token', account: 'company' });
    const { message } = await next.acceptDialog('Cancel');
    assert.match(message, /OpenID Connect for Terminals/);
    assert.equal((await asking)['error'], 'You declined.');
  });
});
