import assert from 'node:assert/strict';
import { packageManifestOnly } from '../../editor/packages/manifestOnly.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { providerQuestion } from '../../editor/workbench/newProvider.ts';
import { eventually } from '../../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

/** A screen of a small laptop, beside which something else is open. */
const viewport = { width: 900, height: 640 };

const hosts = (count: number): Record<string, string> =>
  Object.fromEntries(
    ['userInfo', 'introspection', 'revocation', 'endSession', 'keys', 'deviceAuthorization']
      .slice(0, count)
      .map(name => [
        name,
        `https://${name.toLowerCase()}.identity.a-company-with-a-long-name.example/${name}`,
      ]),
  );

describe('what a person has to agree to, in high contrast', function () {
  this.timeout(300_000);
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      // The longest question there is says first that nothing verifies the servers.
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      settings: { 'workbench.colorTheme': 'Default High Contrast' },
      providers: {
        oidc: {},
        wide: { label: 'A company with a long name, for all who work there', endpoints: hosts(6) },
        acme: { label: 'My Acme' },
      },
    });
    const acme = { label: 'Acme', issuer: 'https://login.acme.example', clientId: 'editor' };
    await stage.editor.installExtension(await packageManifestOnly({ acme }));
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
    await window.page.setViewportSize(viewport);
    await window.page.locator('.monaco-workbench.hc-black').waitFor();
  });
  after(() => stage?.close());

  /** What of a part is out of sight: beyond the window, or beyond its own box. */
  const hidden = (part: string): Promise<string[]> =>
    window.page.evaluate(selector => {
      const [box] = [...document.querySelectorAll<HTMLElement>(selector)].filter(one => one.offsetWidth > 0);
      if (!box) return [`no ${selector}`];
      const texts =
        '.dialog-message, .dialog-message-detail, .monaco-button, .notification-list-item-message';
      return [box, ...box.querySelectorAll<HTMLElement>(texts)].flatMap(element => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const isOutside = left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
        const isCut =
          element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
        return isOutside || isCut ? [`${element.className}: ${element.innerText.slice(0, 60)}`] : [];
      });
    }, part);

  async function assertReadable(name: string, part: string): Promise<void> {
    await eventually(async () => assert.deepEqual(await hidden(part), []));
    await window.screenshot(name);
  }

  it('an ID that is brought twice', async () => {
    await window.waitForNotification(/^“acme” is the ID of several identity providers/);
    await assertReadable('brought-twice', '.notification-toast');
    await window.clearNotifications();
  });

  it('a first sign-in, with a host for everything, and certificates that nobody verifies', async () => {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.pick(/^A company with a long name/);
    const { detail, buttons } = await window.readDialog(providerQuestion);
    assert.match(detail, /^The environment variable NODE_TLS_REJECT_UNAUTHORIZED turns off/);
    assert.deepEqual([...buttons].sort(), ['Cancel', 'Review…', 'Sign In']);
    await assertReadable('long-trust-question', '.monaco-dialog-box');
    await window.acceptDialog('Cancel', providerQuestion);
  });
});
