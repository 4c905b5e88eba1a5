import { createServer } from 'node:http';
import { listen, loopback, stop } from './listening.ts';

/** A server that nobody agreed to, which answers everything. */
export interface Stranger {
  readonly origin: string;
  /** Each request so far: method, path, and the headers Authorization and Cookie. */
  readonly requests: string[];
  /** What it answers from now on, as JSON. */
  answer: object;
  close(): Promise<void>;
}

export async function startStranger(): Promise<Stranger> {
  const requests: string[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    requests.push(`${method} ${url} ${headers.authorization} ${headers.cookie}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(stranger.answer));
  });
  const origin = `http://${loopback}:${await listen(server)}`;
  const stranger: Stranger = { origin, requests, answer: {}, close: () => stop(server) };
  return stranger;
}
