import type * as vscode from 'vscode';
import { logLine, type Log } from '../platform/log.ts';

/** The log as an output channel of the editor, where a person sets the level and reads it. */
export function editorLog(channel: vscode.LogOutputChannel): Log {
  return {
    debug: (event, fields) => channel.debug(logLine(event, fields)),
    info: (event, fields) => channel.info(logLine(event, fields)),
    warn: (event, fields) => channel.warn(logLine(event, fields)),
    error: (event, fields) => channel.error(logLine(event, fields)),
  };
}
