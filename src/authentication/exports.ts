import type * as vscode from 'vscode';
import type { Provider } from '../providers/definition.ts';
import type { AccessToken } from '../sessions/derived.ts';
import { expiryOf } from '../sessions/freshness.ts';
import type { Grant } from '../sessions/grant.ts';
import type { GrantBook } from '../sessions/grantBook.ts';
import { parseSessionId } from '../sessions/scopes.ts';

/** What `getExtension('vscode-oidc.oidc-authentication').exports` is. Later versions only add to it. */
export interface OidcAuthenticationApi {
  readonly version: 1;
  /**
   * What is known about a session that the editor has given you, beside its tokens. There is no other way to
   * ask: whoever has no session, and so not the person's consent, learns nothing.
   *
   * @throws Error if the session has been renewed or ended since you got it: ask the editor for it again.
   */
  describe(session: vscode.AuthenticationSession): Promise<SessionFacts>;
}

/** Facts about a session; none of them is secret. Times are in seconds since the epoch. */
export interface SessionFacts {
  readonly account: { readonly id: string; readonly label: string };
  readonly provider: { readonly id: string; readonly label: string; readonly issuer: string };
  /** What the person was granted, which may be more than the session's `scopes`. */
  readonly grantedScopes: readonly string[];
  /** When the access token ends; undefined if the provider does not say. It is renewed before. */
  readonly expiresAt: number | undefined;
  /** Why it will not be renewed, as a sentence to show; undefined if it will. */
  readonly signInNeeded: string | undefined;
  /** Claims about the person from the ID token and UserInfo, such as `email` or `groups`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface ExportsContext {
  readonly book: GrantBook;
  /** The provider that a grant came from, as it is configured now. */
  configured(grant: Grant): Provider | undefined;
}

export function createExports({ book, configured }: ExportsContext): OidcAuthenticationApi {
  return Object.freeze({
    version: 1,
    async describe(session: unknown): Promise<SessionFacts> {
      const held = heldSession(session);
      const grant = held && (await book.get(parseSessionId(held.id).grantId).catch(() => undefined));
      const provider = grant && configured(grant);
      // The token is what only the editor can have given them. An id alone may be guessed or overheard.
      const token = grant && held && tokenIn(grant, held.accessToken);
      if (!provider || !token) {
        throw new Error('This session has been renewed or ended: ask the editor for it again.');
      }
      return {
        account: { ...grant.account },
        provider: { id: provider.id, label: provider.label, issuer: provider.issuer },
        grantedScopes: [...grant.grantedScopes],
        expiresAt: expiryOf(token, provider.assumedTokenLifetime),
        signInNeeded: grant.signInNeeded?.reason,
        // A copy: what an extension does to it must not reach the others.
        claims: structuredClone(grant.claims),
      };
    },
  } as const);
}

function heldSession(session: unknown): { id: string; accessToken: string } | undefined {
  if (typeof session !== 'object' || session === null) return undefined;
  const { id, accessToken } = session as Record<string, unknown>;
  return typeof id === 'string' && typeof accessToken === 'string' ? { id, accessToken } : undefined;
}

/** The access token of the grant that this is. */
const tokenIn = (grant: Grant, given: string): AccessToken | undefined =>
  [grant.tokens, ...grant.derived.filter(entry => entry.kind === 'token')].find(({ accessToken }) =>
    isSame(accessToken.reveal(), given),
  );

/** Compares in a time that does not tell how much of it is right. */
function isSame(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}
