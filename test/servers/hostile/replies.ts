import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer in the ordinary form. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What is sent: an answer, or whatever this does with the connection. */
export type Reply = Answer | ((request: IncomingMessage, response: ServerResponse) => void);

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const text = (body: string, contentType = 'application/json', status = 200): Answer => ({
  status,
  headers: { 'content-type': contentType },
  body,
});

/** The log-in page of a network or a proxy. */
export const html = (status = 200): Answer =>
  text('<!DOCTYPE html><title>Welcome</title><p>Please log in to this network.', 'text/html', status);

export const redirectTo = (location: string, status = 302): Answer => ({
  status,
  headers: { location },
  body: '',
});

/** The connection is reset before a byte of the answer. */
export const resetBefore: Reply = (_request, response) => {
  response.socket?.resetAndDestroy();
};

/** The connection is reset after the headers and a part of the body. */
export const resetWithin =
  (part: string): Reply =>
  (_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': String(part.length * 2),
    });
    response.write(part, () => response.socket?.resetAndDestroy());
  };

/** The whole body arrives, and then the connection is reset instead of being closed. */
export const resetAfter =
  (body: string): Reply =>
  (_request, response) => {
    const length = String(Buffer.byteLength(body));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
    response.end(body, () => response.socket?.resetAndDestroy());
  };

/** The request is taken, and nothing ever comes back. */
export const silence: Reply = () => undefined;

/** The headers come, and then nothing. */
export const silenceAfterHeaders: Reply = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
};

/** A body without end, as fast as the other side reads it. */
export const endless =
  (chunk: Buffer, headers: Readonly<Record<string, string>> = {}): Reply =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };
