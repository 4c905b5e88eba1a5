import { randomBytes } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type JWTPayload,
} from 'jose';
import { json, type Answer } from '../../hostile/replies.ts';
import type { RecordedRequest } from '../../recordedRequests.ts';
import { claimsIn, startFormServer, type AnswerForm } from './formServer.ts';

export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** An authorization server that knows nobody itself: it takes another one's assertions (RFC 7523, ID-JAG). */
export interface AssertionServer {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** Each with the claims of its assertion as `asserted`; nothing secret is kept. */
  readonly requests: readonly RecordedRequest[];
  /** The claims of an access token that it gave. */
  claimsOf(accessToken: string): Promise<JWTPayload>;
  /** In the place of its next answers; undefined: as it should be. */
  answer: Answer | undefined;
  close(): Promise<void>;
}

export interface AssertionServerOptions {
  /** Whose assertions it takes, and where that one's keys are. */
  readonly trusted: { readonly issuer: string; readonly keys: string };
  /** The resources that it gives tokens for. */
  readonly resources: readonly string[];
  /** In seconds. */
  readonly tokenLifetime?: number;
}

/** As the draft demands it of a resource authorization server: every claim is checked, and each assertion used once. */
export async function startAssertionServer({
  trusted,
  resources,
  tokenLifetime = 300,
}: AssertionServerOptions): Promise<AssertionServer> {
  const forms = await startFormServer('editor-there');
  const { issuer, client, requests, isClient, close } = forms;
  const theirKeys = createRemoteJWKSet(new URL(trusted.keys));
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'tokens' };
  const used = new Set<string>();

  const assertedBy = async (assertion: string): Promise<JWTPayload> => {
    const { typ } = decodeProtectedHeader(assertion);
    if (typ !== 'oauth-id-jag+jwt') throw new Error(`its type is ${String(typ)}`);
    const { payload } = await jwtVerify(assertion, theirKeys, {
      issuer: trusted.issuer,
      audience: issuer,
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
      maxTokenAge: 600,
    });
    if (payload['client_id'] !== client.id) throw new Error('it is for another client');
    const resource = payload['resource'];
    if (resource !== undefined && !resources.includes(resource as string))
      throw new Error('it is for another resource');
    if (used.has(payload.jti ?? '')) throw new Error('it was used before');
    used.add(payload.jti ?? '');
    return payload;
  };

  const token = async (parameters: URLSearchParams, authorization: string | undefined): Promise<Answer> => {
    const refuse = (error: string, error_description: string, status = 400): Answer =>
      json({ error, error_description }, status);
    if (!isClient(authorization)) return refuse('invalid_client', 'wrong client or secret', 401);
    if (parameters.get('grant_type') !== jwtBearerGrant)
      return refuse('unsupported_grant_type', 'only assertions are taken here');
    if (parameters.has('resource')) return refuse('invalid_request', 'the assertion names the resource');
    let claims: JWTPayload;
    try {
      claims = await assertedBy(parameters.get('assertion') ?? '');
    } catch (error) {
      return refuse('invalid_grant', error instanceof Error ? error.message : 'unreadable');
    }
    const { sub = '', scope = '', resource = issuer } = claims;
    const accessToken = await new SignJWT({ scope, client_id: client.id })
      .setProtectedHeader({ alg: 'ES256', kid: 'tokens', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setSubject(sub)
      .setAudience(String(resource))
      .setJti(randomBytes(8).toString('hex'))
      .setIssuedAt()
      .setExpirationTime(`${tokenLifetime}s`)
      .sign(privateKey);
    return json({ access_token: accessToken, token_type: 'Bearer', expires_in: tokenLifetime, scope });
  };

  const answerAt: AnswerForm = (path, parameters, authorization) => {
    switch (path) {
      case '/.well-known/openid-configuration':
        return json({
          issuer,
          token_endpoint: `${issuer}/token`,
          revocation_endpoint: `${issuer}/revoke`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: [],
          grant_types_supported: [jwtBearerGrant],
          authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
        });
      case '/jwks':
        return json({ keys: [jwk] });
      case '/token':
        return server.answer ?? token(parameters, authorization);
      case '/revoke':
        return json({});
      default:
        return json({ error: 'not_found' }, 404);
    }
  };

  forms.serve(answerAt, ({ assertion, ...rest }) => ({
    ...rest,
    ...(assertion !== undefined && { asserted: claimsIn(assertion) }),
  }));

  const ours = createLocalJWKSet({ keys: [jwk] });
  const server: AssertionServer = {
    issuer,
    client,
    requests,
    answer: undefined,
    claimsOf: async accessToken => (await jwtVerify(accessToken, ours, { issuer })).payload,
    close,
  };
  return server;
}
