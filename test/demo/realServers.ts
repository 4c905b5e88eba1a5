/**
 * What `npm start -- --add-provider --server <name>` shows: providers that do what real servers do, each added with
 * nothing but its address.
 */
import type { Workbench } from '../editor/workbench.ts';
import { addByAddress } from '../editor/workbench/wizard.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { rows } from '../protocol/realServers/rows/rows.ts';
import type { ServerRow } from '../protocol/realServers/rows/row.ts';
import { startHostileServer } from '../servers/hostile/server.ts';
import type { StageOptions } from '../stage/stage.ts';
import { addKeycloak } from './keycloak.ts';
import type { Report } from './methods.ts';

const keycloak = 'keycloak';

/** How long a token lasts that is to be refreshed at once, in seconds. */
const soon = 20;

/** Nothing is set up, as after the installation. */
export const newEditor: StageOptions = { unconfigured: true };

/** All names that `--server` takes, a line each. */
export const describeServers = (): string =>
  [
    ['all', 'every one of these'] as const,
    [keycloak, 'a real one, which needs Java 17 and Maven'] as const,
    ...rows.map(({ name, server, does }) => [name, `${server}: ${does}`] as const),
  ]
    .map(([name, what]) => `  ${name.padEnd(48)} ${what}`)
    .join('\n');

/**
 * Splits a list of names.
 *
 * @throws {Error} with the names that there are.
 */
export function serversNamed(list: string): readonly string[] {
  const known = [keycloak, ...rows.map(({ name }) => name)];
  const names = list === 'all' ? known : list.split(',');
  const unknown = names.filter(name => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no server ${unknown.join(', ')}.\n${describeServers()}`);
  return names;
}

/**
 * Adds one server after the other in the same window, and compares how each ended with what must come of it.
 *
 * @throws {Error} with the names of those of which something else came.
 */
export async function addServers(window: Workbench, names: readonly string[], report: Report): Promise<void> {
  const wrong: string[] = [];
  const ends: (() => Promise<void>)[] = [];
  const attempt = async (name: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      wrong.push(name);
      await report.picture(window.page, `${name}-wrong`);
      report.say(`✗ ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    for (const name of names) {
      const row = rows.find(one => one.name === name);
      await attempt(name, async () => {
        if (!row) return addKeycloak(window, report);
        // It has to be there for as long as the window knows it.
        ends.push(await addStandIn(window, row, report));
      });
    }
  } finally {
    for (const end of ends) await end();
  }
  if (wrong.length > 0) throw new Error(`Another end than expected: ${wrong.join(', ')}`);
  report.say(`All ${names.length} ended as they must`);
}

/**
 * Adds a server that does what one row says.
 *
 * @returns what ends the server.
 * @throws {Error} with what the editor said, if that is not what must come of it.
 */
export async function addStandIn(
  window: Workbench,
  { name, server, does, departure, later, laterSays, ends: expected }: ServerRow,
  report: Report,
): Promise<() => Promise<void>> {
  report.say(`${server}: ${does} (${name})`);
  const lifetime = later && { tokenLifetime: soon };
  const started = await startHostileServer({ ...departure, ...lifetime }, 'idp.localhost');
  const { isSignedIn, said } = await addByAddress(window, started.issuer);
  await report.picture(window.page, name);
  if (isSignedIn !== (expected === undefined) || !(expected ?? /./).test(said)) throw new Error(said);
  report.say(`✔ ${said}`);
  if (!isSignedIn) await window.quickInput.cancel();
  if (later) {
    const before = started.requestsTo('token').length;
    started.departure = { ...later, ...lifetime };
    await waitFor('a refresh', () => Promise.resolve(started.requestsTo('token').length > before));
    await report.picture(window.page, `${name}-later`);
    report.say(`✔ ${await afterRefresh(window, new URL(started.issuer).host, laterSays)}`);
  }
  return () => started.close();
}

/** @returns what the editor said, or that somebody is still signed in. */
async function afterRefresh(window: Workbench, host: string, says: RegExp | undefined): Promise<string> {
  if (says) return (await window.waitForNotification(says)).message;
  const warnings = (await window.notifications()).filter(
    ({ severity, message }) => severity !== 'info' && message.includes(host),
  );
  if (warnings.length > 0) throw new Error(warnings.map(({ message }) => message).join(' '));
  const entries = await window.accountsMenuEntries();
  const account = entries.find(entry => entry.endsWith(`(${host})`));
  if (account === undefined) throw new Error(`Nobody is signed in to ${host}: ${entries.join(', ')}`);
  return `Still signed in: ${account}`;
}
