import type * as vscode from 'vscode';

/** Stands among the scopes for what a token is for (RFC 8707). */
const prefix = 'resource:';

/** Of each provider and list of scopes, the resources that turned out to need a token of their own. */
const learned = new Map<string, Set<string>>();
const capacity = 100;

const keyOf = (providerId: string, scopes: readonly string[]): string =>
  JSON.stringify([providerId, ...[...scopes].sort()]);

/**
 * The scopes to request: those of the extension, and the resource that the request goes to, if a server there has refused
 * a token for something else. This way, the next request isn't refused first.
 */
export function scopesFor(
  providerId: string,
  scopes: readonly string[],
  { origin, pathname }: URL,
): readonly string[] {
  for (const resource of learned.get(keyOf(providerId, scopes)) ?? []) {
    const place = new URL(resource);
    const path = place.pathname.replace(/\/$/, '');
    if (place.origin === origin && `${pathname}/`.startsWith(`${path}/`))
      return [...scopes, `${prefix}${resource}`];
  }
  return scopes;
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
