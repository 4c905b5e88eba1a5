import { l10n } from '../platform/shown.ts';
import * as v from 'valibot';
import type { Log } from '../platform/log.ts';
import { mostSendings, sentKinds, type Sendings, type SentKind } from '../protocol/server/sendings.ts';
import type { Grant } from './grant/grant.ts';

const events = ['sign-in', 'refresh', 'failure', 'sign-out', 'revocation'] as const;

export const activitySchema = v.object({
  /** Seconds since the epoch, up to the limit of `Date`. */
  at: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12)),
  event: v.picklist(events),
  provider: v.string(),
  account: v.string(),
  scopes: v.array(v.string()),
  /** The result or the reason, as a sentence fit to be shown. */
  reason: v.optional(v.string()),
  /** What has been sent for it since the entry before, and where to. */
  sent: v.optional(
    v.array(v.object({ host: v.string(), kinds: v.array(v.picklist(sentKinds)), purpose: v.string() })),
  ),
});

/** Something that happened to a sign-in. Holds no secret. */
export type Activity = v.InferOutput<typeof activitySchema>;

export type Recorder = (event: Activity['event'], grant: Grant, reason?: string) => void;

/**
 * @param at in seconds since the epoch.
 * @param sendings from which what was sent for the grant is taken.
 */
export function activityOf(
  event: Activity['event'],
  grant: Grant,
  at: number,
  reason?: string,
  sendings?: Sendings,
): Activity {
  const ofSignIn = event === 'sign-in' ? [grant.binding.issuer] : [];
  const sent = sendings?.take(grant.id, ...ofSignIn) ?? [];
  return {
    at,
    event,
    provider: grant.providerId,
    account: grant.account.label,
    scopes: [...grant.grantedScopes],
    ...(reason !== undefined && { reason }),
    ...(sent.length > 0 && { sent: sent.map(({ kinds, ...one }) => ({ ...one, kinds: [...kinds] })) }),
  };
}

/** Stores the activity: text without secrets, read and written as a whole. */
export interface ActivityFile {
  /** @returns undefined if there is none yet. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** What happened to the sign-ins of this computer, for the user to look up. Kept by one window at a time, in turn. */
export interface ActivityLog {
  record(entries: readonly Activity[]): void;
  /** Oldest first. */
  entries(): Promise<readonly Activity[]>;
}

/** Only the latest are kept. */
export const mostActivities = 1000;
const longestReason = 500;

/** Each line of the file is one entry as JSON. Other lines are skipped. */
export function createActivityLog(file: ActivityFile, log: Log): ActivityLog {
  /** The entries in the file when it was last read or written. */
  let written: Lines = { text: '', count: 0 };
  let unwritten: readonly Activity[] = [];
  let writing: Promise<void> | undefined;

  const all = (): Lines =>
    latest(`${written.text}${formatActivities(unwritten)}`, written.count + unwritten.length);

  // Read again each time: between two entries of this window another one might have kept the log.
  const read = async (): Promise<void> => {
    try {
      const text = (await file.read()) ?? '';
      // Parsing takes longer than the refresh that is recorded.
      if (text === written.text) return;
      const entries = parseActivities(text);
      written = { text: formatActivities(entries), count: entries.length };
    } catch {
      log.warn('the activity log cannot be read; it goes on with what is known here');
    }
  };

  const write = async (): Promise<void> => {
    try {
      await read();
      // What is recorded during a write goes with the next one.
      while (unwritten.length > 0) {
        const entries = all();
        const fresh = new Set(unwritten);
        await file.write(entries.text);
        written = entries;
        unwritten = unwritten.filter(entry => !fresh.has(entry));
      }
    } catch {
      log.warn('the activity log cannot be written');
    } finally {
      // At once when nothing is left: what is recorded from now on begins another write.
      writing = undefined;
    }
  };

  return {
    record(fresh) {
      unwritten = [...unwritten, ...fresh.map(entry => shortened(entry))].slice(-mostActivities);
      writing ??= write();
    },
    async entries() {
      await writing;
      await read();
      return parseActivities(all().text);
    },
  };
}

/** Entries as they are in the file. */
interface Lines {
  readonly text: string;
  readonly count: number;
}

/** Drops the oldest lines. */
function latest(text: string, count: number): Lines {
  let from = 0;
  for (let at = count; at > mostActivities; at--) from = text.indexOf('\n', from) + 1;
  return { text: text.slice(from), count: Math.min(count, mostActivities) };
}

export const formatActivities = (entries: readonly Activity[]): string =>
  entries.map(entry => `${JSON.stringify(entry)}\n`).join('');

const lineSchema = v.pipe(v.string(), v.parseJson(), activitySchema);

export function parseActivities(text: string): Activity[] {
  return text.split('\n').flatMap(line => {
    // Whatever else is in the file costs nothing.
    if (!line.startsWith('{')) return [];
    const parsed = v.safeParse(lineSchema, line);
    return parsed.success ? [parsed.output] : [];
  });
}

/** Always a copy, which keeps recorded entries distinct. */
function shortened(entry: Activity): Activity {
  return {
    ...entry,
    ...(entry.reason !== undefined && { reason: entry.reason.slice(0, longestReason) }),
    ...(entry.sent && { sent: entry.sent.slice(0, mostSendings) }),
  };
}

function eventName(event: Activity['event']): string {
  const texts: Readonly<Record<Activity['event'], string>> = {
    'sign-in': l10n.t('sign-in'),
    refresh: l10n.t('refresh'),
    failure: l10n.t('failure'),
    'sign-out': l10n.t('sign-out'),
    revocation: l10n.t('revocation'),
  };
  return texts[event];
}

function kindName(kind: SentKind): string {
  switch (kind) {
    case 'access-token':
      return l10n.t('access token');
    case 'refresh-token':
      return l10n.t('refresh token');
    case 'id-token':
      return l10n.t('ID token');
    case 'identity-assertion':
      return l10n.t('identity assertion');
    case 'code-and-verifier':
      return l10n.t('code and verifier');
    case 'device-code':
      return l10n.t('device code');
    case 'client-secret':
      return l10n.t('client secret');
    case 'client-assertion':
      return l10n.t('client assertion');
    case 'initial-access-token':
      return l10n.t('initial access token');
    case 'registration-token':
      return l10n.t('registration token');
    case 'client-certificate':
      return l10n.t('client certificate');
  }
}

/** Times are UTC. */
const timeText = (at: number): string =>
  `${new Date(at * 1000).toISOString().replace('T', ' ').slice(0, 19)}Z`;

/** Which host got what of each account, for what and when the last time. */
function destinations(entries: readonly Activity[], whoOf: (entry: Activity) => string): string[] {
  const latest = new Map<string, { readonly who: string; readonly text: string; readonly at: number }>();
  for (const entry of entries)
    for (const { host, kinds, purpose } of entry.sent ?? [])
      for (const kind of kinds) {
        const text = `  ${host}: ${kindName(kind)} (${purpose})`.replace(notInALine, ' ');
        const who = whoOf(entry).replace(notInALine, ' ');
        latest.set(`${who}\n${text}`, { who, text, at: entry.at });
      }
  const accounts = Map.groupBy(latest.values(), ({ who }) => who);
  return [...accounts].flatMap(([who, places]) => [
    who,
    ...places.map(({ text, at }) => `${text}, ${timeText(at)}`).sort(),
  ]);
}

const notInALine = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** The activity as a user reads it, the latest first. */
export function describeActivities(
  entries: readonly Activity[],
  providerLabel: (id: string) => string,
): string {
  const whoOf = ({ provider, account }: Activity): string => `${providerLabel(provider)} / ${account}`;
  const width = Math.max(...events.map(event => eventName(event).length));
  const lines = [...entries].reverse().map(entry => {
    const scopes = entry.scopes.length > 0 ? ` [${entry.scopes.join(' ')}]` : '';
    const reason = entry.reason === undefined ? '' : ` — ${entry.reason}`;
    // An entry of the file, or a name in it, can't add lines of its own to what is shown.
    return `${timeText(entry.at)}  ${eventName(entry.event).padEnd(width)}  ${whoOf(entry)}${scopes}${reason}`.replace(
      notInALine,
      ' ',
    );
  });
  const heading = l10n.t('What happened to your sign-ins, the latest first. Times are UTC.');
  const sent = destinations(entries, whoOf);
  const where = l10n.t('Where tokens and secrets were last sent:');
  return `${[
    ...[heading, '', ...(lines.length > 0 ? lines : [l10n.t('Nothing yet.')])],
    ...(sent.length > 0 ? ['', where, '', ...sent] : []),
  ].join('\n')}\n`;
}
