import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { listen, loopback, stop } from './listening.ts';

/** A site of a company that hands authorization responses on to editors. */
export interface BridgeHost {
  /** Where the bridge page is: `media/bridge.html` with a longer list of addresses it may open. */
  readonly bridge: string;
  /** A relay that opens the address it finds in `state`, as `https://vscode.dev/redirect` does. */
  readonly relay: string;
  /** The paths of the requests so far. */
  readonly requests: readonly string[];
  /** Adds an address to those that may be opened, such as the origin of an editor in the browser. */
  allow(target: string): void;
  close(): Promise<void>;
}

const page = new URL('../../media/bridge.html', import.meta.url);

/** Starts the site. Before `allow` it opens only what the page that we ship does. */
export async function startBridgeHost(): Promise<BridgeHost> {
  const allowed: string[] = [];
  const requests: string[] = [];

  const bridgePage = async (): Promise<string> =>
    (await readFile(page, 'utf8')).replace(/(name="allowed-targets"\s+content=")/, `$1${allowed.join(' ')} `);

  /** The address in `state` with the rest of the response; undefined if it is not one of those allowed. */
  const relayed = (parameters: URLSearchParams): string | undefined => {
    const target = URL.parse(decodeURIComponent(parameters.get('state') ?? ''));
    if (!target || !allowed.includes(target.origin)) return undefined;
    for (const [name, value] of parameters) if (name !== 'state') target.searchParams.append(name, value);
    return target.href;
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(pathname);
    const target = pathname === '/redirect' ? relayed(searchParams) : undefined;
    if (target !== undefined) {
      response.writeHead(302, { location: target }).end();
    } else if (pathname === '/bridge.html') {
      bridgePage().then(
        html => response.writeHead(200, { 'content-type': 'text/html' }).end(html),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  const origin = `http://${loopback}:${await listen(server)}`;

  return {
    bridge: `${origin}/bridge.html`,
    relay: `${origin}/redirect`,
    requests,
    allow: target => void allowed.push(target),
    close: () => stop(server),
  };
}
