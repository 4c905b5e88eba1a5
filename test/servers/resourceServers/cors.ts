import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets extensions in a browser call, with a token, and read the challenge of a refusal (Fetch standard, CORS protocol).
 *
 * @returns true if the request was a preflight, which is answered then.
 */
export function allowOrigins({ method }: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', 'www-authenticate, dpop-nonce');
  if (method !== 'OPTIONS') return false;
  response.setHeader('access-control-allow-headers', 'authorization, dpop, content-type');
  response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
  response.writeHead(204).end();
  return true;
}
