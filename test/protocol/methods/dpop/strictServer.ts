import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as jose from 'jose';
import { listen, loopback, stop } from '../../../servers/listening.ts';

/** What a test may change while the server runs. */
export interface StrictSettings {
  /** How far its clock is ahead of ours, in seconds. */
  ahead: number;
  /** The nonce that proofs must contain. It is named only to a proof that is right otherwise. */
  nonce: string | undefined;
  /** What it says of a proof that isn't of this time. */
  stale: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_grant';
  /** How far its clock is set forward after each answer, in seconds. */
  runsBy: number;
  first: 'proof' | 'client';
  /** Judges the client. */
  knows(authorization: string, body: URLSearchParams): boolean;
}

/** A running token endpoint that looks at the proof and at the client in this order, and takes no proof twice. */
export interface StrictServer {
  readonly issuer: string;
  readonly settings: StrictSettings;
  /** What each request was answered with: an error, or `ok`. */
  readonly answers: readonly string[];
  close(): Promise<void>;
}

/** For how long a proof is valid around its time, in seconds. */
const window = 30;

export async function startStrictServer(): Promise<StrictServer> {
  const settings: StrictSettings = {
    ahead: 0,
    runsBy: 0,
    nonce: undefined,
    stale: 'invalid_dpop_proof',
    first: 'proof',
    knows: () => true,
  };
  const answers: string[] = [];
  const seen = new Set<string>();
  let issuer = '';
  const now = (): number => Math.floor(Date.now() / 1000) + settings.ahead;

  async function problemOf(proof: string): Promise<string | undefined> {
    const { payload } = await jose.jwtVerify(proof, jose.EmbeddedJWK, {
      currentDate: new Date(now() * 1000),
    });
    const { jti = '', iat = 0, nonce } = payload as jose.JWTPayload & { nonce?: string };
    if (payload['htm'] !== 'POST' || payload['htu'] !== `${issuer}/token`) return 'invalid_dpop_proof';
    if (seen.has(jti)) return 'invalid_dpop_proof';
    if (Math.abs(iat - now()) > window) return settings.stale;
    seen.add(jti);
    return nonce === settings.nonce ? undefined : 'use_dpop_nonce';
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const send = (status: number, body: object): void => {
      response.setHeader('date', new Date(now() * 1000).toUTCString());
      if ('error' in body && body.error === 'use_dpop_nonce')
        response.setHeader('dpop-nonce', String(settings.nonce));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url !== '/token')
      return send(200, {
        issuer,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        grant_types_supported: ['client_credentials'],
        dpop_signing_alg_values_supported: ['ES256'],
      });
    const { authorization = '', dpop } = request.headers;
    const judges = [
      () => problemOf(String(dpop)),
      () => (settings.knows(authorization, new URLSearchParams(text)) ? undefined : 'invalid_client'),
    ];
    if (settings.first === 'client') judges.reverse();
    const error = (await judges[0]?.()) ?? (await judges[1]?.());
    answers.push(error ?? 'ok');
    if (error !== undefined) {
      const words = error === 'invalid_grant' && { error_description: 'DPoP binding failed' };
      send(error === 'invalid_client' ? 401 : 400, { error, ...words });
      settings.ahead += settings.runsBy;
      return;
    }
    send(200, { access_token: 'opaque', token_type: 'DPoP', expires_in: 300 });
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(500).end());
  });
  issuer = `http://${loopback}:${await listen(server)}`;
  return { issuer, settings, answers, close: () => stop(server) };
}
