import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { request as httpsRequest, RequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from '../http/http.ts';

/**
 * Sends what `fetch` doesn't support, through Node's own modules. Redirects aren't followed, and no connection is
 * reused: a token must not be sent into a connection that the server is about to close.
 */
export async function nodeFetch(
  send: typeof httpsRequest,
  url: URL,
  asked: Request,
  options: RequestOptions,
): Promise<Response> {
  const body = Buffer.from(await asked.arrayBuffer());
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(
      url,
      {
        ...options,
        method: asked.method,
        headers: {
          ...Object.fromEntries(asked.headers),
          ...(options.headers as Readonly<Record<string, string>> | undefined),
          'accept-encoding': 'identity',
          connection: 'close',
        },
        agent: false,
        signal: asked.signal,
      },
      resolve,
    )
      .on('error', reject)
      .end(body);
  });
  return responseOf(answer);
}

/**
 * Sends plain http to another name of this computer as the server expects it, in `Host`, but by the name `localhost`,
 * which the editor keeps off its proxy.
 *
 * @param direct see `withoutProxy`.
 */
export const localFetch =
  (direct: URL): Fetch =>
  (input, init) => {
    const asked = new Request(input, init);
    return nodeFetch(httpRequest, direct, asked, { headers: { host: new URL(asked.url).host } });
  };

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0 } = answer;
  const headers = new Headers(
    Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    ),
  );
  // A Response of these statuses must not have a body.
  if (status === 204 || status === 205 || status === 304) answer.resume();
  const body = [204, 205, 304].includes(status)
    ? null
    : (Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Response(body, { status, headers });
}
