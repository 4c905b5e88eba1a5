import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import {
  assertionAudiences,
  clientAuthenticationMethods,
} from '../../protocol/client/clientAuthentication.ts';
import { clientKeyAlgorithms } from '../../protocol/client/keys/clientKeyAlgorithms.ts';
import { proofBindings } from '../../protocol/client/keys/proofBindings.ts';
import { answerTimeout } from '../../protocol/http/address.ts';
import { resourceProblem } from '../../protocol/server/resourceIndicator.ts';
import { flag, listOf, matching, oneOf, parameters, scope, seconds, someOf, text } from './fields.ts';
import { presetNames } from './presetNames.ts';
import { profileNames } from './profileNames.ts';
import { redirectSettingsSchema } from './redirectSettings.ts';
import {
  accountSchema,
  answersSchema,
  claimSourcesSchema,
  endpointsSchema,
  requiredClaimsSchema,
} from './serverSettings.ts';
import { identityAssertionSchema, tokenExchangeSchema, userLookupSchema } from './serviceSettings.ts';
import { providerMethods } from './signInMethods.ts';

/** Signature algorithms allowed for an ID token (RFC 7518, RFC 8037). */
export const idTokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export const signOuts = ['revoke', 'revoke-and-end-session'] as const;
export type SignOut = (typeof signOuts)[number];

export const revocationPolicies = ['standard', 'none'] as const;

/**
 * The schema of a provider's entry in `oidc.providers`. The types, the schema that the settings editor validates
 * with, and the messages about an invalid entry all come from it.
 */
