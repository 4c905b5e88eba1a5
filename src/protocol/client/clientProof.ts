import * as oauth from 'oauth4webapi';
import type { ClientAuthentication } from './clientAuthentication.ts';
import { basicAuthentication } from './secretForms.ts';

/** The authentication in the words of oauth4webapi. */
export function authenticateWith(
  authentication: ClientAuthentication,
  tokenEndpoint: string | undefined,
): oauth.ClientAuth {
  switch (authentication.method) {
    case 'none':
      return oauth.None();
    case 'client_secret_basic':
      return basicAuthentication(authentication.secret);
    case 'client_secret_post':
      return oauth.ClientSecretPost(authentication.secret.reveal());
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return oauth.TlsClientAuth();
    case 'private_key_jwt': {
      const { key, keyId, audience } = authentication;
      const toTokenEndpoint = audience === 'token-endpoint' && tokenEndpoint !== undefined;
      return oauth.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId }, {
        ...(toTokenEndpoint && {
          [oauth.modifyAssertion]: (_header: unknown, payload: Record<string, unknown>) => {
            payload['aud'] = tokenEndpoint;
          },
        }),
      });
    }
  }
}
