import { createEmitter, type Emitter } from '../../platform/emitter.ts';

/** What is secret and was sent. */
export const sentKinds = [
  'access-token',
  'refresh-token',
  'id-token',
  'identity-assertion',
  'code-and-verifier',
  'device-code',
  'client-secret',
  'client-assertion',
  'initial-access-token',
  'registration-token',
  'client-certificate',
] as const;
export type SentKind = (typeof sentKinds)[number];

/** Something secret that has left for a server. Nothing of it is in here. */
export interface Sending {
  readonly host: string;
  readonly kinds: readonly SentKind[];
  /** The purpose: the endpoint's name in the metadata, or the `grant_type` for the token endpoint. */
  readonly purpose: string;
}

/** The most sendings of one grant that wait to be recorded. */
export const mostSendings = 50;

/**
 * Collects what this window has sent and not yet logged as activity, by the grant it was sent for, or by issuer
 * during a sign-in, which has no grant. It is logged with the next entry about the grant, so it never causes a write
 * of its own.
 */
export interface Sendings {
  add(about: string, sending: Sending): void;
  /** What has been sent for these since the last time, each once. */
  take(...about: readonly string[]): readonly Sending[];
  /** Records a grant's new endpoints that the user hasn't agreed to, where nothing is sent. */
  withhold(about: string, withheld: readonly Withheld[]): void;
  withheld(about: string): readonly Withheld[];
  /** Told when something else is withheld than before. */
  readonly onDidWithhold: Emitter<void>['on'];
}

/** An endpoint that gets nothing, by its name in the metadata. */
export interface Withheld {
  readonly endpoint: string;
  readonly host: string;
}

export function createSendings(): Sendings {
  const waiting = new Map<string, Map<string, Sending>>();
  const notSent = new Map<string, readonly Withheld[]>();
  const changes = createEmitter();
  return {
    onDidWithhold: changes.on,
    withheld: about => notSent.get(about) ?? [],
    withhold(about, withheld) {
      if (JSON.stringify(notSent.get(about) ?? []) === JSON.stringify(withheld)) return;
      notSent.set(about, withheld);
      changes.fire();
    },
    add(about, sending) {
      const known = waiting.get(about) ?? new Map<string, Sending>();
      waiting.set(about, known);
      if (known.size < mostSendings) known.set(JSON.stringify(sending), sending);
    },
    take: (...about) =>
      about.flatMap(name => {
        const found = [...(waiting.get(name)?.values() ?? [])];
        waiting.delete(name);
        return found;
      }),
  };
}
