import type { AssertionAudience, ClientAuthentication } from '../../protocol/client/clientAuthentication.ts';
import type { ClientKeyAlgorithm } from '../../protocol/client/keys/clientKeyAlgorithms.ts';
import type { ProofBinding } from '../../protocol/client/keys/proofBindings.ts';
import type { Dialect } from '../../protocol/server/dialect.ts';
import type { SecurityProfile } from '../../protocol/client/securityProfile.ts';
import type { Shown } from '../../platform/shown.ts';
import type { RedirectSettings } from '../settings/redirectSettings.ts';
import type { SignOut } from '../settings/schema.ts';
import type { claimSources } from '../settings/serverSettings.ts';
import type { ServiceSignIn } from '../settings/serviceSettings.ts';
import type { ProviderMethod } from '../settings/signInMethods.ts';
import type { Server } from './server.ts';

/** The terms of a provider that a user agrees to, as a string that is equal for equal terms. It contains no secret. */
export type Terms = string;

export type ClaimSource = (typeof claimSources)[number];

/** A value that a claim must equal or contain. Of several values, one is enough. */
export type WantedClaim = string | number | boolean | readonly string[];

/** A provider that can be signed in to. */
export interface Provider extends Server {
  readonly id: string;
  readonly label: Shown;
  /** Undefined: this editor registers itself. */
  readonly clientId: string | undefined;
  /** What the provider and its client have to meet. Undefined: what they can. */
  readonly profile: SecurityProfile | undefined;
  readonly clientAuthentication: ClientAuthentication['method'];
  /** The client shows a certificate, whatever authenticates it, and its tokens must be bound to that (RFC 8705 section 3). */
  readonly certificateBoundTokens: boolean;
  readonly assertionAudience: AssertionAudience;
  /** Of a key that is made here. */
  readonly assertionAlgorithm: ClientKeyAlgorithm;
  /** What a sign-in has bound to a key of its own. Undefined: nothing. */
  readonly dpop: ProofBinding | undefined;
  /** Undefined: `defaultScopes`, as far as the server has them. */
  readonly scopes: readonly string[] | undefined;
  /** True if the user's settings name scopes, not only a preset. */
  readonly scopesAreSet: boolean;
  readonly acceptsChangingRedirectUri: boolean;
  /** Undefined: the overall setting decides. */
  readonly signInMethod: ProviderMethod | undefined;
  /** How the client signs in as a service. If undefined, a user signs in. */
  readonly service: ServiceSignIn | undefined;
  readonly redirect: RedirectSettings;
  /** `resource` of every authorization and token request (RFC 8707 section 2). */
  readonly resources: readonly string[];
  readonly audience: string | undefined;
  /** One sign-in serves all of `resources`, with an access token for each (RFC 8707 section 2.2). */
  readonly tokenPerResource: boolean;
  /** Controls whether a token is requested for the resource that an API's challenge names (RFC 9728, RFC 8707). */
  readonly resourceOfChallenge: boolean;
  /** Fewer scopes than were granted are served by an access token of their own (RFC 6749 section 6). */
  readonly narrowTokens: boolean;
  /** In seconds. */
  readonly maxAge: number | undefined;
  /** Further parameters of the authorization request, those of `prompt`, `audience` and so on included. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  readonly tokenParameters: Readonly<Record<string, string>>;
  readonly refreshParameters: Readonly<Record<string, string>>;
  readonly sendRedirectUriOnRefresh: boolean;
  readonly dialect: Dialect;
  readonly idTokenAlgorithm: string | undefined;
  readonly trustedAudiences: readonly string[];
  /** Undefined: the account is the subject of the ID token, and a sign-in without one is refused. */
  readonly accountId: string | undefined;
  readonly labelClaims: readonly string[];
  readonly claimSources: readonly ClaimSource[];
  readonly requiredClaims: Readonly<Record<string, WantedClaim>>;
  /** In seconds. */
  readonly assumedTokenLifetime: number | undefined;
  /** In seconds. */
  readonly rotationGrace: number;
  readonly refreshEndsAccessToken: boolean;
  readonly revocation: 'standard' | 'none';
  readonly signOut: SignOut;
  /** The extension that contributes the provider, or undefined for the user's settings. */
  readonly contributedBy: string | undefined;
  /** The URL of the MCP server whose metadata names the provider, see mcp/enterprise.ts. */
  readonly mcpServer?: string | undefined;
  /** The terms that the user agrees to when signing in, see terms.ts. A sign-in's own changes don't affect them. */
  readonly terms: Terms;
}
