import * as vscode from 'vscode';
import type { RunningProcess } from '../../agent/peer.ts';

/** The tasks of this window that run. */
export interface RunningTasks extends vscode.Disposable {
  /** The numbers of their processes. Those of tasks that ran before this extension did aren't known. */
  readonly pids: ReadonlySet<number>;
}

/** Follows the tasks that are started from now on. */
export function watchTasks(): RunningTasks {
  const started = new Map<vscode.TaskExecution, number>();
  const pids = new Set<number>();
  const listeners = vscode.Disposable.from(
    vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => {
      started.set(execution, processId);
      pids.add(processId);
    }),
    vscode.tasks.onDidEndTaskProcess(({ execution }) => {
      // Another process can have the number by now.
      pids.delete(started.get(execution) ?? 0);
      started.delete(execution);
    }),
  );
  return { pids, dispose: () => void listeners.dispose() };
}

/**
 * Looks whether a program was started by a task, or by an extension, such as git for an automatic fetch. A terminal is no
 * child of an extension host. If no one knows, it counts as a terminal's, and its user is asked.
 *
 * @param ancestry of the program, itself first. Empty where no one can tell.
 * @param host the number of the extension host.
 */
export const isUnattended = (
  ancestry: readonly RunningProcess[],
  tasks: ReadonlySet<number>,
  host: number,
): boolean => ancestry.some(({ pid }) => pid === host || tasks.has(pid));
