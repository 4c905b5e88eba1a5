import { logLine, type Log } from '../platform/log.ts';
import { shown } from '../platform/shown.ts';
import { window, type LogChannel } from './show.ts';

/** The output channel where a user sets the level of the log and reads it. */
export const createLogChannel = (): LogChannel =>
  window.createOutputChannel(shown('OpenID Connect Authentication'), { log: true });

/** The log as an output channel of the editor. */
export function editorLog(channel: LogChannel): Log {
  return {
    debug: (event, fields) => channel.debug(logLine(event, fields)),
    info: (event, fields) => channel.info(logLine(event, fields)),
    warn: (event, fields) => channel.warn(logLine(event, fields)),
    error: (event, fields) => channel.error(logLine(event, fields)),
  };
}
