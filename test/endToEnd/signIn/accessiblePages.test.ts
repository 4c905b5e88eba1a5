import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { qrCode } from '../../../src/ui/signIn/qrCode.ts';
import { launchChromium } from '../../editor/install/chromium.ts';

const media = (name: string): Promise<string> =>
  readFile(new URL(`../../../media/${name}`, import.meta.url), 'utf8');

const pictures = join(import.meta.dirname, '..', '..', '..', 'dist', 'test', 'screenshots');

/** What a person may have set: in their system, in their editor, or by the language they read. */
interface Look {
  readonly name: string;
  readonly scheme: 'light' | 'dark';
  readonly forced?: boolean;
  readonly rightToLeft?: boolean;
  /** Narrow as a phone, or as a panel beside others; text of twice the size comes to the same. */
  readonly narrow?: boolean;
}

const looks: readonly Look[] = [
  { name: 'light', scheme: 'light' },
  { name: 'dark', scheme: 'dark' },
  { name: 'high-contrast', scheme: 'dark', forced: true },
  { name: 'right-to-left', scheme: 'light', rightToLeft: true },
  { name: 'narrow', scheme: 'dark', narrow: true },
];

/** The editor's own themes, as far as the panel uses them: Light Modern, Dark Modern, Dark High Contrast. */
const themes = {
  light: {
    foreground: '#3b3b3b',
    descriptionForeground: '#3b3b3b',
    'editor-background': '#ffffff',
    'panel-border': '#e5e5e5',
    'textCodeBlock-background': '#f8f8f8',
    'textBlockQuote-background': '#f8f8f8',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0258a8',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'editorWarning-foreground': '#bf8803',
    focusBorder: '#005fb8',
  },
  dark: {
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    'editor-background': '#1f1f1f',
    'panel-border': '#2b2b2b',
    'textCodeBlock-background': '#2b2b2b',
    'textBlockQuote-background': '#2b2b2b',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#026ec1',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'editorWarning-foreground': '#cca700',
    focusBorder: '#0078d4',
  },
  contrast: {
    foreground: '#ffffff',
    descriptionForeground: '#ffffff',
    'editor-background': '#000000',
    contrastBorder: '#6fc3df',
    'textCodeBlock-background': '#000000',
    'button-background': '#000000',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'button-secondaryForeground': '#ffffff',
    'editorWarning-foreground': '#ffd370',
    focusBorder: '#f38518',
  },
} as const;

const themeOf = ({ scheme, forced = false }: Look): Readonly<Record<string, string>> =>
  forced ? themes.contrast : themes[scheme];

const shown = {
  status: 'Waiting for you to enter the code.',
  why: 'Your browser can’t return to this editor.',
  expired: false,
  code: {
    provider: 'Company',
    userCode: 'WDJB-MJHT',
    host: 'login.example.com',
    verificationUri: 'https://login.example.com/device',
    qr: qrCode('https://login.example.com/device?user_code=WDJB-MJHT'),
    expiresIn: 600_000,
  },
};

const state = (target: string): string => `nonce.${Buffer.from(target).toString('base64url')}`;

/** Each page in each state that a person can see. */
const pages: readonly {
  readonly name: string;
  readonly file: string;
  readonly query?: string;
  /** It is a panel of the editor, which gives it its colours, and this to show. */
  readonly message?: object;
}[] = [
  { name: 'loopback', file: 'loopback.html' },
  { name: 'bridge', file: 'bridge.html', query: `?code=1&state=${state('vscode-none://elsewhere/')}` },
  {
    name: 'bridge-opening',
    file: 'bridge.html',
    query: `?code=1&state=${state('vscode://vscode-oidc.oidc-authentication/callback')}`,
  },
  { name: 'device-code', file: 'deviceCode.html', message: shown },
  {
    name: 'device-code-expired',
    file: 'deviceCode.html',
    message: {
      ...shown,
      code: { ...shown.code, expiresIn: 0 },
      expired: true,
      status: 'The code has expired.',
    },
  },
];

