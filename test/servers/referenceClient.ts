import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import type { Person } from './identityProvider/people.ts';
import { signInOverHttp, type Decision } from './identityProvider/person.ts';

/** Options for every request of a test: its servers speak plain http on the loopback interface. */
export const http = { [oauth.allowInsecureRequests]: true } as const;
/** The authentication of a public client: none. */
export const noSecret = oauth.None();
/** Where responses go unless a request says otherwise; nothing ever listens there. */
export const redirectUri = 'vscode://vscode-oidc.oidc-authentication/callback';
/** The everyday public client. */
export const editor: oauth.Client = { client_id: 'editor' };

/** The issuer's metadata. */
export async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const address = new URL(issuer);
  return oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address, http));
}

/** What a sign-in may do differently from the everyday one. */
export interface SignInRequest {
  readonly client?: oauth.Client;
  readonly clientAuth?: oauth.ClientAuth;
  readonly redirectUri?: string;
  readonly scope?: string;
  readonly parameters?: Record<string, string>;
  readonly decision?: Decision;
}

/** An authorization request, answered by `person`, up to the response that comes back to the redirect URI. */
export async function authorize(as: oauth.AuthorizationServer, person: Person, request: SignInRequest = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const address = new URL(as.authorization_endpoint ?? '');
  address.search = new URLSearchParams({
    client_id: (request.client ?? editor).client_id,
    response_type: 'code',
    redirect_uri: request.redirectUri ?? redirectUri,
    scope: request.scope ?? 'openid profile offline_access',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...request.parameters,
  }).toString();
  const redirect = await signInOverHttp(address, person, request.decision);
  return { verifier, state, nonce, redirect };
}

/** A whole sign-in with code and PKCE; the ID token is verified, signature included. */
export async function signIn(as: oauth.AuthorizationServer, person: Person, request: SignInRequest = {}) {
  const client = request.client ?? editor;
  const { verifier, state, nonce, redirect } = await authorize(as, person, request);
  const callback = oauth.validateAuthResponse(as, client, redirect, state);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    request.clientAuth ?? noSecret,
    callback,
    request.redirectUri ?? redirectUri,
    verifier,
    http,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce });
  await oauth.validateApplicationLevelSignature(as, response, http);
  return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens), redirect };
}

/** One refresh by the everyday client. */
export async function refresh(as: oauth.AuthorizationServer, refreshToken: string | undefined) {
  assert.ok(refreshToken, 'there is a refresh token to use');
  const response = await oauth.refreshTokenGrantRequest(as, editor, noSecret, refreshToken, http);
  return oauth.processRefreshTokenResponse(as, editor, response);
}
