import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { qrCode } from '../../../src/ui/signIn/qrCode.ts';
import { launchChromium } from '../../editor/install/chromium.ts';
import { readTranslations } from '../../manifest/translations/translations.ts';
import { listen, stop } from '../../servers/listening.ts';

const media = (name: string): Promise<string> =>
  readFile(new URL(`../../../media/${name}`, import.meta.url), 'utf8');

const encode = (target: string): string => `nonce.${Buffer.from(target).toString('base64url')}`;

describe('the pages of the extension, in a real browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let server: Server;
  let origin: string;
  let pages: Record<string, string>;
  let served: string[];
  let complaints: string[];

  before(async () => {
    browser = await launchChromium();
    server = createServer((request, response) => {
      if (request.url === '/favicon.ico') return void response.writeHead(204).end();
      served.push(request.url ?? '');
      const html = pages[(request.url ?? '').split('?')[0] ?? ''];
      response.writeHead(html === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(html);
    });
    origin = `http://127.0.0.1:${await listen(server)}`;
  });
  after(async () => {
    await browser?.close();
    await stop(server);
  });
  beforeEach(async () => {
    pages = {};
    served = [];
    complaints = [];
    context = await browser.newContext();
    page = await context.newPage();
    page.on('console', message => complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
  });
  afterEach(() => context.close());

  describe('the bridge page', () => {
    const hosted = (html: string, targets = ''): string =>
      html.replace('windsurf://vscode-oidc.oidc-authentication', `$& ${targets}`);

    it('hands the whole answer on to an editor that is allowed', async () => {
      pages['/bridge.html'] = hosted(await media('bridge.html'), `${origin}`);
      pages['/editor/callback'] = '<title>Editor</title>';
      const state = encode(`${origin}/editor/callback?vscode-reqid=1`);
      await page.goto(`${origin}/bridge.html?code=a%2Bb%26c&state=${state}&iss=https%3A%2F%2Fidp.example`);
      await page.waitForURL(/editor/);
      assert.equal(await page.title(), 'Editor');
      const { search } = new URL(page.url());
      assert.equal(
        search,
        `?vscode-reqid=1&code=a%2Bb%26c&state=${state}&iss=https%3A%2F%2Fidp.example`,
        'to the letter',
      );
      assert.deepEqual(complaints, []);
    });

    it('offers the address of the editor as a link, if the browser does not open it', async () => {
      pages['/bridge.html'] = await media('bridge.html');
      const state = encode('vscode://vscode-oidc.oidc-authentication/callback');
      // The page never finishes loading where a browser asks what to do with such an address.
      await page.goto(`${origin}/bridge.html?code=1&state=${state}`, { waitUntil: 'commit' });
      assert.equal(
        await page.getByRole('link', { name: 'Open the Editor' }).getAttribute('href'),
        `vscode://vscode-oidc.oidc-authentication/callback?code=1&state=${state}`,
      );
    });

    it('opens nothing else, and says what can be done', async () => {
      const html = hosted(await media('bridge.html'), 'https://code.example.com');
      pages['/bridge.html'] = html;
      const foreign = [
        'javascript:alert(1)',
        'data:text/html,hello',
        `${origin}/elsewhere`,
        'vscode://vscode.github-authentication/callback',
        'vscode://vscode-oidc.oidc-authentication.evil/callback',
        'vscode://vscode-oidc.oidc-authentication@evil.example/callback',
        'https://code.example.com.evil.example/callback',
        'https://code.example.com@evil.example/callback',
        'https://code.example.com\\@evil.example/callback',
        'https://code.example.com:444/callback',
        'https://code.example.com/callback#fragment',
        '\tvscode://vscode-oidc.oidc-authentication/callback',
        '//vscode-oidc.oidc-authentication/callback',
        '',
      ];
      for (const target of foreign) {
        served = [];
        await page.goto(`${origin}/bridge.html?code=1&state=${encode(target)}`);
        await page.getByRole('heading', { name: 'This page cannot open your editor' }).waitFor();
        await page.getByRole('link').waitFor({ state: 'hidden' });
        await page.getByRole('button', { name: 'Copy the Address' }).waitFor();
        assert.deepEqual(
          served.filter(url => !/bridge/.test(url)),
          [],
          target,
        );
      }
      const twice = encode('vscode://vscode-oidc.oidc-authentication/callback');
      for (const query of [
        '',
        '?code=1',
        '?code=1&state=abc',
        `?state=${twice}&state=${twice}`,
        '?state=a.%FF',
      ]) {
        await page.goto(`${origin}/bridge.html${query}`);
        await page.getByRole('heading', { name: 'This page cannot open your editor' }).waitFor();
      }
    });

    it('opens nothing that leads out of the folder that is allowed, however it is spelled', async () => {
      pages['/bridge.html'] = hosted(await media('bridge.html'), 'https://code.example.com/team/editor');
      const folder = 'https://code.example.com/team/editor';
      const ups = [
        ...['..', '.%2e', '%2e.', '%2E%2e', '%252e%252e', '..;x', 'a/..;', '..;/a'],
        ...[
          '..%2fevil',
          '..%2F',
          '%2e%2e%2f',
          '..%5cevil',
          '..%255c',
          '..\\evil',
          'a/../..',
          './..',
          'a//../../..',
        ],
      ];
      const foreign = [
        ...ups.flatMap(up => [`${folder}/${up}`, `${folder}/${up}/`, `${folder}/${up}/evil?x=1`]),
        ...['editor', 'editor-evil/x', 'editor%2f', 'EDITOR/x', '//editor/x'].map(
          path => `https://code.example.com/team/${path}`,
        ),
        ...['https://a@code.example.com', 'https://a:b@code.example.com', 'http://code.example.com'].map(
          origin => `${origin}/team/editor/x`,
        ),
        ...['code.example.com:8443', 'code.example.com.', 'code.example.com:443@evil.example'].map(
          host => `https://${host}/team/editor/x`,
        ),
        'vscode://vscode-oidc.oidc-authentication/callback/../%2e%2e//evil;x',
        'vscode:vscode-oidc.oidc-authentication/callback',
        'vscode:/vscode-oidc.oidc-authentication/callback',
      ];
      for (const [target, address] of Object.entries(await openedBy(foreign)))
        assert.equal(address, undefined, target);
    });

    it('opens what is allowed in another spelling as the browser reads it', async () => {
      pages['/bridge.html'] = hosted(
        await media('bridge.html'),
        'no-address HTTPS://Code.example.com:443/team/editor/ https://other.example.com',
      );
      const expected: Record<string, string> = {
        'https://code.example.com/team/editor/callback?a=%2e%2e/..':
          'https://code.example.com/team/editor/callback?a=%2e%2e/..',
        'https://CODE.example.com:443/team/x/../editor/callback':
          'https://code.example.com/team/editor/callback',
        'https://other.example.com/stable-1/callback?vscode-path=%2Fcallback':
          'https://other.example.com/stable-1/callback?vscode-path=%2Fcallback',
        'https://other.example.com?x': 'https://other.example.com/?x',
      };
      for (const [target, address] of Object.entries(await openedBy(Object.keys(expected))))
        assert.equal(address?.split(/[?&]code=1/)[0], expected[target], target);
    });

    /** The address that the page opens for each target: undefined if it refuses it. */
    const openedBy = async (targets: readonly string[]): Promise<Record<string, string | undefined>> => {
      await context.route(/example\b/, route =>
        route.fulfill({ body: 'The editor', contentType: 'text/html' }),
      );
      const opened: Record<string, string | undefined> = {};
      for (const target of targets) {
        await page.goto(`${origin}/bridge.html?code=1&state=${encode(target)}`, { waitUntil: 'commit' });
        const refused = page.getByText('This page cannot open your editor');
        await refused.or(page.getByText('The editor', { exact: true })).waitFor();
        opened[target] = (await refused.isVisible()) ? undefined : page.url();
      }
      return opened;
    };

    it('speaks the language of the browser: each that the extension speaks', async () => {
      pages['/bridge.html'] = await media('bridge.html');
      const translations = (await readTranslations()).filter(({ texts }) => texts['Paste URL']);
      assert.ok(translations.length >= 2);
      for (const { language, texts } of translations) {
        const foreign = await browser.newContext({ locale: `${language}-CH` });
        const opened = await foreign.newPage();
        await opened.goto(`${origin}/bridge.html`);
        const main = opened.locator(`html[lang="${language}"] main`);
        assert.doesNotMatch(await main.innerText(), /\b(?:the|you|this|address)\b/i);
        assert.equal(await opened.title(), texts['Back to your editor']);
        await main.getByRole('button').click();
        await main.getByText(texts['Paste URL'] ?? '').waitFor();
        await foreign.close();
      }
      await page.goto(`${origin}/bridge.html`);
      await page.getByRole('heading', { name: 'This page cannot open your editor' }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    });

    it('runs only the script and the style that it came with', async () => {
      const html = await media('bridge.html');
      const hash = (tag: string): string => {
        const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
        return `${tag}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`;
      };
      assert.ok(html.includes(hash('script')), `the policy must name ${hash('script')}`);
      assert.ok(html.includes(hash('style')), `the policy must name ${hash('style')}`);
      pages['/bridge.html'] = html.replace('</main>', '<script>document.title = "changed"</script></main>');
      await page.goto(`${origin}/bridge.html`);
      assert.equal(await page.title(), 'Back to your editor');
      assert.match(complaints.join('\n'), /Content Security Policy/);
    });
  });

  describe('the panel with a device code', () => {
    const shown = {
      status: 'Waiting for you to enter the code.',
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

    beforeEach(async () => {
      pages['/panel'] = (await media('deviceCode.html')).replaceAll('{{nonce}}', 'only-this-time');
      await page.addInitScript(() => {
        const sent: unknown[] = [];
        Object.assign(window, {
          sent,
          acquireVsCodeApi: () => ({ postMessage: (m: unknown) => sent.push(m) }),
        });
      });
      await page.goto(`${origin}/panel`);
    });

    const send = (message: object): Promise<void> =>
      page
        .evaluate(given => window.dispatchEvent(new MessageEvent('message', { data: given })), message)
        .then(() => undefined);
    const sent = (): Promise<unknown> => page.evaluate(() => (window as unknown as { sent: unknown }).sent);

    it('shows the code, the host, the warning and a QR code, and asks for nothing from outside', async () => {
      assert.deepEqual(await sent(), ['ready']);
      await send(shown);
      await page.getByRole('heading', { name: 'Sign in to Company with a code' }).waitFor();
      assert.equal(await page.locator('#code').textContent(), 'WDJB-MJHT');
      assert.equal(await page.locator('#code').getAttribute('aria-label'), 'The code: W D J B - M J H T');
      assert.equal(await page.locator('#host').textContent(), 'login.example.com');
      await page.getByText('Never enter a code that someone sent you').waitFor();
      await page.getByRole('img', { name: /QR code/ }).waitFor();
      assert.match((await page.getByRole('timer').textContent()) ?? '', /valid for (10|\d):\d\d/);
      assert.equal(await page.getByRole('status').textContent(), shown.status);
      const size = await page
        .locator('#code')
        .evaluate(element => parseFloat(getComputedStyle(element).fontSize));
      assert.ok(size >= 25, 'in large type');
      assert.deepEqual(
        served.filter(url => !/panel/.test(url)),
        [],
      );
      assert.deepEqual(complaints, []);
    });

    it('is worked with the keyboard alone', async () => {
      await send(shown);
      await page.getByRole('button', { name: 'Copy the Code and Open login.example.com' }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      assert.deepEqual(await sent(), ['ready', 'open', 'cancel']);
    });

    it('offers a new code when this one has expired, in one click', async () => {
      await send(shown);
      await send({ ...shown, expired: true, status: 'The code has expired.' });
      await page.getByRole('button', { name: /Copy the Code/ }).waitFor({ state: 'hidden' });
      await page.getByRole('img').waitFor({ state: 'hidden' });
      assert.equal(await page.getByRole('status').textContent(), 'The code has expired.');
      await page.keyboard.press('Enter');
      assert.deepEqual(await sent(), ['ready', 'new-code']);
    });

    it('shows what a server sent as text, not as part of the page', async () => {
      const bad = '<img src=x onerror=alert(1)>';
      await send({ ...shown, code: { ...shown.code, userCode: bad, host: bad, provider: bad } });
      assert.equal(await page.locator('#code').textContent(), bad);
      await page.locator('img').waitFor({ state: 'detached' });
    });
  });

  it('the QR code says what it must', () => {
    const code = qrCode('https://login.example.com/device?user_code=WDJB-MJHT');
    assert.ok(code);
    assert.match(code.path, /^(M\d+ \d+h1v1h-1z)+$/);
    // The corner of the first finder pattern, after the quiet zone of four squares.
    assert.ok(code.path.startsWith('M4 4h1v1h-1zM5 4'));
    assert.equal(qrCode('x'.repeat(501)), undefined);
  });
});
