import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JWK, type JWTVerifyGetKey } from 'jose';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { editorClient } from '../clients.ts';
import {
  allowWebHostRedirectUris,
  startIdentityProvider,
  type IdentityProvider,
} from '../identityProvider.ts';
import { sharedSigningKeys } from '../signingKeys.ts';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const idJag = 'urn:ietf:params:oauth:token-type:id-jag';

/** The client of the editor that may ask for assertions. */
export const assertingClient = 'asserting-editor';

/** Another company's server, as the administrator of this one has registered it. */
export interface Destination {
  /** The client that the editor has there. */
  readonly clientId: string;
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

/** How the provider misbehaves. */
export interface AssertionFaults {
  /** OAuth error and its description. */
  error?: readonly [code: string, description: string, status?: number];
  /** Claims over the right ones. */
  claims?: Readonly<Record<string, unknown>>;
  typ?: string;
  issuedType?: string;
  tokenType?: string;
  unsigned?: true;
  /** What is issued in place of an assertion. */
  instead?: unknown;
}

/** An identity provider (oidc-provider) that asserts to others who has signed in (RFC 8693, ID-JAG). */
export interface AssertingProvider extends IdentityProvider {
  /** By what is asked for as `audience`. */
  readonly destinations: Map<string, Destination>;
  readonly faults: AssertionFaults;
  /** What each request for an assertion named, without its token. */
  readonly exchanges: Readonly<Record<string, unknown>>[];
  /** The subject tokens that came, to look for them in what is written. */
  readonly shown: string[];
}

/** @param host see `IdentityProviderOptions`. */
export async function startAssertingProvider(host?: string): Promise<AssertingProvider> {
  const destinations = new Map<string, Destination>();
  const faults: AssertionFaults = {};
  const exchanges: Readonly<Record<string, unknown>>[] = [];
  const shown: string[] = [];
  const keys = await sharedSigningKeys();
  const verifying = createLocalJWKSet({
    keys: (keys.keys as JWK[]).map(
      ({ kty, n, e, crv, x, y, kid, alg }) => ({ kty, n, e, crv, x, y, kid, alg }) as JWK,
    ),
  });

  const assert = async (provider: Provider, ctx: KoaContextWithOIDC): Promise<void> => {
    const { subject_token: subjectToken, ...all } = ctx.oidc.params ?? {};
    const own = Object.entries(all as Record<string, string | undefined>).filter(
      ([name, value]) => value !== undefined && !/^(?:client|grant)_/.test(name),
    );
    const asked: Readonly<Record<string, string | undefined>> = Object.fromEntries(own);
    exchanges.push(asked);
    shown.push(String(subjectToken));
    const refuse = (error: string, description: string, status = 400): never => {
      const refusal = new errors.CustomOIDCProviderError(error, description);
      throw Object.assign(refusal, { status, statusCode: status });
    };
    if (faults.error) refuse(...faults.error);
    if (asked['requested_token_type'] !== idJag) refuse('invalid_request', 'only assertions are issued');
    const subject = await subjectOf(provider, ctx, verifying, asked['subject_token_type'], subjectToken);
    if (subject === undefined) return refuse('invalid_request', 'the subject token is not valid');
    const known = destinations.get(String(asked['audience']));
    if (!known) return refuse('invalid_target', 'unknown audience');
    const { resource, scope = '' } = asked;
    if (resource !== undefined && !known.resources.includes(String(resource)))
      return refuse('invalid_target', 'unknown resource');
    const scopes = String(scope).split(' ').filter(Boolean);
    const granted = scopes.filter(one => known.scopes.includes(one));
    if (granted.length < scopes.length) return refuse('invalid_scope', 'not allowed there');
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: provider.issuer,
      sub: subject,
      aud: String(asked['audience']),
      client_id: known.clientId,
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      ...(resource !== undefined && { resource }),
      ...(granted.length > 0 && { scope: granted.join(' ') }),
      ...faults.claims,
    };
    const [jwk] = keys.keys;
    const assertion = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: String(jwk?.kid), typ: faults.typ ?? 'oauth-id-jag+jwt' })
      .sign(await importJWK(jwk as JWK, 'RS256'));
    ctx.body = {
      issued_token_type: faults.issuedType ?? idJag,
      access_token: 'instead' in faults ? faults.instead : faults.unsigned ? unsigned(assertion) : assertion,
      token_type: faults.tokenType ?? 'N_A',
      expires_in: 300,
    };
  };

  const provider = await startIdentityProvider({
    clients: [
      {
        ...editorClient(assertingClient, 'Editor'),
        grant_types: ['authorization_code', 'refresh_token', exchangeGrant],
      },
    ],
    ...(host !== undefined && { host }),
    extend(library) {
      allowWebHostRedirectUris(library, assertingClient);
      library.registerGrantType(
        exchangeGrant,
        ctx => assert(library, ctx),
        ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'],
        [],
      );
    },
  });
  return { ...provider, destinations, faults, exchanges, shown };
}

const unsigned = (token: string): string => `${token.split('.').slice(0, 2).join('.')}.`;

/** Whose token it is, if it is valid and the client's own. */
async function subjectOf(
  provider: Provider,
  ctx: KoaContextWithOIDC,
  keys: JWTVerifyGetKey,
  type: unknown,
  token: unknown,
): Promise<string | undefined> {
  const clientId = ctx.oidc.client?.clientId ?? '';
  if (String(type).endsWith(':refresh_token')) {
    const found = await provider.RefreshToken.find(String(token));
    return found?.clientId === clientId && found.consumed === undefined ? found.accountId : undefined;
  }
  const verified = await jwtVerify(String(token), keys, {
    issuer: provider.issuer,
    audience: clientId,
  }).catch(() => undefined);
  return verified?.payload.sub;
}
