import type { Log } from '../../platform/log.ts';
import type { CheckId } from '../failures/checks.ts';

/** A departure of a server from the standards that costs nothing: what it means is clear. */
export interface Blemish {
  readonly check: CheckId;
  /** The property of the response, or another place where it was found. */
  readonly member: string;
}

/** Notified of each blemish of the response being read. */
export type NoteBlemish = (check: CheckId, member: string) => void;

/** The blemishes of the servers that this window has talked to. Each is logged when it is seen first. */
export interface Blemishes {
  /** Records those in one server's responses. */
  at(issuer: string): NoteBlemish;
  of(issuer: string): readonly Blemish[];
}

/** No server has more that are worth telling. */
const mostKept = 50;

/** In characters, because a server might have written it. */
const longestMember = 100;

export function createBlemishes(log: Log): Blemishes {
  const seen = new Map<string, Map<string, Blemish>>();
  return {
    at: issuer => (check, written) => {
      const member = written.slice(0, longestMember);
      const own = seen.get(issuer) ?? new Map<string, Blemish>();
      seen.set(issuer, own);
      const key = `${check} ${member}`;
      if (own.has(key) || own.size >= mostKept) return;
      own.set(key, { check, member });
      log.warn('an answer departs from the standard, and is read for what it means', {
        issuer,
        check,
        member,
      });
    },
    of: issuer => [...(seen.get(issuer)?.values() ?? [])],
  };
}
