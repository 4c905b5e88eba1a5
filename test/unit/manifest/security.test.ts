import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { freeFields } from '../../../src/providers/entries/terms.ts';

const repository = new URL('../../../', import.meta.url);

/** The cells of each row of a table, by the words that its first cell of the head has. */
const tableOf = (text: string, head: string): string[][] => {
  const lines = text.split('\n');
  const start = lines.findIndex(line => line.startsWith(`| ${head} `));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map(line =>
    line
      .slice(1, -1)
      .split(' | ')
      .map(cell => cell.trim()),
  );
};

describe('the promises of SECURITY.md', () => {
  let promises: { row: string; promise: string; file: string; title: string }[];
  let attacks: string[];
  before(async () => {
    const text = await readFile(new URL('SECURITY.md', repository), 'utf8');
    promises = tableOf(text, 'row above').map(([row = '', promise = '', test = '']) => {
      const [, name, file = '', title = ''] = /^\[([^\]]+)\]\(([^)]+)\): “(.+)”$/.exec(test) ?? [];
      assert.ok(name !== undefined && file.endsWith(`/${name}`), `${promise}: ${test}`);
      return { row, promise, file, title };
    });
    attacks = tableOf(text, 'who').map(cells => cells[1] ?? '');
  });

  it('name tests that there are, with these titles', async () => {
    assert.ok(promises.length > 40);
    for (const { promise, file, title } of promises) {
      assert.match(file, /^test\/[\w/.]+\.ts$/, promise);
      const test = await readFile(new URL(file, repository), 'utf8');
      assert.ok(test.includes(title), `${file} holds nothing called “${title}”`);
    }
  });

  it('are held for each attack, and for nothing that is not promised', () => {
    assert.ok(attacks.length > 20);
    const held = new Set(promises.map(({ row }) => row));
    assert.deepEqual(
      attacks.filter(attack => !held.has(attack)),
      [],
      'an attack without a test',
    );
    assert.deepEqual(
      [...held].filter(row => row !== 'what is protected' && !attacks.includes(row)),
      [],
      'a test without an attack',
    );
  });

  it('name every setting whose change is not asked about, and no other', async () => {
    const text = await readFile(new URL('SECURITY.md', repository), 'utf8');
    const listed = /less of it happens: ([^.]+(?:\.label[^.]+)?)\. /.exec(text)?.[1] ?? '';
    const named = [...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    // The ID is what the answer is kept by; whether scopes are set is no setting of its own.
    const own = freeFields.filter(field => field !== 'id' && field !== 'scopesAreSet');
    assert.deepEqual(
      named.toSorted(),
      own.map(field => (field === 'labelClaims' ? 'account.label' : field)).toSorted(),
    );
  });

  it('about workspaces hold for every setting that says where a token goes', async () => {
    const { contributes } = JSON.parse(await readFile(new URL('package.json', repository), 'utf8')) as {
      contributes: { configuration: { properties: Record<string, { scope?: string }> } };
    };
    for (const name of ['oidc.providers', 'oidc.mcpServers'])
      assert.equal(contributes.configuration.properties[name]?.scope, 'application', name);
  });
});
