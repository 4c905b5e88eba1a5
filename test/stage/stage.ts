import type { Browser, BrowserContext } from 'playwright-core';
import { launchChromium } from '../editor/install/chromium.ts';
import { startCodeServer, type EditorServer, type EditorServerOptions } from '../editor/codeServer.ts';
import { withoutOwnServiceWorker } from '../editor/webWorker/ownServiceWorker.ts';
import { packageAll } from '../editor/packages/packages.ts';
import { packagedExtension, runInWebWorker, type WebExtension } from '../editor/webWorker/webWorker.ts';
import { openWorkbench, type Workbench } from '../editor/workbench.ts';
import { timeout } from '../editor/workbench/waiting.ts';
import '../editor/process/resolveLocalhost.ts';
import { startFaultProxy, type FaultProxy } from '../servers/faultProxy.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
  type IdentityProviderOptions,
} from '../servers/identityProvider/identityProvider.ts';
import { startResourceServer, type ResourceServer } from '../servers/resourceServers/resourceServer.ts';

export interface StageOptions {
  readonly identityProvider?: IdentityProviderOptions;
  /** Puts a proxy in front of the identity provider, at whose address everybody reaches it. */
  readonly faults?: boolean;
  /**
   * The entries of `oidc.providers`, by id. What they leave out is that of the one entry that there is by default:
   * `oidc`, whose client may come back to an editor in the browser.
   */
  readonly providers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Reaches the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of the editor besides those that make the extension and its consumers work. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Told what is being done, before it is done. */
  readonly progress?: (step: string) => void;
  /** Leave `oidc.providers` empty: a person adds the provider. */
  readonly unconfigured?: boolean;
  /**
   * The extension runs in the browser, in a web worker, and not on the server. The provider then has the name of a
   * host that a worker is allowed to ask without TLS, and its pages keep the one below.
   */
  readonly webWorker?: boolean;
  /** Other extensions that run there. */
  readonly webExtensions?: readonly WebExtension[];
  /** The editor has the extension for terminals, too. */
  readonly terminals?: boolean;
  /** Seconds an extension host waits for its window to come back. */
  readonly reconnectionGrace?: number;
  /** The workspace isn't trusted until somebody says so. */
  readonly restricted?: boolean;
  /** The clock of the editor; that of everybody else stays right. */
  readonly clock?: EditorServerOptions['clock'];
  /** The editor has all its built-in extensions. */
  readonly whole?: boolean;
  readonly headless?: boolean;
  /** Where screenshots go. */
  readonly screenshots?: string;
}

/** Everything a sign-in takes, for real: provider, resource server, editor, browser and two extensions that ask. */
export interface Stage {
  readonly identityProvider: IdentityProvider;
  /** What stands in front of it, if it was asked for. */
  readonly faults: FaultProxy | undefined;
  readonly resourceServer: ResourceServer;
  readonly editor: EditorServer;
  readonly browser: Browser;
  /** The settings of the editor. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** A person at a computer of their own: their browser knows nobody yet. */
  newPerson(): Promise<BrowserContext>;
  /** A window of the editor, of somebody who agrees to new providers unless told otherwise. */
  openWindow(context: BrowserContext, person?: { agrees?: boolean }): Promise<Workbench>;
  /** Ends everything that was started and removes its folders. */
  close(): Promise<void>;
}

/** The name the test's provider has in the Accounts menu. */
export const providerLabel = 'Company';

/**
 * The provider has a name of its own (`idp.localhost`): in a browser, the editor takes a plain `127.0.0.1` for
 * a port to forward, and would change the address.
 */
const providerHost = 'idp.localhost';

/** The content security policy of the worker allows plain http to this name, and to no other. */
const workerHost = 'localhost';

/** The name of the provider's pages for a person whose editor asks it as `localhost`: see {@link providerHost}. */
export function namePages({ faults, identityProvider }: Stage): void {
  const { origin, port } = new URL(identityProvider.issuer);
  const pages = `http://${providerHost}:${port}`;
  const body = (text: string): string =>
    text.replace(`"authorization_endpoint":"${origin}/`, `"authorization_endpoint":"${pages}/`);
  faults?.on(identityProvider.endpoints.configuration, { kind: 'replace', body }, { sticky: true });
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const { progress = () => undefined } = options;
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    progress('Packaging the extension and two extensions that use it');
    const packages = await packageAll();
    const [ours = '', ...others] = packages.slice(0, options.terminals ? 4 : 3);
    const extensions = options.webWorker ? others : [ours, ...others];
    const web = [
      ...(options.webWorker ? [await packagedExtension(ours)] : []),
      ...(options.webExtensions ?? []),
    ];

    progress('Starting the identity provider and the resource server');
    const faults = options.faults || options.webWorker ? await startFaultProxy() : undefined;
    if (faults) ends.push(() => faults.close());
    const identityProvider = await startIdentityProvider({
      host: providerHost,
      ...(faults && {
        issuer: `http://${options.webWorker ? workerHost : providerHost}:${new URL(faults.url).port}`,
      }),
      ...options.identityProvider,
    });
    ends.push(() => identityProvider.close());
    faults?.forwardTo(identityProvider.address);
    const resourceServer = await startResourceServer({
      issuer: identityProvider.issuer,
      issuerAddress: identityProvider.address,
    });
    ends.push(() => resourceServer.close());

    const settings = {
      ...(!options.unconfigured && {
        'oidc.providers': providersFor(identityProvider, options.providers),
      }),
      'consumer.resourceServer': resourceServer.url,
      'second-consumer.resourceServer': resourceServer.url,
      ...options.settings,
    };
    progress('Starting VS Code and the browser');
    const starting = [
      startCodeServer({
        extensions,
        settings,
        ...(options.env && { env: options.env }),
        ...(options.clock && { clock: options.clock }),
        ...(options.reconnectionGrace !== undefined && { reconnectionGrace: options.reconnectionGrace }),
        ...(options.restricted && { restricted: true }),
        ...(options.whole !== undefined && { whole: options.whole }),
      }),
      launchChromium({ headless: options.headless ?? true }),
    ] as const;
    // One that has started is ended where the other one hasn't; the browser first.
    for (const start of await Promise.allSettled(starting))
      if (start.status === 'fulfilled') ends.push(() => start.value.close());
    const [editor, browser] = await Promise.all(starting);

    return {
      identityProvider,
      faults,
      resourceServer,
      editor,
      browser,
      settings,
      async newPerson() {
        const person = await browser.newContext({ viewport: { width: 1280, height: 800 } });
        person.setDefaultTimeout(timeout);
        await withoutOwnServiceWorker(person);
        if (web.length > 0) await runInWebWorker(person, editor, web);
        return person;
      },
      openWindow: (context, person) =>
        openWorkbench(context, editor.url(), {
          ...person,
          ...(options.screenshots !== undefined && { screenshots: options.screenshots }),
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function providersFor(
  { issuer, clients }: IdentityProvider,
  entries: NonNullable<StageOptions['providers']> = { oidc: {} },
): Record<string, object> {
  const usual = {
    label: providerLabel,
    issuer,
    clientId: clients.editorWeb.clientId,
    allowLoopbackHttp: true,
    acceptsChangingRedirectUri: true,
  };
  return Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, { ...usual, ...entry }]));
}
