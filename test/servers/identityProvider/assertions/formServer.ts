import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { decodeJwt, type JWTPayload } from 'jose';
import type { Answer } from '../../hostile/replies.ts';
import { listen, loopback, stop } from '../../listening.ts';
import { recordArrival, type RecordedRequest } from '../../recordedRequests.ts';

/** What to answer to a form, or to a request without one. */
export type AnswerForm = (
  path: string,
  parameters: URLSearchParams,
  authorization: string | undefined,
) => Promise<Answer> | Answer;

/** An authorization server with one client, which knows nobody itself: it reads forms and answers as it is told. */
export interface FormServer {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly requests: readonly RecordedRequest[];
  isClient(authorization: string | undefined): boolean;
  /** @param kept what is recorded of the parameters of a request: nothing secret. */
  serve(answer: AnswerForm, kept: (parameters: Record<string, string>) => object): void;
  close(): Promise<void>;
}

export async function startFormServer(clientId: string): Promise<FormServer> {
  const http = createServer();
  const issuer = `http://${loopback}:${await listen(http)}`;
  const client = { id: clientId, secret: randomBytes(24).toString('base64url') };
  const requests: RecordedRequest[] = [];
  return {
    issuer,
    client,
    requests,
    isClient(authorization) {
      const [, basic = ''] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
      const parts = Buffer.from(basic, 'base64').toString().split(':');
      // RFC 6749 section 2.3.1: id and secret are form-encoded before they are put together.
      const [id, secret] = parts.map(part => decodeURIComponent(part.replaceAll('+', ' ')));
      return id === client.id && secret === client.secret;
    },
    serve(answer, kept) {
      http.on('request', (request, response) => {
        void (async () => {
          const { authorization } = request.headers;
          const record = recordArrival(request.method, request.url, authorization);
          requests.push(record);
          let text = '';
          for await (const chunk of request) text += String(chunk);
          const parameters = new URLSearchParams(text);
          record.body = { ...kept(Object.fromEntries(parameters)) };
          const { status, headers, body } = await answer(record.path, parameters, authorization);
          record.status = status;
          response.writeHead(status, headers).end(body);
        })().catch(() => response.destroy());
      });
    },
    close: () => stop(http),
  };
}

/** What a token says, whoever signed it. */
export function claimsIn(token: string): JWTPayload | 'unreadable' {
  try {
    return decodeJwt(token);
  } catch {
    return 'unreadable';
  }
}
