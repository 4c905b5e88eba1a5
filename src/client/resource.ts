import type * as vscode from 'vscode';

/** Stands among the scopes for what a token is for (RFC 8707). */
const prefix = 'resource:';

/** Of each provider and list of scopes, the resources that turned out to need a token of their own. */
const learned = new Map<string, Set<string>>();
const capacity = 100;

const keyOf = (providerId: string, scopes: readonly string[]): string =>
  JSON.stringify([providerId, ...[...scopes].sort()]);

/** The session that a request needs. */
export interface Aim {
  /** The scopes of the extension. */
  readonly own: readonly string[];
  /** The resource that a server there turned out to need a token for. The extension names none. */
  readonly learned?: string;
  /** Both, as they are requested. */
  readonly scopes: readonly string[];
}

/** Aims at nothing but what the extension names. */
export const unaimed = (own: readonly string[]): Aim => ({ own, scopes: own });

/**
 * Aims at the resource that the request goes to, if a server there has refused a token for something else. This way, the
 * next request isn't refused first. Of resources within one another, the innermost is taken.
 */
export function aimFor(providerId: string, own: readonly string[], { origin, pathname }: URL): Aim {
  const around = [...(learned.get(keyOf(providerId, own)) ?? [])].filter(resource => {
    const place = new URL(resource);
    return place.origin === origin && `${pathname}/`.startsWith(`${place.pathname.replace(/\/$/, '')}/`);
  });
  const [innermost] = around.sort((a, b) => b.length - a.length);
  return innermost === undefined
    ? unaimed(own)
    : { own, learned: innermost, scopes: [...own, `${prefix}${innermost}`] };
}

/** Remembers the resource that a session is for, though the extension named none. */
export function learnResource(
  providerId: string,
  scopes: readonly string[],
  session: vscode.AuthenticationSession,
): void {
  const named = session.scopes.filter(scope => scope.startsWith(prefix) && !scopes.includes(scope));
  const [resource] = named.map(scope => scope.slice(prefix.length)).filter(uri => URL.canParse(uri));
  if (resource === undefined) return;
  const key = keyOf(providerId, scopes);
  const known = learned.get(key) ?? new Set();
  learned.delete(key);
  learned.set(key, known.add(resource));
  for (const oldest of learned.keys()) {
    if (learned.size <= capacity) break;
    learned.delete(oldest);
  }
}
