import { waitFor } from '../../editor/workbench/waiting.ts';
import type { Stage } from '../../stage/stage.ts';

/** The path of a log of the extension for terminals. */
export const isOurs = (path: string): boolean => path.endsWith('OpenID Connect for Terminals.log');

/**
 * Waits until this many agents have listened since the editor was started, one for each window and reload. A terminal
 * that is open before that does not have the variables.
 */
export async function waitForAgents({ editor }: Stage, count: number): Promise<void> {
  await waitFor(`agent ${count} to listen`, async () => {
    const logs = [...(await editor.readLogs())].filter(([path]) => isOurs(path));
    return logs.filter(([, text]) => text.includes('[info] listening ')).length >= count;
  });
}
