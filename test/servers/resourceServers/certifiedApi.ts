import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import * as jose from 'jose';
import type { TestCertificate } from '../certificates.ts';
import { listen, loopback, stop } from '../listening.ts';

/** A running API that takes tokens that are bound to the client's certificate (RFC 8705 section 3). */
export interface CertifiedApi {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts an API over https that asks for a certificate. It takes a bearer token of the issuer only over a connection with
 * the certificate that is in the token (`cnf`), and answers otherwise with what is wrong.
 *
 * @param own its own certificate, for 127.0.0.1.
 */
export async function startCertifiedApi(issuer: string, own: TestCertificate): Promise<CertifiedApi> {
  const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri: jwksUri } = (await configuration.json()) as { jwks_uri: string };
  const keys = jose.createRemoteJWKSet(new URL(jwksUri));

  async function judge(authorization: string | undefined, socket: TLSSocket): Promise<string | undefined> {
    const [, token = ''] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? [];
    const verified = await jose.jwtVerify(token, keys, { issuer }).catch(() => undefined);
    if (!verified) return 'no token of the issuer';
    const { cnf } = verified.payload as { cnf?: Record<string, unknown> };
    // Without a certificate, Node has an empty object here.
    const { raw } = socket.getPeerCertificate() as { raw?: Buffer };
    if (!raw) return 'no certificate';
    const shown = createHash('sha256').update(raw).digest('base64url');
    return cnf?.['x5t#S256'] === shown ? undefined : 'another certificate';
  }

  const server = createServer(
    { cert: own.certificate, key: own.privateKey, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      judge(request.headers.authorization, request.socket as TLSSocket).then(
        wrong => response.writeHead(wrong === undefined ? 200 : 401).end(wrong ?? 'welcome'),
        () => response.writeHead(500).end(),
      );
    },
  );
  const port = await listen(server);
  return { url: `https://${loopback}:${port}`, close: () => stop(server) };
}
