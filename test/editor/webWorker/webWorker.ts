/** The extension in the web worker extension host of the workbench, as on vscode.dev. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import type { EditorServer } from '../codeServer.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** Below the editor's own origin: what its pages may load is limited to that and to https. */
const place = '/web-extension';

/** An extension as a web worker loads it. */
export interface WebExtension {
  readonly folder: string;
  /** The files of it that there are, by their paths in the folder. */
  readonly packaged: RegExp;
}

/** Ours, as it was built. */
export const ourWebExtension: WebExtension = {
  folder: repository,
  packaged:
    /^(?:package(?:\.nls(?:\.[\w-]+)?)?\.json|dist\/(?:extension|parts\/[\w-]+)\.cjs|l10n\/[\w.-]+\.json|media\/[\w./-]+)$/,
};

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
      const extension = extensions[Number(index)];
      const name = rest.join('/');
      if (!extension?.packaged.test(name)) return route.fulfill({ status: 404 });
      try {
        const body = await readFile(join(extension.folder, name));
        return await route.fulfill({ body, contentType: types[extname(name)] ?? 'application/octet-stream' });
      } catch {
        return route.fulfill({ status: 404 });
      }
    },
  );
}

const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
