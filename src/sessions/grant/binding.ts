import * as v from 'valibot';
import { secretEndpoints, type AgreedEndpoints } from '../../protocol/server/secretEndpoints.ts';
import type { Terms } from '../../providers/entries/terms.ts';
import {
  assertedTokens,
  subjectTokens,
  userLookupFields,
  type ServiceSignIn,
  type SubjectSignIn,
} from '../../providers/settings/serviceSettings.ts';

/** What a grant's tokens are bound to. They are never sent anywhere else. */
export interface Binding {
  readonly issuer: string;
  readonly clientId: string;
  readonly tokenEndpoint: string;
  /**
   * The endpoints that get something secret, as they were when the person signed in (names of RFC 8414). Undefined: the
   * grant was stored before that.
   */
  readonly endpoints?: AgreedEndpoints | undefined;
  /** What the person agreed to, see providers/entries/terms.ts. */
  readonly terms?: Terms | undefined;
  /** The redirect URI of the sign-in, for servers that want it with each refresh. */
  readonly redirectUri?: string | undefined;
  /** The certificate that the sign-in's tokens are bound to, by its `x5t#S256`. Undefined: none that is known. */
  readonly certificate?: string | undefined;
  /** How the client asks for tokens by itself, without a refresh token; undefined: a person signed in. */
  readonly service?: ServiceBinding | undefined;
}

export type ServiceBinding =
  | Exclude<ServiceSignIn, SubjectSignIn>
  /** For this account of the other provider, and no other. */
  | (SubjectSignIn & { readonly account: string });

const serviceSchema = v.variant('way', [
  v.object({ way: v.literal('client-credentials') }),
  v.object({ way: v.literal('impersonation'), field: v.picklist(userLookupFields), value: v.string() }),
  v.object({
    way: v.picklist(['token-exchange', 'identity-assertion']),
    from: v.string(),
    subjectToken: v.picklist([...subjectTokens, ...assertedTokens]),
    requestedTokenType: v.optional(v.string()),
    audience: v.optional(v.string()),
    account: v.string(),
  }),
]);

export const storedBindingSchema = v.pipe(
  v.object({
    issuer: v.string(),
    clientId: v.string(),
    tokenEndpoint: v.string(),
    endpoints: v.optional(v.record(v.picklist(secretEndpoints), v.optional(v.string()))),
    terms: v.optional(v.string()),
    redirectUri: v.optional(v.string()),
    certificate: v.optional(v.string()),
    // The name that stored grants have for it.
    machine: v.optional(serviceSchema),
  }),
  v.transform(({ machine, ...binding }) =>
    machine ? { ...binding, service: machine as ServiceBinding } : binding,
  ),
);
