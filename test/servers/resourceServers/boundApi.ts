import { createHash, randomBytes } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import * as jose from 'jose';
import { WebSocketServer } from 'ws';
import { apiResource } from '../identityProvider/resources.ts';
import { listen, loopback, stop } from '../listening.ts';
import { allowOrigins } from './cors.ts';

/** What a test may change while the API runs. */
export interface BoundApiSettings {
  /** `never`: each is refused, as by a server whose nonces nobody can satisfy. */
  nonce: 'none' | 'demanded' | 'never';
  /** With which it demands its nonce: in a challenge with 401, or in the body with 400. */
  nonceStatus: 401 | 400;
  /** The scheme of its challenges. */
  scheme: 'DPoP' | 'Bearer';
  /** Whether it takes tokens that are bound to nothing. */
  takesBearer: boolean;
}

/** A request as the API saw it, and what it thought of it. */
export interface BoundRequest {
  readonly method: string;
  readonly path: string;
  readonly scheme: string | undefined;
  readonly proof: string | undefined;
  readonly status: number;
  readonly error: string | undefined;
}

/** A running API that takes tokens that are bound to a key (RFC 9449 section 7). */
export interface BoundApi {
  readonly url: string;
  readonly settings: BoundApiSettings;
  /** Every request so far, handshakes of WebSockets included. */
  readonly requests: readonly BoundRequest[];
  /** Requests a new nonce from now on. */
  rotateNonce(): void;
  /** Takes this token no longer. */
  refuse(token: string): void;
  close(): Promise<void>;
}

interface Verdict {
  readonly status: number;
  readonly error?: string;
  readonly sub?: string | undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Starts an API that verifies each proof with jose: signature, method, URL, time, token, key, nonce, and that it has not
 * seen it before. `/redirect?status=…&to=…` redirects, if the credentials are right. Any place takes a WebSocket.
 */
export async function startBoundApi({
  issuer,
  issuerAddress = issuer,
  audience = apiResource,
  now = Date.now,
}: {
  readonly issuer: string;
  /** Where the issuer is reached, if its own name does not resolve in this process. */
  readonly issuerAddress?: string;
  /** Who the access tokens must be for; null: anyone. */
  readonly audience?: string | null;
  /** The time at which tokens and proofs are judged, milliseconds since the epoch. */
  readonly now?: () => number;
}): Promise<BoundApi> {
  const settings: BoundApiSettings = { nonce: 'none', nonceStatus: 401, scheme: 'DPoP', takesBearer: false };
  const requests: BoundRequest[] = [];
  const seen = new Set<string>();
  const refused = new Set<string>();
  const { jwks_uri: jwksUri } = (await (
    await fetch(`${issuerAddress}/.well-known/openid-configuration`)
  ).json()) as { jwks_uri: string };
  const keys = jose.createRemoteJWKSet(new URL(jwksUri.replace(issuer, issuerAddress)), {
    cooldownDuration: 0,
  });
  const newNonce = (): string => randomBytes(9).toString('base64url');
  let nonce = newNonce();
  let url = '';

  async function judge({ method, headers, url: target = '/' }: IncomingMessage): Promise<Verdict> {
    const [, scheme = '', token = ''] = /^(\S+) (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (token === '') return { status: 401 };
    let claims: jose.JWTPayload & { cnf?: { jkt?: string } };
    try {
      if (refused.has(token)) throw new Error('revoked');
      ({ payload: claims } = await jose.jwtVerify(token, keys, {
        issuer,
        ...(audience !== null && { audience }),
        currentDate: new Date(now()),
      }));
    } catch {
      return { status: 401, error: 'invalid_token' };
    }
    const { sub } = claims;
    const bound = claims.cnf?.jkt;
    if (scheme === 'Bearer')
      return bound === undefined && settings.takesBearer
        ? { status: 200, sub }
        : { status: 401, error: 'invalid_token' };
    if (scheme !== 'DPoP') return { status: 401, error: 'invalid_request' };
    const wrong: Verdict = { status: 401, error: 'invalid_dpop_proof' };
    const proof = headers['dpop'];
    if (typeof proof !== 'string' || proof.includes(',')) return wrong;
    try {
      const options = {
        typ: 'dpop+jwt',
        algorithms: ['ES256', 'EdDSA', 'RS256'],
        maxTokenAge: 60,
        currentDate: new Date(now()),
      };
      const { payload, protectedHeader } = await jose.jwtVerify(proof, jose.EmbeddedJWK, options);
      const key = protectedHeader.jwk;
      if (!key || 'd' in key || (await jose.calculateJwkThumbprint(key)) !== bound)
        return { status: 401, error: 'invalid_token' };
      const isRight =
        payload['htm'] === method &&
        payload['htu'] === `${url}${target.split('?')[0] ?? ''}` &&
        payload['ath'] === sha256(token);
      if (!isRight) return wrong;
      const isInTime =
        settings.nonce === 'none' || (settings.nonce === 'demanded' && payload['nonce'] === nonce);
      if (settings.nonce === 'never') nonce = newNonce();
      if (!isInTime) return { status: settings.nonceStatus, error: 'use_dpop_nonce' };
      if (payload.jti === undefined || seen.has(payload.jti)) return wrong;
      seen.add(payload.jti);
    } catch {
      return wrong;
    }
    return { status: 200, sub };
  }

  function headersOf({ status, error }: Verdict): Record<string, string> {
    const challenge = `${settings.scheme} ${error === undefined ? '' : `error="${error}", `}algs="ES256"`;
    return {
      ...(status === 401 && { 'www-authenticate': challenge }),
      ...(settings.nonce !== 'none' && { 'dpop-nonce': nonce }),
    };
  }

  async function judged(request: IncomingMessage): Promise<Verdict> {
    const verdict = await judge(request);
    const { method = '', headers, url: target = '/' } = request;
    const proof = headers['dpop'];
    requests.push({
      method,
      path: target.split('?')[0] ?? '',
      scheme: headers.authorization?.split(' ')[0],
      proof: typeof proof === 'string' ? proof : undefined,
      status: verdict.status,
      error: verdict.error,
    });
    return verdict;
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (allowOrigins(request, response)) return;
    const verdict = await judged(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const to = searchParams.get('to');
    if (verdict.status === 200 && pathname === '/redirect' && to !== null) {
      response.writeHead(Number(searchParams.get('status')), { location: to }).end();
      return;
    }
    const { status, error, sub } = verdict;
    response.writeHead(status, { 'content-type': 'application/json', ...headersOf(verdict) });
    response.end(JSON.stringify(error === undefined ? { sub, body } : { error }));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(503).end());
  });
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void judged(request).then(verdict => {
      if (verdict.status === 200) {
        webSockets.handleUpgrade(request, socket, head, ws => ws.send(JSON.stringify({ sub: verdict.sub })));
        return;
      }
      const lines = Object.entries(headersOf(verdict)).map(([name, value]) => `${name}: ${value}\r\n`);
      const status = `${verdict.status} ${STATUS_CODES[verdict.status] ?? ''}`;
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${lines.join('')}\r\n`);
      socket.resume();
    });
  });
  const port = await listen(server);
  url = `http://${loopback}:${port}`;
  return {
    url,
    settings,
    requests,
    rotateNonce: () => void (nonce = newNonce()),
    refuse: token => void refused.add(token),
    async close() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      await stop(server);
    },
  };
}
