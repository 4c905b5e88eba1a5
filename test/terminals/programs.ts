import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Whether a program is installed. If not, says so loudly, and how to install it.
 *
 * @param how the command that installs it on Debian.
 */
export function has(program: string, how: string): boolean {
  const found = (process.env['PATH'] ?? '').split(delimiter).some(folder => isProgram(join(folder, program)));
  if (!found) console.log(`NOT CHECKED: there is no ${program} here. Install it: ${how}`);
  return found;
}
