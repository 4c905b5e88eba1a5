import { randomBytes } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { json, type Answer } from '../hostile/replies.ts';
import type { RecordedRequest } from '../recordedRequests.ts';
import { claimsIn, startFormServer, type AnswerForm } from './assertions/formServer.ts';

/** An authorization server that gives tokens for those of another (RFC 8693), and knows nobody itself. */
export interface TokenExchangeServer {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly requests: readonly RecordedRequest[];
  /** The subject that a token of this server is for. */
  subjectOf(accessToken: string): string | undefined;
  close(): Promise<void>;
}

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const subjectTokenTypes = [accessTokenType, 'urn:ietf:params:oauth:token-type:id_token'];

/**
 * @param trusted the issuer whose tokens it takes, and where its keys are; access tokens as JWTs (RFC 9068).
 * @param audience the only one that it gives tokens for.
 */
export async function startTokenExchangeServer(
  trusted: { readonly issuer: string; readonly keys: string },
  audience: string,
): Promise<TokenExchangeServer> {
  const server = await startFormServer('exchanger');
  const { issuer, client, requests, isClient, close } = server;
  const keys = createRemoteJWKSet(new URL(trusted.keys));
  const subjects = new Map<string, string>();

  const token = async (parameters: URLSearchParams, authorization: string | undefined): Promise<Answer> => {
    const refuse = (error: string, error_description: string, status = 400): Answer =>
      json({ error, error_description }, status);
    if (!isClient(authorization)) return refuse('invalid_client', 'unknown client or wrong secret', 401);
    if (parameters.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange') {
      return refuse('unsupported_grant_type', 'only tokens can be exchanged here');
    }
    const type = parameters.get('subject_token_type') ?? '';
    if (!subjectTokenTypes.includes(type)) return refuse('invalid_request', 'unknown subject_token_type');
    if (parameters.get('audience') !== audience) return refuse('invalid_target', 'unknown audience');
    if ((parameters.get('requested_token_type') ?? accessTokenType) !== accessTokenType) {
      return refuse('invalid_request', 'only access tokens are given here');
    }
    const subjectToken = parameters.get('subject_token') ?? '';
    const isIdToken = type.endsWith('id_token');
    const verified = await jwtVerify(subjectToken, keys, {
      issuer: trusted.issuer,
      ...(!isIdToken && { typ: 'at+jwt' }),
    }).catch(() => undefined);
    const subject = verified?.payload.sub;
    if (subject === undefined) return refuse('invalid_request', 'the subject token is not valid');
    const accessToken = randomBytes(24).toString('base64url');
    subjects.set(accessToken, subject);
    return json({
      access_token: accessToken,
      issued_token_type: accessTokenType,
      token_type: 'Bearer',
      expires_in: 300,
      scope: parameters.get('scope') ?? '',
    });
  };

  const answer: AnswerForm = (path, parameters, authorization) => {
    switch (path) {
      case '/.well-known/openid-configuration':
        return json({
          issuer,
          token_endpoint: `${issuer}/token`,
          revocation_endpoint: `${issuer}/revoke`,
          response_types_supported: [],
          grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
        });
      case '/token':
        return token(parameters, authorization);
      case '/revoke':
        subjects.delete(parameters.get('token') ?? '');
        return json({});
      default:
        return json({ error: 'not_found' }, 404);
    }
  };

  // The token itself is not kept, only who it is about.
  server.serve(answer, ({ subject_token: given, ...rest }) => ({
    ...rest,
    ...(given !== undefined && { subject: subjectIn(given) }),
  }));

  return {
    issuer,
    client,
    requests,
    subjectOf: accessToken => subjects.get(accessToken),
    close,
  };
}

function subjectIn(token: string): unknown {
  const claims = claimsIn(token);
  return claims === 'unreadable' ? claims : claims.sub;
}
