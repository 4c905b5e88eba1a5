/** The world outside of the extension host, for tests inside of it: see `test/host/outside.ts`. */
import { createServer, type IncomingMessage } from 'node:http';
import type { Page } from 'playwright-core';
import type { PersonAtBrowser } from './outsideAddress.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import type { EditorServer } from '../codeServer.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { acceptDialog, dialogBox, notifications, readDialog } from '../workbench/messages.ts';
import { agreeToProviders } from '../workbench/newProvider.ts';

export interface Outside {
  /** Where the tests ask; known before the editor starts, whose environment has to hold it. */
  readonly address: string;
  /** From now on there is a window to look at, and pages that it opens are answered. */
  watch(window: Page, server: EditorServer): void;
  close(): Promise<void>;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** Starts to listen for the tests on the loopback interface. */
export async function startOutside(): Promise<Outside> {
  const problems: string[] = [];
  let person: PersonAtBrowser | undefined;
  /** Whether somebody agrees to every new provider at once. */
  let agrees = true;
  let watched: { window: Page; server: EditorServer } | undefined;

  /** Pages that the editor has opened while nobody sat there. */
  const waiting = new Set<Page>();
  /** Whether nobody has signed in since the cookies were cleared: a page that is about to open keeps its own. */
  let knowsNobody = false;

  async function answer(page: Page): Promise<void> {
    if (!person) {
      waiting.add(page);
      page.once('close', () => waiting.delete(page));
      return;
    }
    knowsNobody = false;
    try {
      await signInOnPage(page, person, { consent: person.consent ?? 'allow' });
      // The page hands the answer to the window when it has loaded; afterwards it is of no use.
      if (!page.isClosed()) await page.waitForLoadState('networkidle');
      if (!page.isClosed()) await page.close();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }

  /** Signs in on one page after the other, as people do: at once, they would end each other's sessions. */
  async function answerInTurn(pages: readonly Page[]): Promise<void> {
    for (const page of pages) waiting.delete(page);
    for (const page of pages) await answer(page);
  }

  /** Where a request leads; undefined where there is nothing. */
  async function respond(request: IncomingMessage): Promise<unknown> {
    if (!watched) return undefined;
    const { window, server } = watched;
    switch (`${request.method ?? ''} ${request.url ?? ''}`) {
      case 'PUT /person':
        person = ((await readJson(request)) as PersonAtBrowser | null) ?? undefined;
        // The workbench's own cookies stay: it is served from an address without a name. So do those of a
        // page that waits: without them its provider would not know it again.
        if (waiting.size === 0 && !knowsNobody) {
          await window.context().clearCookies({ domain: /localhost$/ });
          knowsNobody = true;
        }
        if (person) void answerInTurn([...waiting]);
        return {};
      case 'DELETE /pages':
        await Promise.all([...waiting].map(page => page.close()));
        return {};
      case 'GET /problems':
        return problems;
      case 'GET /messages':
        return notifications(window);
      case 'PUT /agrees':
        agrees = (await readJson(request)) === true;
        return {};
      case 'GET /dialog':
        return readDialog(window);
      case 'GET /dialogs':
        return dialogBox(window).count();
      case 'PUT /dialog':
        return acceptDialog(window, String(await readJson(request)));
      case 'GET /logs':
        return Object.fromEntries(await server.readLogs());
      default:
        return undefined;
    }
  }

  const server = createServer((request, response) => {
    respond(request).then(
      found => {
        response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(found ?? null));
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  });
  const port = await listen(server);

  return {
    address: `http://${loopback}:${port}`,
    watch(window, editor) {
      watched = { window, server: editor };
      void agreeToProviders(window, () => agrees);
      window.context().on('page', page => void answer(page));
    },
    close: () => stop(server),
  };
}
