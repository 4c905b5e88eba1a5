import type { Person } from './people.ts';

/** A browser without a screen: it keeps cookies and sends forms, and so it can only be one person at a time. */
export interface Browser {
  /** Follows redirects within the origin of `address`. Returns the page it ends on or, unvisited, where it would leave to. */
  visit(address: URL, form?: URLSearchParams): Promise<Page | { leavesTo: URL }>;
}

interface Page {
  readonly address: URL;
  /** The page's `data-page`; undefined for the provider's own self-submitting forms. */
  readonly kind: string | undefined;
  readonly problem: string | undefined;
  readonly form: PageForm | undefined;
}

interface PageForm {
  readonly action: URL;
  /** Fields with the values they are shown with. */
  readonly fields: ReadonlyMap<string, string>;
  readonly buttons: readonly { label: string; name: string; value: string }[];
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const redirectLimit = 20;
const pageLimit = 20;

function attributesOf(tag: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, value] of tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) {
    if (name !== undefined) {
      attributes.set(name, decode(value ?? ''));
    }
  }
  return attributes;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

const decode = (text: string) =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (entity, code?: string, name?: string) =>
    code === undefined ? (named[name ?? ''] ?? entity) : String.fromCharCode(Number(code)),
  );

/** The page in this HTML, which is either one of `pages.ts` or a self-submitting form of oidc-provider. */
function parsePage(html: string, address: URL): Page {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(html);
  const content = form?.[2] ?? '';
  const fields = [...content.matchAll(/<input\b([^>]*)>/g)].map(([, tag]) => attributesOf(tag ?? ''));
  const buttons = [...content.matchAll(/<button\b([^>]*)>([^<]*)<\/button>/g)].map(([, tag, label]) => {
    const attributes = attributesOf(tag ?? '');
    return {
      label: decode(label ?? ''),
      name: attributes.get('name') ?? '',
      value: attributes.get('value') ?? '',
    };
  });
  const problem = /role="alert">([^<]*)</.exec(html)?.[1];
  return {
    address,
    kind: /data-page="([\w-]+)"/.exec(html)?.[1],
    problem: problem === undefined ? undefined : decode(problem),
    form: form
      ? {
          action: new URL(attributesOf(form[1] ?? '').get('action') ?? '', address),
          fields: new Map(fields.map(field => [field.get('name') ?? '', field.get('value') ?? ''])),
          buttons,
        }
      : undefined,
  };
}

function cookieJar() {
  const cookies = new Map<string, Cookie>();
  return {
    store(lines: readonly string[]) {
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split(/;\s*/);
        const [name = '', value = ''] = pair.split(/=(.*)/s);
        const attribute = (wanted: string) =>
          attributes.find(text => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
        const path = attribute('path') ?? '/';
        const expires = attribute('expires');
        if (expires !== undefined && Date.parse(expires) <= Date.now()) {
          cookies.delete(`${name} ${path}`);
        } else {
          cookies.set(`${name} ${path}`, { name, value, path });
        }
      }
    },
    header(pathname: string) {
      const within = (path: string) =>
        pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
      return [...cookies.values()]
        .filter(cookie => within(cookie.path))
        .map(cookie => `${cookie.name}=${cookie.value}`)
        .join('; ');
    },
  };
}

/** Opens a browser that has never been anywhere. Use one twice to sign in where a session is still open. */
export function openBrowser(): Browser {
  const jar = cookieJar();
  return {
    async visit(start, form) {
      let address = start;
      let body = form;
      for (let hop = 0; hop < redirectLimit; hop++) {
        const response = await fetch(address, {
          redirect: 'manual',
          headers: { accept: 'text/html', cookie: jar.header(address.pathname) },
          ...(body ? { method: 'POST', body } : {}),
        });
        jar.store(response.headers.getSetCookie());
        const text = await response.text();
        const location = response.headers.get('location');
        if (location === null) {
          return parsePage(text, address);
        }
        const next = new URL(location, address);
        if (next.origin !== start.origin) {
          return { leavesTo: next };
        }
        address = next;
        body = undefined;
      }
      throw new Error(`More than ${redirectLimit} redirects from ${start.origin}${start.pathname}`);
    },
  };
}

export interface Decision {
  /** Press *Deny* on the consent page. */
  readonly deny?: boolean;
  /** A browser that was used before; by default a new one. */
  readonly browser?: Browser;
}

/** Presses the button `label` (or the only one) after filling in `answers`. */
function submit(
  browser: Browser,
  { address, form, kind }: Page,
  answers: Record<string, string>,
  label?: string,
) {
  const button = form?.buttons.find(candidate => label === undefined || candidate.label === label);
  if (!form || !button) {
    throw new Error(
      `The page ${kind ?? 'without a name'} at ${address.pathname} has no button ${label ?? ''}`,
    );
  }
  const fields = new URLSearchParams([...form.fields]);
  for (const [name, value] of Object.entries(answers)) {
    fields.set(name, value);
  }
  if (button.name) {
    fields.set(button.name, button.value);
  }
  return browser.visit(form.action, fields);
}

/** Does what the page asks for. Pages that ask for nothing in particular have one button, or the first one goes on. */
function answer(browser: Browser, page: Page, person: Person, deny: boolean, userCode: string) {
  if (page.kind === 'login') {
    return submit(browser, page, { login: person.login, password: person.password }, 'Sign in');
  }
  if (page.kind === 'consent') {
    return submit(browser, page, {}, deny ? 'Deny' : 'Allow');
  }
  return submit(browser, page, page.kind === 'device-code' ? { user_code: userCode } : {});
}

/**
 * Answers pages until `ended` says that this is the last one, or the provider sends the browser elsewhere.
 * @throws Error with the words of the page when one shows a problem, such as a wrong password.
 */
async function answerPages(
  browser: Browser,
  start: URL,
  person: Person,
  { deny = false }: Decision,
  userCode: string,
  ended: (page: Page) => boolean,
): Promise<URL | undefined> {
  let place = await browser.visit(start);
  for (let count = 0; count < pageLimit; count++) {
    if ('leavesTo' in place) {
      return place.leavesTo;
    }
    if (place.problem !== undefined) {
      throw new Error(place.problem);
    }
    if (ended(place)) {
      return undefined;
    }
    place = await answer(browser, place, person, deny, userCode);
  }
  throw new Error(`More than ${pageLimit} pages from ${start.origin}${start.pathname}`);
}

/**
 * Does what a person does in the browser that a sign-in opens.
 * @returns the redirect URI with the authorization response, which is not visited.
 * @throws Error with the words of the page when the provider shows a problem instead.
 */
export async function signInOverHttp(
  authorizationUrl: string | URL,
  person: Person,
  decision: Decision = {},
): Promise<URL> {
  const start = new URL(authorizationUrl);
  const end = await answerPages(decision.browser ?? openBrowser(), start, person, decision, '', () => false);
  if (!end) {
    throw new Error('The provider did not send the browser back');
  }
  return end;
}

/**
 * Does what a person does who was told to open `verificationUri` and to enter `userCode` there (RFC 8628, 3.3).
 * `verification_uri_complete` may be given too. Resolves once the page says how it ended.
 */
export async function approveDevice(
  verificationUri: string | URL,
  userCode: string,
  person: Person,
  decision: Decision = {},
): Promise<void> {
  const browser = decision.browser ?? openBrowser();
  const last = decision.deny ? 'device-denied' : 'device-success';
  await answerPages(
    browser,
    new URL(verificationUri),
    person,
    decision,
    userCode,
    page => page.kind === last,
  );
}
