/** The maximum number of concurrent requests to one host. */
export const requestsPerHost = 6;

interface Lane {
  open: number;
  sent: number;
  readonly waiting: Set<() => void>;
}

/**
 * Limits the concurrent requests of this window to each host, so neither a burst of ours nor a slow server can
 * accumulate connections. Additional requests wait in order.
 */
export type Traffic = ReturnType<typeof createTraffic>;

export function createTraffic(limit = requestsPerHost) {
  const lanes = new Map<string, Lane>();
  const sum = (of: (lane: Lane) => number): number =>
    [...lanes.values()].reduce((total, lane) => total + of(lane), 0);

  const laneTo = (host: string): Lane => {
    const lane = lanes.get(host) ?? { open: 0, sent: 0, waiting: new Set() };
    lanes.set(host, lane);
    return lane;
  };

  /** Takes a place that is free. */
  const take = (lane: Lane): (() => void) => {
    lane.open++;
    lane.sent++;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      lane.open--;
      const [next] = lane.waiting;
      if (!next) return;
      lane.waiting.delete(next);
      next();
    };
  };

  return {
    /** Takes a place among the requests to a host, if one is free, and returns what gives it back. */
    takeFree(host: string): (() => void) | undefined {
      const lane = laneTo(host);
      return lane.open < limit ? take(lane) : undefined;
    },
    /**
     * Waits for a slot among the requests to a host.
     *
     * @returns a function that frees the slot. Repeated calls do nothing.
     * @throws the signal's reason as soon as it is aborted, without taking a slot.
     */
    enter(host: string, signal: AbortSignal): Promise<() => void> {
      const lane = laneTo(host);
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        if (lane.open < limit) return resolve(take(lane));
        const go = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(take(lane));
        };
        const leave = (): void => {
          lane.waiting.delete(go);
          reject(signal.reason as Error);
        };
        lane.waiting.add(go);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    /** How many requests have been sent to a host, or in all. */
    sent: (host?: string): number =>
      host === undefined ? sum(lane => lane.sent) : (lanes.get(host)?.sent ?? 0),
    get open() {
      return sum(lane => lane.open);
    },
  };
}
