import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { publishedDocument } from '../../../src/protocol/grants/clientDocument.ts';
import { listen, loopback, stop } from '../listening.ts';

/** What the host responds with in place of a document. */
export type DocumentResponse = (response: ServerResponse) => void;

/** A site that client ID metadata documents are published on, `https://company.example` for whoever uses its `fetch`. */
export interface DocumentHost {
  /** Where it really listens, by plain http. */
  readonly origin: string;
  /** Its requests so far: the path, and what came along. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /**
   * Publishes the document that the build writes, with other members, or another response.
   *
   * @returns its URL.
   */
  publish(change?: Readonly<Record<string, unknown>> | DocumentResponse, name?: string): string;
  /** The same at the address where it really listens. */
  publishOpenly(change?: Readonly<Record<string, unknown>>, name?: string): string;
  /** Takes the document away. */
  remove(address: string): void;
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

const site = 'https://company.example';

export async function startDocumentHost(): Promise<DocumentHost> {
  const documents = new Map<string, string | DocumentResponse>();
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    const found = documents.get(path);
    if (typeof found === 'function') found(response);
    else if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(found);
  });
  const origin = `http://${loopback}:${await listen(server)}`;
  let count = 0;
  const put =
    (base: string): DocumentHost['publish'] =>
    (change = {}, name = `editor-${++count}.json`) => {
      const path = `/oidc/${name}`;
      const whole = { ...publishedDocument(`${base}${path}`, 'Editor'), ...change };
      documents.set(path, typeof change === 'function' ? change : JSON.stringify(whole));
      return `${base}${path}`;
    };
  return {
    origin,
    requests,
    publish: put(site),
    publishOpenly: put(origin),
    remove: address => void documents.delete(new URL(address).pathname),
    fetch(input, init) {
      const address = input instanceof Request ? input.url : String(input);
      const isHere = address.startsWith(`${site}/`);
      if (!isHere) return fetch(input, init);
      // oidc-provider's own dispatcher connects to no address of this computer.
      const direct = { ...init, dispatcher: undefined };
      return fetch(`${origin}${address.slice(site.length)}`, direct);
    },
    close: () => stop(server),
  };
}