describe('each page of the extension, however a person sees it', function () {
  this.timeout(60_000);
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let asked: string[];

  before(async () => {
    browser = await launchChromium();
    await mkdir(pictures, { recursive: true });
  });
  after(() => browser?.close());
  beforeEach(async () => {
    asked = [];
    context = await browser.newContext({ viewport: { width: 900, height: 700 } });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  /** Opens the page at an address that leads nowhere: whatever else it asks for is noted. */
  async function open({ file, query = '', message }: (typeof pages)[number], look: Look): Promise<void> {
    await page.setViewportSize({ width: look.narrow ? 320 : 900, height: 700 });
    await page.emulateMedia({
      colorScheme: look.scheme,
      reducedMotion: 'reduce',
      forcedColors: look.forced ? 'active' : 'none',
    });
    const text = (await media(file))
      .replaceAll('{{nonce}}', 'only-this-time')
      .replace('<html lang="en">', `<html lang="en"${look.rightToLeft ? ' dir="rtl"' : ''}>`);
    await page.route('**/*', (route, request) => {
      if (request.url().startsWith('https://page.example.com/page')) {
        return route.fulfill({ contentType: 'text/html', body: text });
      }
      if (!request.url().startsWith('vscode:')) asked.push(request.url());
      return route.abort();
    });
    await page.addInitScript(() => {
      Object.assign(window, { acquireVsCodeApi: () => ({ postMessage: () => undefined }) });
    });
    await page.goto(`https://page.example.com/page${query}`, { waitUntil: 'commit' });
    await page.locator('main').waitFor();
    if (!message) return;
    // Its script listens by then; a page that opens an address never comes so far.
    await page.waitForLoadState('domcontentloaded');
    await page.evaluate(
      ([theme, data]) => {
        const { style } = document.documentElement;
        for (const [name, colour] of Object.entries(theme)) style.setProperty(`--vscode-${name}`, colour);
        style.setProperty('--vscode-font-family', 'system-ui, sans-serif');
        document.body.style.background = 'var(--vscode-editor-background)';
        window.dispatchEvent(new MessageEvent('message', { data }));
      },
      [themeOf(look), message] as const,
    );
    await page.locator('#code').waitFor();
  }

  for (const one of pages) {
    for (const look of looks) {
      it(`${one.name}, ${look.name}: can be read and worked by everybody`, async () => {
        await open(one, look);
        await page.screenshot({ path: join(pictures, `page-${one.name}-${look.name}.png`) });
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: typeof axe }).axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          }),
        );
        const found = violations.map(({ id, help, nodes }) => ({
          id,
          help,
          at: nodes.map(node => node.html),
        }));
        assert.deepEqual(found, []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels are out of sight`);
        assert.deepEqual(asked, [], 'nothing is asked of anybody');
      });
    }
  }

  it('the QR code is black on white in every theme, as cameras want it', async () => {
    const panel = pages.find(({ name }) => name === 'device-code');
    assert.ok(panel);
    for (const look of looks) {
      await page.unrouteAll();
      await open(panel, look);
      const colours = await page.locator('#qr').evaluate(element => {
        const { backgroundColor, color } = getComputedStyle(element);
        return [backgroundColor, color];
      });
      assert.deepEqual(colours, ['rgb(255, 255, 255)', 'rgb(0, 0, 0)'], look.name);
    }
  });

  it('the pages in the browser have one style, and tell nobody of themselves', async () => {
    const [bridge, loopback] = await Promise.all([media('bridge.html'), media('loopback.html')]);
    const style = (html: string): string => /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    assert.ok(style(bridge).length > 100);
    assert.equal(style(loopback), style(bridge), 'copy it from bridge.html');
    for (const html of [bridge, loopback]) {
      assert.match(html, /<meta name="robots" content="noindex" \/>/);
      assert.doesNotMatch(html, /property="og:|name="twitter:|<link\b|https?:\/\/(?!code\.example\.com)/);
    }
  });
});
