/**
 * What must not outlive this process: processes and temporary folders.
 *
 * The functions given here run when the process ends, however it ends short of being killed outright: at
 * its natural end, by `process.exit`, by an error nobody caught, and by Ctrl+C, SIGTERM or SIGHUP. They are
 * synchronous because nothing asynchronous runs any more at that point.
 */
const cleanings = new Set<() => void>();
let watching = false;

function cleanAll(): void {
  for (const clean of [...cleanings].reverse()) {
    cleanings.delete(clean);
    try {
      clean();
    } catch (error) {
      // One failure must not keep the others from being cleaned.
      process.stderr.write(`Cleaning up: ${String(error)}\n`);
    }
  }
}

function watch(): void {
  watching = true;
  process.once('exit', cleanAll);
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    // 128 + the signal's number is how a shell reports a process that a signal ended.
    process.once(signal, () => process.exit(128 + number));
  }
}

/** Runs `clean` when this process ends, unless the returned function was called before. */
export function cleanAtExit(clean: () => void): () => void {
  if (!watching) watch();
  cleanings.add(clean);
  return () => cleanings.delete(clean);
}
