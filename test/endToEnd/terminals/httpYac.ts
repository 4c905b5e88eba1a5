import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { npm } from '../../editor/install/npm.ts';

const version = '6.16.7';
/** Kept: it is 70 MB. */
const folder = join(import.meta.dirname, '..', '..', '..', 'dist', 'test', `httpyac-${version}`);

/**
 * Installs httpYac's command line with npm, if it isn't there from another run.
 *
 * @returns the folder for the `PATH`. Undefined, and says so, if npm can't install it.
 */
export async function installHttpYac(): Promise<string | undefined> {
  const programs = join(folder, 'node_modules', '.bin');
  if (existsSync(join(programs, 'httpyac'))) return programs;
  await mkdir(folder, { recursive: true });
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts'];
  try {
    await npm(folder, [...install, `httpyac@${version}`]);
    return programs;
  } catch (error) {
    console.log(`NOT CHECKED: npm can't install httpyac ${version}: ${(error as Error).message}`);
    return undefined;
  }
}

/** A configuration that gives scripts what httpYac's extension gives them: the editor's commands. */
export const httpYacWithEditor = `const { io } = require(${JSON.stringify(join(folder, 'node_modules', 'httpyac'))});
const executeCommand = async (id, { account, as }) => {
  if (id !== 'oidcTerminals.token' || account !== 'company' || as !== 'header') throw new Error('not as documented');
  return 'Bearer ' + process.env.ACCESS_TOKEN;
};
module.exports = { configureHooks: () => { io.javascriptProvider.require.vscode = { commands: { executeCommand } }; } };
`;
