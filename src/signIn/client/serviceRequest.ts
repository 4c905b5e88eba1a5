import type { ServiceTokenRequest } from '../../protocol/grants/serviceGrants.ts';
import type { ServiceSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant, ServiceBinding } from '../../sessions/grant/grant.ts';

/** How a service sign-in is requested: as the settings say, and for which user. */
export interface ServiceRequest {
  readonly service: ServiceSignIn;
  /** The account of the other provider, if it acts for one. Undefined: the only one there is. */
  readonly account?: string | undefined;
  readonly scopes: readonly string[];
  /** What was asked for, for the resources and the audience among it. */
  readonly asked: readonly string[];
  /** Ends what is asked of another provider for it. */
  readonly signal?: AbortSignal | undefined;
  readonly beforeSending?: (() => void) | undefined;
}

/** What is sent, and what is kept of it. */
export interface Prepared {
  readonly request: ServiceTokenRequest;
  readonly binding: ServiceBinding;
  /** The sign-in that it is made of, if there is one. */
  readonly subject: Grant | undefined;
}
