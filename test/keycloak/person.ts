import { openBrowser, type Browser } from '../servers/identityProvider/person.ts';

/** What somebody does on Keycloak's pages. Their password is their name. */
export interface Visit {
  readonly username: string;
  /** A browser that was used before; by default a new one. */
  readonly browser?: Browser;
  /** Press "No" where Keycloak asks for consent. */
  readonly deny?: boolean;
  readonly userCode?: string;
}

const pageLimit = 10;

/**
 * Answers Keycloak's pages until it sends the browser elsewhere.
 *
 * @returns where it sends it; undefined if the last page asks for nothing more.
 */
async function answerPages(start: string, visit: Visit): Promise<URL | undefined> {
  const { username, browser = openBrowser(), deny = false, userCode = '' } = visit;
  let place = await browser.visit(new URL(start));
  for (let count = 0; count < pageLimit; count++) {
    if ('leavesTo' in place) return place.leavesTo;
    const { form } = place;
    if (!form) return undefined;
    const asked = (name: string): boolean =>
      form.fields.has(name) || form.buttons.some(button => button.name === name);
    const fields = new URLSearchParams();
    const fill = (name: string, value: string): void => {
      if (asked(name)) fields.set(name, value);
    };
    fill('username', username);
    fill('password', username);
    fill('credentialId', '');
    fill('device_user_code', userCode);
    fill('code', form.fields.get('code') ?? '');
    fill(deny ? 'cancel' : 'accept', 'Yes');
    place = await browser.visit(form.action, fields);
  }
  throw new Error(`More than ${pageLimit} pages from ${start}`);
}

/** Signs in at the address that a sign-in opens. @returns the redirect URI with the response. */
export async function signInAtKeycloak(address: string, visit: Visit): Promise<URL> {
  const end = await answerPages(address, visit);
  if (!end) throw new Error('Keycloak did not send the browser back');
  return end;
}

/** Enters the code of a device. Resolves when Keycloak asks for nothing more. */
export async function enterCodeAtKeycloak(address: string, visit: Visit): Promise<void> {
  await answerPages(address, visit);
}
