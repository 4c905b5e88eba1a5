import assert from 'node:assert/strict';
import { memoryOf } from '../../standIns/memento.ts';
import { readFile } from 'node:fs/promises';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { contributedProviders } from '../../../src/providers/entries/contributed.ts';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { issuer } from './entries.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { createProblemReporter } = await import('../../../src/ui/problems/reporter.ts');
const { createRepeating } = await import('../../../src/ui/problems/repeating.ts');
const { createRangeReporter, readSignInSettings } = await import('../../../src/ui/signIn/signInSettings.ts');

interface Schema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  contributes: { configuration: { properties: Record<string, Schema> } };
};
const settings = manifest.contributes.configuration.properties;

/** Each number of a schema, with the path that leads to it. */
function* numbersOf(schema: Schema, path: readonly string[] = []): Generator<[readonly string[], Schema]> {
  if (schema.type === 'number' || schema.type === 'integer') yield [path, schema];
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    yield* numbersOf(member, [...path, name]);
  if (schema.items) yield* numbersOf(schema.items, [...path, '0']);
  for (const option of schema.anyOf ?? []) yield* numbersOf(option, path);
}

/** Values that are out of range, or between two that are allowed, and what each of them counts as. */
const outside = ({ type, minimum, maximum }: Schema): [value: number, used: number][] => [
  ...(minimum === undefined
    ? []
    : ([
        [minimum - 1, minimum],
        [minimum - 1000, minimum],
      ] as [number, number][])),
  ...(maximum === undefined
    ? []
    : ([
        [maximum + 1, maximum],
        [1e12, maximum],
      ] as [number, number][])),
  ...(type === 'integer' ? ([[(minimum ?? 0) + 2.4, (minimum ?? 0) + 2]] as [number, number][]) : []),
];

const entry = settings['oidc.providers']?.additionalProperties;
assert.ok(entry);
const inEntries = [...numbersOf(entry)];

const entryWith = (path: readonly string[], value: number): Record<string, unknown> => {
  const [first = '', ...rest] = path;
  const inner = rest[0] === '0' ? [value] : value;
  return { issuer, [first]: rest.length > 0 && rest[0] !== '0' ? entryInside(rest, value) : inner };
};
const entryInside = ([name = '', ...rest]: readonly string[], value: number): object => ({
  [name]: rest[0] === '0' ? [value] : rest.length > 0 ? entryInside(rest, value) : value,
});

describe('a number in the settings that is out of range', () => {
  it('is tried for every number that there is', () => {
    assert.deepEqual(inEntries.map(([path]) => path.join('.')).sort(), [
      'assumedTokenLifetime',
      'maxAge',
      'redirect.loopbackPorts.0',
      'requestTimeout',
      'rotationGrace',
    ]);
  });

  for (const [path, schema] of inEntries) {
    const name = path.join('.');
    for (const [value, used] of outside(schema)) {
      if (path.includes('0')) {
        it(`is refused in a list, where each is chosen for itself: ${name} ${value}`, () => {
          assert.equal(parseDefinition('company', entryWith(path, value)).ok, false);
        });
        continue;
      }
      it(`is the nearest one, and said: ${name} ${value}`, () => {
        const parsed = parseDefinition('company', entryWith(path, value));
        assert.ok(parsed.ok);
        assert.equal(parsed.provider[path[0] as 'maxAge'], used);
        const [problem, ...more] = parsed.adjusted;
        assert.deepEqual([problem?.field, more], [name, []]);
        assert.match(problem?.reason ?? '', new RegExp(`^must .*, so ${used} is used$`));
        const within = parseDefinition('company', entryWith(path, used));
        assert.deepEqual(within.ok && [within.adjusted, within.provider.terms], [[], parsed.provider.terms]);
      });
    }
  }

  it('keeps what else is wrong from nobody', () => {
    const parsed = parseDefinition('company', { issuer, rotationGrace: 601, colour: 'red' });
    assert.deepEqual(!parsed.ok && parsed.problems.map(({ field }) => field), ['colour']);
  });

  it('is told of in the words of its place: the settings, or the manifest of an extension', async () => {
    editor.warnings = [];
    const show = createProblemReporter('oidc.providers', createRepeating(memoryOf()));
    const manifestOf = { contributes: { oidcProviders: { company: { issuer, rotationGrace: 601 } } } };
    const own = parseProviders({ staff: { issuer, maxAge: -1 } });
    const contributed = contributedProviders([{ id: 'a.b', manifest: manifestOf }]);
    assert.deepEqual([own.providers.length, contributed.providers.length], [1, 1]);
    show([...own.problems, ...contributed.problems]);
    await new Promise(resolve => setImmediate(resolve));
    assert.match(editor.warnings[0]?.[0] ?? '', /staff → maxAge”: must not be negative, so 0 is used/);
    assert.match(editor.warnings[1]?.[0] ?? '', /a\.b adds .* out of range: .*so 600 is used/);
  });

  const overall = Object.entries(settings).filter(([, { type }]) => type === 'number' || type === 'integer');
  it('is tried for every number outside of the entries', () => assert.equal(overall.length, 3));
  for (const [name, schema] of overall)
    for (const [value, used] of outside(schema))
      it(`is the nearest one, and said once: ${name} ${value}`, async () => {
        editor.settings = { [name.replace('oidc.', '')]: value };
        editor.warnings = [];
        const report = createRangeReporter({
          warn(message) {
            editor.warnings.push([message]);
            return Promise.resolve(undefined);
          },
          isSilenced: () => false,
          silence: () => assert.fail('nobody presses a button'),
        });
        const { timeouts, outOfRange } = readSignInSettings();
        assert.ok(Object.values(timeouts).includes(used), JSON.stringify(timeouts));
        assert.deepEqual(outOfRange, [{ setting: name, least: schema.minimum, most: schema.maximum, used }]);
        await report();
        await report();
        assert.equal(editor.warnings.length, 1);
        assert.match(editor.warnings[0]?.[0] ?? '', new RegExp(`${name} .*so ${used} is used`));
        editor.settings = { [name.replace('oidc.', '')]: used };
        assert.deepEqual(readSignInSettings().outOfRange, []);
      });
});
