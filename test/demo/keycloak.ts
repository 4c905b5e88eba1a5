/** What `npm start -- --add-provider --server keycloak` shows: a real Keycloak, added with nothing but its address. */
import type { Page } from 'playwright-core';
import type { Workbench } from '../editor/workbench.ts';
import { addByAddress } from '../editor/workbench/wizard.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { fetchKeycloak, missingPrograms, startKeycloak } from '../keycloak/program.ts';
import type { Report } from './methods.ts';

/** Its password is the same. */
const user = 'alice';

/**
 * Adds a Keycloak that is as new as after its installation, then the same after its administrator has opened the
 * registration.
 *
 * @throws {Error} with what is to be installed, or what ended otherwise than it must.
 */
export async function addKeycloak(window: Workbench, report: Report): Promise<void> {
  const missing = await missingPrograms();
  if (missing !== undefined) throw new Error(missing);
  await fetchKeycloak(message => report.say(message));
  report.say('Starting Keycloak');
  const keycloak = await startKeycloak('idp.localhost');
  try {
    const shoot = (name: string) => report.picture(window.page, `keycloak-${name}`);
    const add = () =>
      addByAddress(window, keycloak.issuer, {
        visit: page => signInAtPages(page, new URL(keycloak.issuer).origin, report),
        shoot,
      });
    report.say(`A new Keycloak registers nobody by itself: ${keycloak.issuer}`);
    const closed = await add();
    await shoot('closed');
    report.say(closed.said);
    if (closed.isSignedIn || !/requires an initial access token.*“[^”]*Trusted Hosts/.test(closed.said))
      throw new Error('Keycloak should have refused to register the editor');
    await window.quickInput.cancel();

    await keycloak.admin.openRegistration();
    report.say('Its administrator trusts this computer (Clients, Client registration, Trusted Hosts)');
    const open = await add();
    await shoot('added');
    report.say(open.said);
    if (!open.isSignedIn) throw new Error('Nobody was signed in at Keycloak');
  } finally {
    await keycloak.close();
  }
}

/** Does what each page asks for, until Keycloak sends the browser away. */
async function signInAtPages(page: Page, origin: string, report: Report): Promise<void> {
  const isThere = (): boolean => !page.isClosed() && page.url().startsWith(origin);
  await waitFor('the page of Keycloak', () => Promise.resolve(isThere()));
  const password = page.locator('#password');
  // Somebody who registers without a token has to be agreed to.
  const consent = page.locator('[name=accept]');
  let seen = '';
  await waitFor(
    () => Promise.resolve(`Keycloak to send the browser away from ${page.url()}`),
    async () => {
      if (!isThere()) return true;
      const asked = (await password.isVisible()) ? 'login' : (await consent.isVisible()) ? 'consent' : seen;
      if (asked === seen) return false;
      seen = asked;
      await report.picture(page, `keycloak-${asked}`);
      if (asked === 'login') {
        await page.locator('#username').fill(user);
        await password.fill(user);
        await page.locator('#kc-login').click();
      } else await consent.click();
      return false;
    },
  );
}