export const providerDefinitionSchema = v.partial(
  v.strictObject({
    label: text('The name shown in the Accounts menu. Defaults to the host name of the issuer.'),
    preset: oneOf(
      'The known provider to take settings from. Settings made here override it. Some presets also need `presetValues`.',
      presetNames,
    ),
    presetValues: v.pipe(
      v.record(v.string(), text('A value.')),
      v.description(
        'The values that a preset needs, for example `{ "host": "gitlab.example.com" }` or `{ "tenant": "…" }`.',
      ),
    ),
    issuer: text(
      'The provider’s issuer identifier, exactly as in its metadata, for example `https://login.example.com/realms/staff`. The metadata is located from it.',
    ),
    metadataUrl: text(
      'The URL of the metadata document, if it can’t be located from `issuer`. If `issuer` isn’t set, it is the part before `/.well-known/`.',
    ),
    discovery: flag(
      'Controls whether the provider’s metadata document is used. Disable it for a provider without one, and set `endpoints` instead.',
    ),
    endpoints: endpointsSchema,
    allowedTenants: someOf(
      'For an issuer that contains `{tenantid}` (Microsoft Entra ID): the IDs of the tenants whose users can sign in. Defaults to all tenants.',
      text('A tenant ID.'),
    ),
    clientId: text(
      'The client ID registered with the provider. If not set, the editor registers itself where the provider supports it.',
    ),
    profile: oneOf(
      'The security profile to enforce. `fapi2` is the FAPI 2.0 Security Profile: `clientAuthentication` defaults to `private_key_jwt` and `dpop` to `required`. Pushed authorization requests, PKCE, and `iss` in responses are required, and a provider or setting that falls short is rejected. Defaults to none.',
      profileNames,
    ),
    clientAuthentication: oneOf(
      'How the client authenticates. Defaults to `none`, a public client with PKCE. Secrets, keys, and certificates are never stored in settings: you enter them once, and they’re kept in secret storage. `tls_client_auth` and `self_signed_tls_client_auth` use a client certificate (RFC 8705) and aren’t available in browser-based editors.',
      clientAuthenticationMethods,
    ),
    certificateBoundTokens: flag(
      'Controls whether tokens are bound to a client certificate (RFC 8705), which is shown in addition to `clientAuthentication`. You enter it once, as with `tls_client_auth`. A JWT access token without the binding is rejected. Extensions don’t have the certificate, so an API that checks the binding rejects their requests.',
    ),
    assertionAudience: oneOf(
      'The audience of the client assertion, with `private_key_jwt`. Defaults to `issuer`.',
      assertionAudiences,
    ),
    assertionAlgorithm: oneOf(
      'The algorithm of a key generated here, with `private_key_jwt`. Defaults to `ES256`.',
      clientKeyAlgorithms,
    ),
    dpop: oneOf(
      'Which tokens are bound to a key that is made for each sign-in and kept in secret storage (DPoP, RFC 9449): bound tokens are of no use to someone who steals them. `required` binds all of them. Extensions then have to send a proof with the access token (see the guide for extension authors), and MCP servers of `oidc.mcpServers` can’t get it. `refresh-token` binds only the refresh token, where the provider is set up to do that for public clients. Defaults to none.',
      proofBindings,
    ),
    scopes: listOf(
      'Scopes to request at every sign-in, in addition to those an extension requests. Defaults to `openid`, `profile`, `email`, and `offline_access` (left out if the provider’s metadata lists scopes without it).',
      scope,
    ),
    scopeSeparator: oneOf('The separator between scopes in requests and responses. Defaults to a space.', [
      ' ',
      ',',
    ]),
    scopeParameter: matching(
      'The parameter of the authorization request that carries the scopes. Defaults to `scope`.',
      /^\w{1,40}$/,
      () => l10n.t('must be a parameter name'),
    ),
    allowLoopbackHttp: flag(
      'Controls whether plain HTTP is allowed for URLs of this provider on this computer (localhost). For development only.',
    ),
    requestTimeout: seconds(
      'How long to wait for a response from the provider, in seconds. Increase it if the provider is slow. Defaults to 15.',
      answerTimeout.most,
      answerTimeout.least,
    ),
    acceptsChangingRedirectUri: flag(
      'Controls whether the changing URL of a browser-based editor (code-server, Codespaces) is used as a redirect URI. Enable it if the provider matches redirect URIs by a pattern.',
    ),
    signInMethod: oneOf(
      'How to sign in to this provider, in place of `#oidc.signIn.method#`. `uri-handler`, `loopback`, `bridge`, and `paste` use the browser and differ in how its response returns. `device-code` shows a code to enter in any browser. With the others, no user signs in: `client-credentials` uses the client’s own identity, `impersonation` acts for a user (Qlik Cloud), `token-exchange` uses another provider’s token, and `identity-assertion` uses another provider’s assertion of who you are.',
      providerMethods,
    ),
    userLookup: userLookupSchema,
    tokenExchange: tokenExchangeSchema,
    identityAssertion: identityAssertionSchema,
    redirect: redirectSettingsSchema,
    prompt: text('`prompt` of every authorization request, for example `select_account` or `consent`.'),
    maxAge: v.pipe(
      v.number(),
      v.integer(() => l10n.t('must be a whole number')),
      v.minValue(0, () => l10n.t('must not be negative')),
      v.description('The maximum time since you last signed in with the provider, in seconds (`max_age`).'),
    ),
    acrValues: listOf(
      'The authentication context classes to request, in order of preference (`acr_values`).',
      scope,
    ),
    resource: listOf(
      'The resources that the access token is for (`resource`, RFC 8707). An extension requests another one with the pseudo-scope `resource:<uri>`.',
      v.pipe(
        v.string(),
        v.check(
          value => resourceProblem(value) === undefined,
          () => l10n.t('must be an absolute URL without a fragment (#…)'),
        ),
      ),
    ),
    audience: text(
      'The `audience` of every authorization request, for providers that require one (Auth0, Atlassian). If no user signs in, it is part of the token request. An extension requests another one with the pseudo-scope `audience:<value>`.',
    ),
    tokenPerResource: flag(
      'Controls whether one sign-in covers all of `resource`, each with its own access token. The sign-in requests all of them, and the refresh token gets a token for the one that an extension names (`resource:<uri>`), or for the first one (RFC 8707 section 2.2). If disabled, one token is for all of them, and another resource needs its own sign-in.',
    ),
    resourceOfChallenge: flag(
      'Controls whether a token is requested for the resource that an API names (`resource`, RFC 8707) when it refuses a token for another one (RFC 9728). Disable it for providers that reject the parameter (Microsoft Entra ID). Defaults to `true`.',
    ),
    narrowTokens: flag(
      'Controls whether an extension that requests fewer scopes than granted gets an access token with only those, through a refresh with `scope` (RFC 6749 section 6). If disabled, it gets the token of the sign-in. Enable it only for providers that leave the refresh token unchanged, as the standard requires, and not together with `refreshEndsAccessToken`.',
    ),
    signOut: oneOf(
      'What signing out does, in addition to deleting the sign-in here: `revoke` revokes its tokens, and `revoke-and-end-session` also opens the browser to end the session there. Defaults to `revoke`.',
      signOuts,
    ),
    authorizationParameters: parameters(
      'Additional parameters of the authorization request, for example `{ "prompt": "consent" }`.',
    ),
    tokenParameters: parameters(
      'Additional parameters of the request that exchanges a code for tokens, or that a client sends if no user signs in.',
    ),
    refreshParameters: parameters('Additional parameters of the request that refreshes tokens.'),
    sendRedirectUriOnRefresh: flag(
      'Controls whether each refresh sends the redirect URI of the sign-in, as GitLab requires.',
    ),
    answers: answersSchema,
    idTokenAlgorithm: oneOf(
      'The algorithm that signs ID tokens for this client. Defaults to any algorithm listed in the metadata, or RS256.',
      idTokenAlgorithms,
    ),
    trustedAudiences: listOf(
      'Additional audiences that an ID token for this client can have. Defaults to none: an ID token that is also meant for another audience is rejected (OpenID Connect Core 1.0 section 3.1.3.7).',
      text('An audience.'),
    ),
    account: accountSchema,
    claimSources: claimSourcesSchema,
    requiredClaims: requiredClaimsSchema,
    assumedTokenLifetime: seconds(
      'The lifetime of access tokens in seconds, if the provider doesn’t send one. If not set, such tokens are treated as never expiring.',
      365 * 86_400,
    ),
    rotationGrace: seconds(
      'How long a used refresh token can be sent again, in seconds (the grace period of Okta and Auth0). Defaults to 0.',
      600,
    ),
    refreshEndsAccessToken: flag(
      'Controls whether tokens are refreshed as late as possible, because a refresh ends the old access token at once (GitLab, GitHub Apps).',
    ),
    revocation: oneOf(
      'How signing out revokes tokens: `standard` (RFC 7009, if there is an endpoint) or `none`.',
      revocationPolicies,
    ),
  }),
);

/** An entry as a user writes it. */
export type ProviderDefinition = v.InferOutput<typeof providerDefinitionSchema>;
