import type { Secret } from '../../platform/secret.ts';
import type { OnStray } from './pendingResponses.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/** A redirect URI that is ready to receive the response to one authorization request. */
export interface OpenRedirect {
  readonly redirectUri: string;
  /** The `state` to send: the nonce itself, or the nonce with what a page needs to return to the editor. */
  readonly state: Secret;
  readonly response: Promise<URLSearchParams>;
  /** Stops receiving. Called however a sign-in ends. */
  close(): void;
}

export interface RedirectRequest {
  /** 256 random bits that belong to this sign-in alone. */
  readonly nonce: Secret;
  /** The path of the redirect URI, see plan/redirectUri.ts. */
  readonly path: string;
  readonly provider: Provider;
  /** The host of this computer in the redirect URI. */
  readonly loopbackHost: string;
  /** Redirect URIs that are registered for this editor already: one of them is better than a new one. */
  readonly registered: readonly string[];
  /** Receives each response that comes here and belongs to no sign-in. */
  readonly onStray: OnStray;
}

/** How an authorization response comes back to the editor. */
export interface Redirect {
  /** @throws Failure `port-taken` if it can't receive anything here. */
  open(request: RedirectRequest): Promise<OpenRedirect>;
}
