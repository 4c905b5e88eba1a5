/**
 * `npm start`: one whole sign-in in a real VS Code, driven as a person would, each step printed with its time
 * and saved as a picture. In a terminal everything is left running to be tried by hand, until Ctrl+C.
 *
 * `npm start -- --method loopback` shows another way to sign in; see `methods.ts`. `npm start -- --add-provider` shows how
 * a person adds a provider from its address alone, and `--server` that of servers that depart from the standards. `npm start -- --provider-only` starts just the identity provider, for
 * the authors of other extensions; see `providerOnly.ts`. `npm start -- --terminal` uses the sign-in in a terminal; see
 * `terminal.ts`.
 */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { waitFor } from '../editor/workbench/waiting.ts';
import { people } from '../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../stage/stage.ts';
import { addProvider, unconfigured } from './addProvider.ts';
import { runProviderOnly } from './providerOnly.ts';
import { openTerminalDemo, type TerminalDemo } from './terminal.ts';
import { methodNamed, type Report, type SignInMethod } from './methods.ts';
import { addServers, describeServers, newEditor, serversNamed } from './realServers.ts';

const repository = join(import.meta.dirname, '..', '..');
const pictures = join(repository, 'dist', 'demo');
const started = performance.now();

const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
const say = (text: string): void => console.log(`${seconds()}  ${text}`);

/** Numbers the pictures in the order in which they are taken. */
let count = 0;
async function picture(take: (path: string) => Promise<unknown>, name: string): Promise<void> {
  const path = join(pictures, `${String(++count).padStart(2, '0')}-${name}.png`);
  await take(path);
  console.log(`${' '.repeat(10)}${relative(repository, path)}`);
}

const report: Report = {
  say,
  picture: (page, name) => picture(path => page.screenshot({ path }), name),
};

async function addProviderAsAPerson(stage: Stage, servers: readonly string[]): Promise<void> {
  const person = await stage.newPerson();
  const window = await stage.openWindow(person);
  say('VS Code is open, and knows no identity provider');
  if (servers.length === 0) await addProvider(stage, window, report);
  else await addServers(window, servers, report);
  await person.close();
}

const help = (): string => `npm start                                     a whole sign-in in a real VS Code
npm start -- --method <name>                  another way to sign in
npm start -- --add-provider                   how a provider is added from its address alone
npm start -- --add-provider --server <names>  the same at servers that depart from the standards, comma-separated
npm start -- --terminal                       the sign-in in a terminal, with oidc-token, git and kubectl
npm start -- --provider-only [--json]         an identity provider, without an editor

Servers:

${describeServers()}`;

/** The options of the command line. */
const options = () =>
  parseArgs({
    options: {
      method: { type: 'string' },
      'add-provider': { type: 'boolean' },
      server: { type: 'string' },
      terminal: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values;

async function show({
  method: name,
  'add-provider': adds = false,
  server,
  terminal = false,
}: ReturnType<typeof options>): Promise<void> {
  if (adds && name !== undefined) throw new Error('Take either --add-provider or --method');
  if (terminal && (adds || name !== undefined)) throw new Error('Take --terminal alone');
  const servers = server === undefined ? [] : serversNamed(server);
  method = adds || terminal ? undefined : await methodNamed(name);
  const begins = method ? method.stage : servers.length > 0 ? newEditor : unconfigured;
  await rm(pictures, { recursive: true, force: true });
  terminalDemo = terminal ? await openTerminalDemo(say) : undefined;
  stage = terminalDemo?.stage ?? (await openStage({ whole: true, progress: say, ...begins }));
  method?.prepare?.(stage);
  if (terminalDemo) await terminalDemo.go(report);
  else await (method ? signInAsAPerson(stage, method) : addProviderAsAPerson(stage, servers));
  if (process.stdout.isTTY) {
    const { login, password } = people.bob;
    console.log(`\nTry it yourself:  ${stage.editor.url()}`);
    console.log(`Sign in as ${people.alice.login} (${people.alice.password}) or ${login} (${password}).`);
    console.log('Ctrl+C ends everything that was started.');
    // Whoever started something ends it when this process is interrupted.
    await new Promise<never>(() => undefined);
  }
}

async function signInAsAPerson(stage: Stage, method: SignInMethod): Promise<void> {
  const person = await stage.newPerson();
  const window = await stage.openWindow(person);
  const shoot = (name: string) => report.picture(window.page, name);
  say('VS Code is open');

  await window.waitForAccountsLabel(/Sign in requested/);
  await window.openAccountsMenu();
  say('An extension, Consumer, asks to sign in; the Accounts menu offers it');
  await shoot('accounts-menu');

  const click = () => window.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
  await method.go(stage, window, click, report);
  const { label, name } = method.who ?? { label: people.alice.login, name: people.alice.name };

  await waitFor('the account in the Accounts menu', async () => {
    const entries = await window.accountsMenuEntries();
    return entries.some(entry => entry === `${label} (${providerLabel})`);
  });
  await window.openAccountsMenu();
  say(`The Accounts menu shows ${label}`);
  await shoot('signed-in');
  await window.closeMenu();

  await window.runCommand('Consumer: Who Am I?');
  const { message } = await window.waitForNotification(/^You are /);
  await shoot('who-am-i');
  say(`Consumer asked the resource server with the session it was given: "${message}"`);

  const calls = stage.resourceServer.requestsTo('/whoami').map(({ status }) => status);
  if (message !== `You are ${name}` || !calls.includes(200)) {
    throw new Error(`The sign-in went wrong: the message is "${message}"`);
  }
  await person.close();
  say(`Signed in: ${name}`);
}

let stage: Stage | undefined;
let method: SignInMethod | undefined;
let terminalDemo: TerminalDemo | undefined;
try {
  const words = process.argv.slice(2);
  const others = words.filter(word => word !== '--provider-only');
  const asked = others.length < words.length ? undefined : options();
  if (!asked) await runProviderOnly(others);
  else if (asked.help === true) console.log(help());
  else await show(asked);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stage?.close();
  await method?.close?.();
  await terminalDemo?.close();
  if (stage) say('Everything that was started has ended');
}
