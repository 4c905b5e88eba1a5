/**
 * Writes VS Code's log files in place of the native module `@vscode/spdlog`, with the same interface.
 *
 * The native module has to be compiled; without it VS Code runs, but writes no log file and shows no log in
 * its output channels, and a search of the logs for secrets would find nothing because nothing is there. This
 * file is put into the installed editor. Everything is written at once and synchronously: what a process
 * logged before it was killed is on disk.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';

const levelNames = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
let commonLevel = 2;

export const version = 11200;

/** From 0 (trace) to 6 (off), for loggers made afterwards. */
export function setLevel(level: number): void {
  commonLevel = level;
}

/** Every message is on disk already when the call that logs it returns. */
export function setFlushOn(_level: number): void {
  return;
}

function timestamp(): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, -1).replace('T', ' ');
}

/** `name.log` → `name.1.log`, as the native module names what it rotates out. */
function rotatedName(file: string, number: number): string {
  if (number === 0) return file;
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}.${number}${extension}`;
}

export class Logger {
  #file: string;
  #maximumSize: number;
  #files: number;
  #level = commonLevel;
  #plain = false;
  #size = 0;

  constructor(_type: string, _name: string, file: string, maximumSize: number, files: number) {
    this.#file = file;
    this.#maximumSize = maximumSize;
    this.#files = files;
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, '');
    this.#size = statSync(file).size;
  }

  #write(level: number, message: string): void {
    if (level < this.#level) return;
    const line = this.#plain ? message : `${timestamp()} [${levelNames[level] ?? ''}] ${message}\n`;
    const size = Buffer.byteLength(line);
    if (this.#maximumSize > 0 && this.#size + size > this.#maximumSize) this.#rotate();
    appendFileSync(this.#file, line);
    this.#size += size;
  }

  #rotate(): void {
    for (let number = this.#files; number > 0; number--) {
      try {
        renameSync(rotatedName(this.#file, number - 1), rotatedName(this.#file, number));
      } catch (error) {
        // Not every number has been used yet.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    this.#size = 0;
  }

  trace(message: string): void {
    this.#write(0, message);
  }
  debug(message: string): void {
    this.#write(1, message);
  }
  info(message: string): void {
    this.#write(2, message);
  }
  warn(message: string): void {
    this.#write(3, message);
  }
  error(message: string): void {
    this.#write(4, message);
  }
  critical(message: string): void {
    this.#write(5, message);
  }
  getLevel(): number {
    return this.#level;
  }
  setLevel(level: number): void {
    this.#level = level;
  }
  /** The editor uses one pattern only, the one `#write` has. */
  setPattern(_pattern: string): void {
    this.#plain = false;
  }
  /** From now on messages are written as they are, line ends included. */
  clearFormatters(): void {
    this.#plain = true;
  }
  flush(): void {
    return;
  }
  drop(): void {
    return;
  }
}

/** `maximumSize` in bytes; `files` is how many rotated files are kept. */
export function createRotatingLogger(
  name: string,
  file: string,
  maximumSize: number,
  files: number,
): Promise<Logger> {
  return Promise.resolve(new Logger('rotating', name, file, maximumSize, files));
}

export const createAsyncRotatingLogger = createRotatingLogger;
