/** A set of scopes in one order, each once: equal sets are equal lists. */
export function normaliseScopes(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].sort();
}

/** True if everything in `asked` is among `granted`. */
export function covers(granted: readonly string[], asked: readonly string[]): boolean {
  return asked.every(scope => granted.includes(scope));
}

/** True if both hold the same scopes, in whatever order. */
export const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  normaliseScopes(a).join(' ') === normaliseScopes(b).join(' ');

/** All of the lists, each scope once, in the order in which they first occur. */
export function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}

/** Makes the ID of a session from the grant and the set of scopes alone, so it never changes; see docs/decisions/0004. */
export function sessionId(grantId: string, scopes: readonly string[]): string {
  return `${grantId}:${normaliseScopes(scopes).join(' ')}`;
}

/** The grant that a session id belongs to, and the scopes it shows. */
export function parseSessionId(id: string): { grantId: string; scopes: string[] } {
  const colon = id.indexOf(':');
  if (colon < 0) return { grantId: id, scopes: [] };
  return {
    grantId: id.slice(0, colon),
    scopes: id
      .slice(colon + 1)
      .split(' ')
      .filter(scope => scope !== ''),
  };
}
