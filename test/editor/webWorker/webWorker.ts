/** The extension in the web worker extension host of the workbench, as on vscode.dev. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import JSZip from 'jszip';
import type { BrowserContext } from 'playwright-core';
import type { EditorServer } from '../codeServer.ts';

/** Below the editor's own origin: what its pages may load is limited to that and to https. */
const place = '/web-extension';

/** An extension as a web worker loads it. */
export interface WebExtension {
  /** @returns a file of it, or undefined if there is none. */
  read(name: string): Promise<Buffer | undefined>;
}

/** What is in a package, and nothing else. @param vsix its path. */
export async function packagedExtension(vsix: string): Promise<WebExtension> {
  const archive = await JSZip.loadAsync(await readFile(vsix));
  return { read: async name => archive.file(`extension/${name}`)?.async('nodebuffer') };
}

const types: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.cjs': 'text/javascript',
  '.html': 'text/html',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/**
 * From now on the windows of this person run these extensions in the web worker. What is installed on the server as well
 * would run there, in Node.
 *
 * The page that a host of the editor serves names extensions to load; that of code-server names none, so it is
 * changed on its way to the browser. The rest is the workbench as it is.
 */
export async function runInWebWorker(
  context: BrowserContext,
  { origin }: EditorServer,
  extensions: readonly WebExtension[],
): Promise<void> {
  const { hostname, port, protocol } = new URL(origin);
  const scheme = protocol.slice(0, -1);
  const addresses = extensions.map((_, index) => ({
    scheme,
    authority: `${hostname}:${port}`,
    path: `${place}/${index}`,
  }));

  // Chromium takes a page that was changed on its way for one from the internet, which has to ask before it may
  // reach this computer.
  await context.grantPermissions(['local-network-access'], { origin });
  await context.route(
    url => url.origin === origin && url.pathname === '/',
    async route => {
      const response = await route.fetch({ maxRedirects: 0 });
      const html = await response.text();
      const settings = /(id="vscode-workbench-web-configuration" data-settings=")([^"]*)/;
      const changed = html.replace(settings, (_, attribute: string, text: string) => {
        const configuration = JSON.parse(unescaped(text)) as { developmentOptions?: object };
        const developmentOptions = { ...configuration.developmentOptions, extensions: addresses };
        return attribute + escaped(JSON.stringify({ ...configuration, developmentOptions }));
      });
      await route.fulfill({ response, body: changed });
    },
  );
  await context.route(
    url => url.origin === origin && url.pathname.startsWith(`${place}/`),
    async route => {
      const [index = '', ...rest] = new URL(route.request().url()).pathname
        .slice(place.length + 1)
        .split('/');
      const name = rest.join('/');
      const body = await extensions[Number(index)]?.read(name);
      if (!body) return route.fulfill({ status: 404 });
      return route.fulfill({ body, contentType: types[extname(name)] ?? 'application/octet-stream' });
    },
  );
}

const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
