import type { Provider, ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { refreshGrant } from '../../../../src/signIn/after/keepGrant.ts';
import type { SignInTrial } from '../../signingIn.ts';

/** A client that gets only tokens that are bound to a key. */
export const boundClient = {
  client_id: 'bound',
  client_name: 'Bound Editor',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code' as const],
  redirect_uris: ['vscode://vscode-oidc.oidc-authentication/callback', 'http://127.0.0.1/callback'],
  dpop_bound_access_tokens: true,
};

/** The claims of an access token that is a JSON Web Token. */
export const claimsOf = (token: { reveal(): string }): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

/** The tokens and the grant after a refresh. */
export async function refreshed(
  trial: SignInTrial,
  provider: Provider,
  grant: Grant,
  beforeSending: () => void = () => undefined,
): Promise<{ tokens: Tokens; grant: Grant }> {
  const answer = await refreshGrant(trial.context, provider, grant, beforeSending);
  const tokens = await answer.judge();
  const refreshToken = tokens.refreshToken ?? grant.tokens.refreshToken;
  return {
    tokens,
    grant: { ...grant, tokens: { ...tokens, serial: grant.tokens.serial + 1, refreshToken } },
  };
}

export type Definition = Partial<ProviderDefinition>;
