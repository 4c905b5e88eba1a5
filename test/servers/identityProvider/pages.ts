/** Which page this is: written into `<main data-page>`, so that programs need not guess from its words. */
export type PageKind =
  | 'login'
  | 'consent'
  | 'device-code'
  | 'device-confirm'
  | 'device-success'
  | 'device-denied'
  | 'sign-out'
  | 'signed-out'
  | 'error';

interface Button {
  readonly label: string;
  readonly name?: string;
  readonly value?: string;
  readonly secondary?: boolean;
}

export const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; --page: #f3f4f6; --card: #fff; --text: #1f2933; --soft: #5b6673;
  --line: #8a94a0; --accent: #0b5cad; --on-accent: #fff; --alarm: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #16191d; --card: #21262c; --text: #e6e9ed; --soft: #a4aeb9;
  --line: #6b7682; --accent: #7ab8ff; --on-accent: #10233a; --alarm: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(26rem, 100vw - 2rem); margin: 1rem; padding: 2rem; background: var(--card); border-radius: 12px;
  box-shadow: 0 1px 3px #0003; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; }
p, ul { margin: 0 0 1rem; color: var(--soft); }
strong, code { color: var(--text); }
code { font-size: 1.6rem; letter-spacing: .1em; }
[role=alert] { color: var(--alarm); }
label { display: block; margin-bottom: 1rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: 6px; }
.buttons { display: flex; flex-direction: row-reverse; gap: .75rem; }
button { flex: 1; padding: .6rem 1rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: 6px;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); }
button.secondary { background: transparent; color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

function page(kind: PageKind, title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main data-page="${kind}">
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

const alert = (problem: string | undefined) =>
  problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`;

const hidden = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n');

function button({ label, name, value, secondary }: Button): string {
  const named = name === undefined ? '' : ` name="${escapeHtml(name)}" value="${escapeHtml(value ?? '')}"`;
  return `<button type="submit"${named}${secondary ? ' class="secondary" formnovalidate' : ''}>${escapeHtml(label)}</button>`;
}

/** The first button is the one that the Enter key presses. */
const form = (action: string, fields: string, ...buttons: readonly Button[]) =>
  `<form method="post" action="${escapeHtml(action)}">
${fields}
<div class="buttons">
${buttons.map(button).join('\n')}
</div>
</form>`;

/** Asks for name and password. `problem` says what was wrong with those typed before. */
export function loginPage(about: {
  action: string;
  client: string;
  login: string;
  problem?: string;
}): string {
  const fields = `<label>User name
<input name="login" autocomplete="username" required autofocus value="${escapeHtml(about.login)}"></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required></label>`;
  return page(
    'login',
    'Sign in',
    `<p>to continue to <strong>${escapeHtml(about.client)}</strong></p>${alert(about.problem)}${form(
      about.action,
      fields,
      { label: 'Sign in', name: 'decision', value: 'sign-in' },
      { label: 'Cancel', name: 'decision', value: 'deny', secondary: true },
    )}`,
  );
}

const scopeMeanings: Readonly<Record<string, string>> = {
  openid: 'know who you are',
  profile: 'see your name and user name',
  email: 'see your email address',
  groups: 'see which groups you are in',
  offline_access: 'stay signed in while you are away',
  admin: 'administer the service',
};

/** Asks whether `client` may have `scopes`. */
export function consentPage(about: {
  action: string;
  client: string;
  person: string;
  scopes: readonly string[];
}): string {
  const items = about.scopes.map(scope => {
    const meaning = scopeMeanings[scope];
    return `<li data-scope="${escapeHtml(scope)}"><strong>${escapeHtml(scope)}</strong>${meaning ? `: ${meaning}` : ''}</li>`;
  });
  return page(
    'consent',
    `Allow ${about.client}?`,
    `<p>You are <strong>${escapeHtml(about.person)}</strong>. ${escapeHtml(about.client)} would like to:</p>
<ul>${items.join('\n')}</ul>${form(
      about.action,
      '',
      { label: 'Allow', name: 'decision', value: 'allow' },
      { label: 'Deny', name: 'decision', value: 'deny', secondary: true },
    )}`,
  );
}

/** Asks for the code that the device shows (RFC 8628, 3.3). */
export function deviceCodePage(about: {
  action: string;
  xsrf: string;
  userCode: string;
  problem?: string;
}): string {
  const fields = `${hidden({ xsrf: about.xsrf })}
<label>Code
<input name="user_code" autocomplete="off" autocapitalize="characters" required autofocus value="${escapeHtml(about.userCode)}"></label>`;
  return page(
    'device-code',
    'Connect a device',
    `<p>Enter the code that your device shows.</p>${alert(about.problem)}${form(about.action, fields, { label: 'Continue' })}`,
  );
}

/** Asks whether it is really the person's own device (RFC 8628, 5.4). */
export function deviceConfirmPage(about: {
  action: string;
  xsrf: string;
  userCode: string;
  client: string;
}): string {
  return page(
    'device-confirm',
    'Is this your device?',
    `<p><strong>${escapeHtml(about.client)}</strong> should be showing this code:</p>
<p><code>${escapeHtml(about.userCode)}</code></p>
<p>If you did not start this yourself, cancel.</p>${form(
      about.action,
      hidden({ xsrf: about.xsrf, user_code: about.userCode }),
      { label: 'Continue', name: 'confirm', value: 'yes' },
      { label: 'Cancel', name: 'abort', value: 'yes', secondary: true },
    )}`,
  );
}

export const deviceSuccessPage = (client: string) =>
  page(
    'device-success',
    'Device connected',
    `<p>${escapeHtml(client)} is signed in. You can close this page.</p>`,
  );

export const deviceDeniedPage = () =>
  page('device-denied', 'Device not connected', '<p>Nothing was shared. You can close this page.</p>');

/** Asks whether to end the person's session at the provider too (RP-initiated logout). */
export function signOutPage(about: { action: string; xsrf: string }): string {
  return page(
    'sign-out',
    'Sign out?',
    form(
      about.action,
      hidden({ xsrf: about.xsrf }),
      { label: 'Sign out', name: 'logout', value: 'yes' },
      { label: 'Stay signed in', secondary: true },
    ),
  );
}

export const signedOutPage = () => page('signed-out', 'Signed out', '<p>You can close this page.</p>');

/** An error that cannot be told to the client, because the provider does not know where it may answer. */
export const errorPage = (error: string, description: string | undefined) =>
  page('error', 'That did not work', alert(description ? `${error}: ${description}` : error));
