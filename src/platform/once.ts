/** Runs `run` when first called, and gives every caller its result. What failed is tried again at the next call. */
export function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}

/** Runs `run` for a key unless it is already running, and shares its result with all callers in the meantime. */
export function whileRunning<T>(): (key: string, run: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, run) => {
    const own = running.get(key) ?? run().finally(() => running.delete(key));
    running.set(key, own);
    return own;
  };
}
