import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import {
  assertionAudiences,
  clientAuthenticationMethods,
} from '../../protocol/client/clientAuthentication.ts';
import { clientKeyAlgorithms } from '../../protocol/client/clientKeyAlgorithms.ts';
import { answerTimeout } from '../../protocol/http/traffic.ts';
import { resourceProblem } from '../../protocol/server/resourceIndicator.ts';
import { flag, listOf, matching, oneOf, parameters, scope, seconds, someOf, text } from './fields.ts';
import { presetNames } from './presetNames.ts';
import { redirectSettingsSchema } from './redirectSettings.ts';
import {
  accountSchema,
  answersSchema,
  claimSourcesSchema,
  endpointsSchema,
  requiredClaimsSchema,
} from './serverSettings.ts';
import { tokenExchangeSchema, userLookupSchema } from './serviceSettings.ts';
import { providerMethods } from './signInMethods.ts';

/** Signature algorithms an ID token may have (RFC 7518, RFC 8037). */
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
 * What a provider's entry in `oidc.providers` may say. The types, the schema that the settings editor checks
 * with, and the messages about a wrong entry all come from here.
 */
export const providerDefinitionSchema = v.partial(
  v.strictObject({
    label: text('The name shown in the Accounts menu. By default the host name of the issuer.'),
    preset: oneOf(
      'A known provider, from which all settings come that are not made here. What else it needs to know stands in `presetValues`.',
      presetNames,
    ),
    presetValues: v.pipe(
      v.record(v.string(), text('A value.')),
      v.description(
        'What a preset needs to know, for example `{ "host": "gitlab.example.com" }` or `{ "tenant": "…" }`.',
      ),
    ),
    issuer: text(
      'The issuer identifier of the provider, exactly as its metadata has it, for example `https://login.example.com/realms/staff`. The metadata is found from it.',
    ),
    metadataUrl: text(
      'The address of the metadata document, if it is not where it can be found from `issuer`. Without `issuer`, that is the part before `/.well-known/`.',
    ),
    discovery: flag('False: the provider has no metadata document; what is used stands in `endpoints`.'),
    endpoints: endpointsSchema,
    allowedTenants: someOf(
      'For an issuer that contains `{tenantid}` (Microsoft Entra ID): the ids of the tenants whose people may sign in. By default all.',
      text('A tenant id.'),
    ),
    clientId: text(
      'The client id under which this editor is registered at the provider. Without one, the editor registers itself where the provider allows that.',
    ),
    clientAuthentication: oneOf(
      'How the client proves who it is. By default `none`, a public client with PKCE. The secret, key or certificate itself is never a setting: it is asked for once and kept in the secret storage of the editor. `tls_client_auth` and `self_signed_tls_client_auth` show a client certificate (RFC 8705), which an editor inside the browser cannot do.',
      clientAuthenticationMethods,
    ),
    assertionAudience: oneOf(
      'With `private_key_jwt`: to whom the assertion is addressed. By default `issuer`.',
      assertionAudiences,
    ),
    assertionAlgorithm: oneOf(
      'With `private_key_jwt`: the algorithm of a key that is made here. By default `ES256`.',
      clientKeyAlgorithms,
    ),
    scopes: listOf(
      'The scopes asked for at every sign-in, besides those that an extension asks for. By default `openid`, `profile`, `email` and, unless the provider says that it has no such scope, `offline_access`.',
      scope,
    ),
    scopeSeparator: oneOf('What stands between scopes in requests and answers. By default a space.', [
      ' ',
      ',',
    ]),
    scopeParameter: matching(
      'The parameter of the authorization request that carries the scopes. By default `scope`.',
      /^\w{1,40}$/,
      () => l10n.t('must be the name of a parameter'),
    ),
    allowLoopbackHttp: flag(
      'Allow addresses of this provider to be plain http if they are on this computer (localhost). For development only.',
    ),
    requestTimeout: seconds(
      'How long the provider has to answer a request, in seconds. Raise it if the provider is slow. Defaults to 15.',
      answerTimeout.most,
      answerTimeout.least,
    ),
    acceptsChangingRedirectUri: flag(
      'The provider accepts redirect URIs by a pattern, so that the changing address of an editor in the browser (code-server, Codespaces) can be used.',
    ),
    signInMethod: oneOf(
      'How to sign in to this provider, in place of `#oidc.signIn.method#`: `uri-handler`, `loopback`, `bridge` and `paste` use the browser and differ in how its answer comes back; `device-code` shows a code to enter in any browser. With the others nobody is asked, the client signs in by itself: `client-credentials` as itself, `impersonation` in the name of a user (Qlik Cloud), `token-exchange` with the token of another provider.',
      providerMethods,
    ),
    userLookup: userLookupSchema,
    tokenExchange: tokenExchangeSchema,
    redirect: redirectSettingsSchema,
    prompt: text('`prompt` of every authorization request, for example `select_account` or `consent`.'),
    maxAge: v.pipe(
      v.number(),
      v.integer(() => l10n.t('must be a whole number')),
      v.minValue(0, () => l10n.t('must not be negative')),
      v.description('How long ago you may have signed in at the provider at most, in seconds (`max_age`).'),
    ),
    acrValues: listOf(
      'The authentication context classes to ask for, the preferred first (`acr_values`).',
      scope,
    ),
    resource: listOf(
      'The resources that the access token is for (`resource`, RFC 8707). An extension asks for another one with the pseudo-scope `resource:<uri>`.',
      v.pipe(
        v.string(),
        v.check(
          value => resourceProblem(value) === undefined,
          () => l10n.t('must be an absolute address without a fragment (#…)'),
        ),
      ),
    ),
    audience: text(
      '`audience` of every authorization request, for providers that ask for one (Auth0, Atlassian); of the token request if the client signs in by itself. An extension asks for another one with the pseudo-scope `audience:<value>`.',
    ),
    tokenPerResource: flag(
      'One sign-in serves all of `resource`, each with an access token of its own: the sign-in asks for all of them, and the refresh token gives a token for the one that an extension names (`resource:<uri>`), or else for the first (RFC 8707 section 2.2). By default a token is for all of them, and another resource takes a sign-in of its own.',
    ),
    resourceOfChallenge: flag(
      'An API that refuses a token may say which resource it is (RFC 9728). If its token is for another one, a token for that resource is asked for (`resource`, RFC 8707). `false` for providers that refuse the parameter (Microsoft Entra ID). By default `true`.',
    ),
    narrowTokens: flag(
      'An extension that asks for fewer scopes than were granted gets an access token with just those, by a refresh with `scope` (RFC 6749 section 6). Without it, it gets the token of the sign-in. For providers that leave the refresh token as it is then, as they must; not together with `refreshEndsAccessToken`.',
    ),
    signOut: oneOf(
      'What a sign-out does besides forgetting the sign-in here: `revoke` tells the provider that its tokens are no longer needed; `revoke-and-end-session` also opens the browser to end the session there. By default `revoke`.',
      signOuts,
    ),
    authorizationParameters: parameters(
      'Further parameters of the authorization request, for example `{ "prompt": "consent" }`.',
    ),
    tokenParameters: parameters(
      'Further parameters of the request that exchanges a code for tokens, or that a client makes which signs in by itself.',
    ),
    refreshParameters: parameters('Further parameters of the request that refreshes tokens.'),
    sendRedirectUriOnRefresh: flag(
      'Send the redirect URI of the sign-in with each refresh, as GitLab wants it.',
    ),
    answers: answersSchema,
    idTokenAlgorithm: oneOf(
      'The algorithm by which ID tokens for this client are signed. By default any that the metadata lists, or RS256.',
      idTokenAlgorithms,
    ),
    trustedAudiences: listOf(
      'Further audiences that an ID token for this client may have besides the client itself. By default none: an ID token that is also meant for somebody else is refused (OpenID Connect Core 1.0 section 3.1.3.7).',
      text('An audience.'),
    ),
    account: accountSchema,
    claimSources: claimSourcesSchema,
    requiredClaims: requiredClaimsSchema,
    assumedTokenLifetime: seconds(
      'How long an access token lives whose answer does not say, in seconds. By default for ever.',
      365 * 86_400,
    ),
    rotationGrace: seconds(
      'For how long the provider forgives that a refresh token is sent again, in seconds (Okta, Auth0). By default not at all.',
      600,
    ),
    refreshEndsAccessToken: flag(
      'A refresh ends the old access token at once (GitLab, GitHub Apps), so it happens as late as possible.',
    ),
    revocation: oneOf(
      'Whether a sign-out gives the tokens back to the provider: `standard` (RFC 7009, where there is an endpoint) or `none`.',
      revocationPolicies,
    ),
  }),
);

/** An entry as a person writes it. */
export type ProviderDefinition = v.InferOutput<typeof providerDefinitionSchema>;
