import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  bearerChallenge,
  bearerTokenIn,
  judgeTokens,
  type BearerTokenOptions,
  type Caller,
} from './bearerTokens.ts';
import { listen, loopback, stop } from '../listening.ts';

/** A request as the MCP server saw it. */
export interface McpRequest {
  /** The JSON-RPC method of a POST; undefined for what is no message. */
  readonly method: string | undefined;
  readonly token: string | undefined;
  readonly status: number;
}

/** A running MCP server that lets nobody in without an access token. */
export interface ProtectedMcpServer {
  /** Where its messages go. */
  readonly url: string;
  /** Where it describes itself (RFC 9728 section 3). */
  readonly metadataUrl: string;
  /** What it says about itself otherwise than it should. May be changed while it runs. */
  readonly metadata: Record<string, unknown>;
  /** Every message so far, once it was answered. */
  readonly requests: readonly McpRequest[];
  /** Accepts this token no longer, as if it had ended. */
  refuse(token: string): void;
  close(): Promise<void>;
}

const path = '/mcp';
const metadataPath = `/.well-known/oauth-protected-resource${path}`;

/**
 * Starts an MCP server over streamable HTTP with the one tool `whoami`. It verifies the token of every message, as
 * the specification demands, keeps no session, and answers 401 with the address of its metadata otherwise.
 */
export async function startMcpServer(
  options: Omit<BearerTokenOptions, 'audience'> & {
    /** Takes tokens that are for itself only, and not for the default resource. */
    readonly isAudience?: boolean;
  },
): Promise<ProtectedMcpServer> {
  let judge = judgeTokens(options);
  const refused = new Set<string>();
  const requests: McpRequest[] = [];
  const metadata: Record<string, unknown> = {};
  let origin = '';

  const accept = async (token: string | undefined): Promise<Caller | undefined> =>
    token === undefined || refused.has(token) ? undefined : judge(token);

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', origin);
    if (pathname === metadataPath) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          resource: `${origin}${path}`,
          authorization_servers: [options.issuer],
          scopes_supported: ['openid', 'profile'],
          ...metadata,
        }),
      );
      return;
    }
    if (pathname !== path) {
      response.writeHead(404).end();
      return;
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const message = text === '' ? undefined : (JSON.parse(text) as { method?: string });
    const token = bearerTokenIn(request.headers.authorization);
    const caller = await accept(token);
    if (caller) await serve(caller, request, response, message);
    else {
      const challenge = bearerChallenge({
        ...(token !== undefined && { error: 'invalid_token' }),
        resource_metadata: `${origin}${metadataPath}`,
      });
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    requests.push({ method: message?.method, token, status: response.statusCode });
  };

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(503).end());
  });
  origin = `http://${loopback}:${await listen(server)}`;
  if (options.isAudience) judge = judgeTokens({ ...options, audience: `${origin}${path}` });
  return {
    url: `${origin}${path}`,
    metadataUrl: `${origin}${metadataPath}`,
    metadata,
    requests,
    refuse: token => void refused.add(token),
    close: () => stop(server),
  };
}

/** Answers one message. Without sessions, each has a server of its own. */
async function serve(
  { sub, scopes }: Caller,
  request: IncomingMessage,
  response: ServerResponse,
  message: unknown,
): Promise<void> {
  const server = new McpServer({ name: 'company', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Says who is calling.' }, () => ({
    content: [{ type: 'text', text: `${sub} with ${scopes.join(' ')}` }],
  }));
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.once('close', () => void transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, message);
}
