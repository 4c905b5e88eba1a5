import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { translatedPage } from '../../../src/ui/signIn/pages.ts';

const media = new URL('../../../media/', import.meta.url);
const page = (name: string): Promise<string> => readFile(new URL(name, media), 'utf8');

describe('a page of the extension', () => {
  it('is shown in another language, but for what it fills in itself', () => {
    const html = '<html lang="en"><h1 id="a" data-text>\n  Sign in\n to {0} </h1><p id="b">oidc</p></html>';
    assert.equal(
      translatedPage(html, text => `${text} <b>& so on`),
      '<html lang="en"><h1 id="a" data-text>Sign in to {0} &lt;b>&amp; so on</h1><p id="b">oidc</p></html>',
    );
  });

  it('has no text for people that is not translated', async () => {
    for (const name of ['loopback.html', 'deviceCode.html']) {
      const rest = translatedPage(await page(name), () => '')
        .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>|<!--[\s\S]*?-->/g, '')
        .replaceAll(/<[^>]+>/g, ' ');
      assert.equal(rest.trim(), '', name);
    }
  });

  it('has the languages of the extension, where whoever hosts it cannot say which', async () => {
    const bridge = await page('bridge.html');
    const shipped = (await readdir(new URL('../l10n/', media))).flatMap(
      name => /^bundle\.l10n\.([\w-]+)\.json$/.exec(name)?.[1] ?? [],
    );
    const table = /const languages = \{([\s\S]*?)\n {8}\};/.exec(bridge)?.[1] ?? '';
    const own = Array.from(table.matchAll(/^ {10}(\w+): \{/gm), ([, name]) => name);
    assert.deepEqual(own, shipped);
    const translated = Array.from(table.matchAll(/^ {12}'([^']+)':/gm), ([, text = '']) => text);
    const rest = bridge.replace(table, '');
    for (const text of translated) assert.ok(rest.includes(text), `no longer a text: ${text}`);
    const shown = Array.from(
      rest.matchAll(/<(title|h1|p|a|button)\b[^>]*>([^<]+)</g),
      ([, , text = '']) => text,
    );
    const said = Array.from(rest.matchAll(/translated\(\s*'([^']+)'/g), ([, text = '']) => text);
    assert.ok(said.length === 3 && shown.length === 5);
    for (const text of [...shown, ...said]) assert.ok(translated.includes(text), `not translated: ${text}`);
  });
});
