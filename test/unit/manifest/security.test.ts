import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { freeFields } from '../../../src/providers/entries/terms.ts';
import { tableOf } from '../../manifest/words/tables.ts';

const repository = new URL('../../../', import.meta.url);

/** The sections that promise something. The others say how to report, what is not covered and how all of it is tested. */
const promising = ['What is protected', 'Who can do what, and what stops them', 'Where did my tokens go'];

const withoutSpace = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The sentences of a paragraph. One may have a colon, and a name of ours within it. */
const sentencesOf = (text: string): string[] =>
  withoutSpace(text)
    .split(/(?<=[.!?]) (?=[*`“]*[A-Za-z])/)
    .filter(sentence => sentence !== '');

/** Every sentence of the sections that promise something, in its order. */
function promisesIn(text: string): string[] {
  const sections = text.split(/^## /m).map(section => {
    const [title = '', ...lines] = section.split('\n');
    return { title, lines };
  });
  return promising.flatMap(title => {
    const { lines } = sections.find(section => section.title === title) ?? assert.fail(title);
    const paragraphs = lines.join('\n').split(/\n\n|^- /m);
    // A heading says who, and what is in italics what they could try.
    return paragraphs.filter(paragraph => !/^\s*(### |_Could )/.test(paragraph)).flatMap(sentencesOf);
  });
}

interface Held {
  /** The first words of the sentence. */
  readonly words: string;
  readonly file: string;
  readonly title: string;
}

const heldIn = (text: string): Held[] =>
  tableOf(text, 'promise, by its first words').map(([words = '', test = '']) => {
    const [, name, file = '', title = ''] = /^\[([^\]]+)\]\(([^)]+)\): “(.+)”$/.exec(test) ?? [];
    assert.ok(name !== undefined && file.endsWith(`/${name}`), `${words}: ${test}`);
    return { words, file, title };
  });

/** What is wrong with the table, for these sentences. */
function problemsOf(promises: readonly string[], held: readonly Held[]): string[] {
  const unheld = promises.filter(promise => !held.some(({ words }) => promise.startsWith(words)));
  const vague = held.filter(
    ({ words }) => new Set(promises.filter(promise => promise.startsWith(words))).size !== 1,
  );
  return [
    ...unheld.map(promise => `no test holds: ${promise}`),
    ...vague.map(({ words }) => `no sentence, or several, begin with: ${words}`),
  ];
}

describe('the promises of SECURITY.md', () => {
  let text: string;
  before(async () => {
    text = await readFile(new URL('SECURITY.md', repository), 'utf8');
  });

  it('name tests that there are, with these titles', async () => {
    const held = heldIn(text);
    assert.ok(held.length > 100);
    for (const { words, file, title } of held) {
      assert.match(file, /^test\/[\w/.]+\.ts$/, words);
      const test = await readFile(new URL(file, repository), 'utf8');
      assert.ok(test.includes(title), `${file} holds nothing called “${title}”`);
    }
  });

  it('are held by a test each, sentence by sentence, and nothing else is', () => {
    const promises = promisesIn(text);
    assert.ok(promises.length > 80);
    assert.deepEqual(problemsOf(promises, heldIn(text)), []);
  });

  it('are missed where one is added, changed or taken away', () => {
    const first = promisesIn(text)[0] ?? '';
    const changed = {
      'in a paragraph': text.replace('\n## Who can', '\nNobody reads your mail.\n\n## Who can'),
      'in a list': text.replace('- **The gate:**', '- Nobody reads your mail.\n- **The gate:**'),
      'in a section': text.replace(
        'Endpoints must be https.',
        'Endpoints must be https. Nobody reads your mail.',
      ),
      'as a section': text.replace(
        '### Any web page\n',
        '### A thief\n\n_Could read it._\n\nNobody reads your mail.\n\n### Any web page\n',
      ),
    };
    for (const [where, more] of Object.entries(changed)) {
      assert.notEqual(more, text, where);
      assert.deepEqual(
        problemsOf(promisesIn(more), heldIn(more)),
        ['no test holds: Nobody reads your mail.'],
        where,
      );
    }
    const less = text.replace('Endpoints must be https.', '');
    assert.match(problemsOf(promisesIn(less), heldIn(less)).join(), /begin with: Endpoints/);
    const other = problemsOf([first.replace(/^\W*\w+/, 'Other')], heldIn(text));
    assert.match(other[0] ?? '', /^no test holds: Other/);
  });

  it('name every setting whose change is not asked about, and no other', () => {
    const listed = /less of it happens: ([^.]+)\. /.exec(text)?.[1] ?? '';
    const named = [...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    // The ID is what the answer is kept by; whether scopes are set is no setting of its own.
    const own = freeFields.filter(field => field !== 'id' && field !== 'scopesAreSet');
    assert.deepEqual(named.toSorted(), own.toSorted());
  });

  it('about workspaces hold for every setting that says where a token goes', async () => {
    const { contributes } = JSON.parse(await readFile(new URL('package.json', repository), 'utf8')) as {
      contributes: { configuration: { properties: Record<string, { scope?: string }> } };
    };
    for (const name of ['oidc.providers', 'oidc.mcpServers'])
      assert.equal(contributes.configuration.properties[name]?.scope, 'application', name);
  });
});
