import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { speak } from '../../../src/platform/language.ts';
import { icon, joined, l10n, labelOf, Link, shown } from '../../../src/platform/shown.ts';
import { Failure, failures, saying } from '../../../src/protocol/failures/failure.ts';
import { quoteServerText } from '../../../src/protocol/http/serverText.ts';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { contributedProviders } from '../../../src/providers/entries/contributed.ts';
import { presets } from '../../../src/providers/presets/presets.ts';
import { parseMcpServers } from '../../../src/mcp/settings.ts';
import { blank } from '../../../src/sessions/grant/memory.ts';
import { translatedPage } from '../../../src/ui/signIn/pages.ts';
import { parseGrant, serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { rowsOf, type Row } from '../../../src/ui/signInsView/rows.ts';
import { codeTexts } from '../../manifest/codeTexts.ts';
import { changedProvider, someGrant, someProvider, start } from '../sessions/someGrant.ts';

const bidi = '\u202e\u2066\u200f';
/** What somebody might write in a place that is shown. */
const hostile: readonly string[] = [
  '[Details](command:workbench.action.terminal.new)',
  '](command:workbench.action.terminal.new)',
  '(command:workbench.action.terminal.new)',
  '[x',
  ']',
  '[Update](https://evil.example)',
  '$(verified) trusted',
  '$',
  `a${bidi}b\u0000\u001b[31m\u0085c`,
  'first line\r\nsecond line\u2028third\u2029fourth',
  `Company${' '.repeat(3000)}brought by you`,
  `Company${'\u3164\u2800\u00a0\u115f'.repeat(800)}brought by you`,
  'x'.repeat(20_000),
  `z${'\u0301'.repeat(5000)}`,
  '{0} {1} {host} {said}',
  '\ud800',
  '',
];

/** As the editor finds links in a message, whatever it would then do with them. */
const link = /\[[^\]]+\]\(/;
const misleading = /[^\P{C}\n]|[\p{Zl}\p{Zp}\u3164\u2800\u115f]/u;

/** @param most so many characters. */
function assertFit(text: string, where: string, most = 1010): void {
  const problem = link.test(text)
    ? 'a link'
    : misleading.test(text)
      ? 'a character that misleads'
      : /\s{3}/.test(text)
        ? 'padding'
        : /\p{M}{4}/u.test(text)
          ? 'a stack of marks'
          : Array.from(text).length > most
            ? 'too long'
            : undefined;
  assert.equal(problem, undefined, `${where}: ${JSON.stringify(text.slice(0, 200))}`);
}

/** The text is made with each of the hostile ones in all of its places, and with each two of them side by side. */
function everywhere(make: (at: (place: number) => string) => string, where: string): void {
  for (const first of hostile)
    for (const second of first.length < 100 ? hostile.filter(text => text.length < 100) : [first]) {
      const text = make(place => (place % 2 === 0 ? first : second));
      assertFit(text, where);
      const ownIcon = /^\$\([a-z-]+\) /.exec(text)?.[0] ?? '';
      assert.ok(!text.slice(ownIcon.length).includes('$('), `${where}: an icon in ${text.slice(0, 200)}`);
    }
}

const placesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

const bundles = new URL('../../../l10n/', import.meta.url);

/** Each language that there is, with its texts. */
async function languages(): Promise<[string, Record<string, string>][]> {
  const names = (await readdir(bundles)).filter(name => /^bundle\.l10n\..+\.json$/.test(name));
  return Promise.all(
    ['', ...names].map(async name => [
      name === '' ? 'en' : (name.split('.')[2] ?? ''),
      name === ''
        ? {}
        : (JSON.parse(await readFile(new URL(name, bundles), 'utf8')) as Record<string, string>),
    ]),
  );
}

describe('whatever others write, a text that is shown has no link, no character that misleads, and an end', () => {
  after(() => speak('en', {}));

  it('in every text of the code, in every language', async () => {
    const texts = [...new Set(await codeTexts())];
    assert.ok(texts.length > 300);
    for (const [language, translations] of await languages()) {
      speak(language, translations);
      for (const text of texts.filter(one => placesOf(one).length > 0)) {
        const count = placesOf(text).length;
        everywhere(at => l10n.t(text, ...Array.from({ length: count }, (_, place) => at(place))), text);
      }
    }
    speak('en', {});
  }).timeout(60_000);

  it('and keeps the spaces of French, in texts within texts, and no others', () => {
    speak('fr', {
      'names {0}': 'nomme «\u00a0{0}\u00a0»\u00a0: {0}',
      'In {0}: {1}.': 'Dans {0}\u00a0: {1}.',
    });
    const text = l10n.t('In {0}: {1}.', 'a\u00a0b\u00a0\u00a0', l10n.t('names {0}', '\u00a0c\u2007'));
    assert.equal(text, 'Dans a b\u00a0: nomme «\u00a0c\u00a0»\u00a0: c .');
    speak('en', {});
  });

  it('in every failure, with what the server said', () => {
    for (const [code, { what, next }] of Object.entries(failures)) {
      const names = placesOf(`${what} ${next}`);
      everywhere(at => {
        const details = Object.fromEntries(names.map((name, place) => [name, at(place)]));
        const said = saying(quoteServerText(at(1)));
        const all = [code, { ...details, ...('said' in details && { said }) }];
        return new Failure(...(all as unknown as ConstructorParameters<typeof Failure>)).message;
      }, code);
    }
  });

  it('and the words of a message that are ours stay whole', () => {
    for (const text of hostile) {
      const { message } = new Failure('issuer-mismatch', { address: text, found: text, expected: text });
      assert.match(message, /^The metadata at .* exactly that value\.$/);
    }
  });

  it('in what is wrong with settings and manifests', () => {
    for (const text of hostile) {
      const entries = {
        [text]: { issuer: text, label: text, [text]: text },
        a: { issuer: text, clientId: text },
      };
      const manifest = { contributes: { oidcProviders: entries } };
      const problems = [
        ...parseProviders(entries).problems,
        ...contributedProviders([{ id: text, manifest }]).problems,
        ...parseMcpServers(
          {
            [text]: { url: text, label: text },
            b: { url: text },
            c: { url: 'https://mcp.example.com', enterprise: text, clientId: text },
          },
          { isProvider: () => false },
        ).problems,
      ];
      assert.ok(problems.length > 0);
      for (const { reason, providerId, field } of problems)
        assertFit(l10n.t('“{0}”: {1}', `${providerId} → ${field ?? ''}`, reason), 'a problem of an entry');
    }
  });

  it('in the label of an account that was stored otherwise, or that another window tells of', () => {
    for (const text of hostile) {
      const stored = JSON.parse(serialiseGrant(someGrant())) as { grant?: object; account?: object };
      const grant = stored.grant ?? stored;
      Object.assign(grant, { account: { id: 'sub-alice', label: text } });
      const read = parseGrant(JSON.stringify(stored));
      assert.ok(read.kind === 'grant');
      assertFit(read.grant.account.label, 'the label of an account');
    }
  });

  it('in every label of a provider, an extension, an account', () => {
    for (const text of hostile) assertFit(labelOf(text), 'a label', 81);
    for (const text of hostile.filter(one => one.trim() !== '').map(one => one.slice(0, 1900))) {
      const { providers } = parseProviders({
        a: { issuer: 'https://a.example', clientId: 'a', label: text },
      });
      for (const { label } of providers) assertFit(label, 'the label of a provider', 81);
    }
    for (const { label } of Object.values(presets)) assert.equal(shown(label), label);
  });

  it('in every row of the view', () => {
    const texts = (row: Row): string[] => [
      ...[row.label, row.description, row.spoken, ...row.tooltip.split('\n')],
      ...row.children.flatMap(texts),
    ];
    let seen = 0;
    for (const text of hostile) {
      const provider = changedProvider({ label: labelOf(text), contributedBy: text, clientId: text });
      const account = { id: text, label: shown(text) };
      const common = { account, grantedScopes: [text], sessions: [[text], []] };
      const binding = { ...someGrant().binding, clientId: text };
      const grants = [
        someGrant({ ...common, binding }),
        someGrant({
          ...common,
          binding,
          id: 'b',
          signInNeeded: { reason: text, accountRefused: false } as never,
        }),
        someGrant({
          ...common,
          id: 'c',
          providerId: someProvider.id,
          binding: { ...binding, terms: 'other' },
        }),
      ];
      const trouble = {
        reason: text,
        failures: 1,
        obstructions: 0,
        failedAt: 0,
        notBefore: start + 60,
        retryAt: start + 60,
      };
      const memory = () => ({ ...blank, serial: 1, trouble: trouble as never });
      const contested = [{ id: 'other', candidates: [provider], used: undefined }];
      for (const now of [start, start + 7200])
        for (const shownText of rowsOf({ providers: [provider], contested, grants, memory, now }).flatMap(
          texts,
        )) {
          seen++;
          assertFit(shownText, 'a row');
        }
    }
    assert.ok(seen > 10 * hostile.length);
  });

  it('in every page, which has no element that a translation brought', async () => {
    const media = new URL('../../../media/', import.meta.url);
    for (const name of (await readdir(media)).filter(file => file.endsWith('.html'))) {
      const page = await readFile(new URL(name, media), 'utf8');
      const tags = (html: string): number => html.split('<').length;
      const translated = translatedPage(page, () => '<img src=x onerror=alert(1)> & "quotes"');
      assert.equal(tags(translated), tags(page), name);
    }
  });

  it('but our own links lead where they should, and have the text that they should', () => {
    const text = shown`${'[a](command:x)'} ${new Link('Paste](command:evil) it', 'command:oidc.paste?(1)')} ${']'}`;
    assert.equal(text, '[a] (command:x) [Paste (command:evil) it](command:oidc.paste?%281%29) ]');
    assert.equal(icon('key', shown('$(trash) Make')), '$(key) $ (trash) Make');
    assert.equal(joined([shown('a'), undefined, shown(''), shown('b')], ', '), 'a, b');
  });

  it('and the end of an address that is cut off can be seen', () => {
    assert.match(
      labelOf(`login.example.com.${'a'.repeat(500)}.evil.example`),
      /^login\.example\.com.*….*evil\.example$/,
    );
  });
});
