import assert from 'node:assert/strict';
import fc from 'fast-check';
import ts from 'typescript';
import { setInText } from '../../../src/providers/settings/settingsText.ts';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
interface Layout {
  readonly end: '\n' | '\r\n' | '\r';
  readonly unit: string;
  readonly oneLine: boolean;
  readonly trailingComma: boolean;
  readonly bom: boolean;
}
const setting = 'oidc.providers';

/** Reads JSON with comments by other code than ours. */
function read(text: string): Json {
  const { config, error } = ts.parseConfigFileTextToJson('settings.json', text) as {
    config?: Json;
    error?: unknown;
  };
  assert.equal(error, undefined, text);
  return config ?? null;
}

const tricky = fc.constantFrom(
  '',
  'a',
  '// no comment',
  '/* nor this',
  '*/',
  ',}',
  '\\"',
  '"',
  '{',
  '\u2028',
  'ä',
);
const name = fc.constantFrom('oidc', 'b', 'x-y', 'a.b', '// name', '__proto');
const scalar = fc.oneof(tricky, fc.integer(), fc.boolean(), fc.constant(null));
const entry = fc.dictionary(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), {
  maxKeys: 3,
  noNullPrototype: true,
});
const layout: fc.Arbitrary<Layout> = fc.record({
  end: fc.constantFrom('\n', '\r\n', '\r'),
  unit: fc.constantFrom('  ', '\t', '    '),
  oneLine: fc.boolean(),
  trailingComma: fc.boolean(),
  bom: fc.boolean(),
});

/** A settings file as somebody writes it, with a comment in every place where `comments` has one. */
function fileOf(
  entries: Record<string, Json>,
  { end, unit, oneLine, trailingComma, bom }: Layout,
  comments: readonly boolean[],
): string {
  let places = 0;
  let written = 0;
  const comment = (onOneLine: boolean, depth = 1): string => {
    if (!comments[places++ % comments.length]) return '';
    const id = `c${written++}${depth > 2 ? ' of an entry' : ''}.`;
    return onOneLine || written % 2 ? `/* ${id} "}*, */` : `// ${id} "},{${end}`;
  };
  const object = (members: Record<string, Json>, depth: number): string => {
    const flat = oneLine && depth > 1;
    const line = (at: number): string => (flat ? ' ' : end + unit.repeat(at));
    const all = Object.entries(members);
    const texts = all.map(([key, value], at) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      const text = isObject ? object(value, depth + 1) : JSON.stringify(value);
      const comma = at < all.length - 1 || trailingComma ? ',' : '';
      return `${line(depth)}${comment(flat, depth)}${JSON.stringify(key)}: ${text}${comment(flat, depth)}${comma} ${comment(flat, depth)}`;
    });
    return `{${comment(flat, depth)}${texts.join('')}${line(depth - 1)}}`;
  };
  const whole = { 'window.title': '${x} // {', [setting]: entries, after: [{ a: 1 }] } as Record<
    string,
    Json
  >;
  return `${bom ? '\uFEFF' : ''}${comment(false)}${object(whole, 1)}${end}${comment(false)}`;
}

const isWithin = (small: string, large: string): boolean => {
  let at = 0;
  for (const each of large) if (each === small[at]) at++;
  return at === small.length;
};
const commentsOf = (text: string): string[] => text.match(/\bc\d+( of an entry)?\./g) ?? [];

describe('what is written into a settings file', () => {
  const file = fc
    .tuple(
      fc.dictionary(name, fc.oneof(entry, scalar), { maxKeys: 3, noNullPrototype: true }),
      layout,
      fc.array(fc.boolean(), { minLength: 1 }),
    )
    .map(([entries, how, comments]) => ({ entries, how, text: fileOf(entries, how, comments) }));

  it('adds an entry and leaves every character as it was', () => {
    fc.assert(
      fc.property(file, entry, ({ entries, how, text }, value) => {
        const now = setInText(text, [setting, 'new'], value);
        assert.ok(now !== undefined);
        const config = read(now) as Record<string, Json>;
        assert.deepEqual(config[setting], { ...entries, new: value });
        assert.ok(isWithin(text, now), now);
        if (how.end === '\r\n') assert.doesNotMatch(now, /(?<!\r)\n/);
      }),
    );
  });

  it('changes or removes a field, and leaves the comments and the rest', () => {
    fc.assert(
      fc.property(file, fc.nat(), fc.option(scalar, { nil: undefined }), ({ entries, text }, at, value) => {
        const paths = Object.entries(entries).flatMap(([id, fields]) =>
          typeof fields === 'object' && fields !== null ? Object.keys(fields).map(field => [id, field]) : [],
        );
        const [id = '', field = ''] = paths[at % (paths.length || 1)] ?? [];
        fc.pre(field !== '');
        const now = setInText(text, [setting, id, field], value);
        assert.ok(now !== undefined);
        const { [field]: _, ...others } = entries[id] as Record<string, Json>;
        const expected = value === undefined ? others : { ...others, [field]: value };
        assert.deepEqual(read(now), { ...(read(text) as object), [setting]: { ...entries, [id]: expected } });
        assert.deepEqual(commentsOf(now), commentsOf(text));
        if (value === undefined) assert.ok(isWithin(now, text), now);
      }),
    );
  });

  it('removes an entry, and leaves the comments around it', () => {
    fc.assert(
      fc.property(file, fc.nat(), ({ entries, text }, at) => {
        const ids = Object.keys(entries);
        fc.pre(ids.length > 0);
        const id = ids[at % ids.length] ?? '';
        const now = setInText(text, [setting, id], undefined);
        assert.ok(now !== undefined);
        const { [id]: _, ...others } = entries;
        assert.deepEqual((read(now) as Record<string, Json>)[setting], others);
        assert.ok(isWithin(now, text), now);
        // Only the comments within the entry go with it.
        const outer = (of: string): string[] => commentsOf(of).filter(each => !each.includes('entry'));
        assert.deepEqual(outer(now), outer(text));
      }),
    );
  });

  it('is nothing if the text can’t be read, as the editor judges it', () => {
    const broken = fc
      .tuple(file, fc.nat(), fc.constantFrom('', ',', '"', '}', '{', '/*', '/', '\\', ':'))
      .map(([{ text }, at, put]) => {
        const place = at % text.length;
        return text.slice(0, place) + put + text.slice(place + (put === '' ? 1 : 0));
      });
    fc.assert(
      fc.property(broken, text => {
        let now: string | undefined;
        try {
          now = setInText(text, [setting, 'new'], 1);
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
          return;
        }
        if (now === undefined) return;
        const { new: added } = (read(now) as Record<string, Record<string, Json>>)[setting] ?? {};
        assert.equal(added, 1, now);
        assert.ok(isWithin(text, now));
      }),
      { numRuns: 500 },
    );
  });

  it('is left to the editor if the file has no such object', () => {
    for (const text of ['{}', '{ "oidc.providers": [] }', '{ "oidc": { "providers": {} } }', '[]', '1'])
      assert.equal(setInText(text, [setting, 'new'], {}), undefined, text);
    for (const text of ['', '// only', '{', '{,}', '{ "a": 1,, }', '{} /* open'])
      assert.throws(() => setInText(text, [setting, 'new'], {}), SyntaxError, text);
  });

  it('goes to the entry that counts if there are several of a name', () => {
    const text = '{"oidc.providers":{"a":1,"a":2},"oidc.providers":{"a":3,"b":4,"a":5}}';
    assert.equal(
      setInText(text, [setting, 'a'], 6),
      '{"oidc.providers":{"a":1,"a":2},"oidc.providers":{"a":3,"b":4,"a":6}}',
    );
    assert.equal(
      setInText(text, [setting, 'a'], undefined),
      '{"oidc.providers":{"a":1,"a":2},"oidc.providers":{"b":4}}',
    );
  });

  it('has the layout that is there', () => {
    const text = [
      '// mine',
      '{',
      '    "oidc.providers": {',
      '        // for work',
      '        "a": { "issuer": "https://a.example" }, // since May',
      '        // the end',
      '    }, // behind',
      '}',
      '',
    ].join('\r\n');
    const now = setInText(text, [setting, 'b'], { issuer: 'https://b.example' });
    const added = ['        "b": {', '            "issuer": "https://b.example"', '        },', ''].join(
      '\r\n',
    );
    assert.equal(now, text.replace('    }, // behind', `${added}    }, // behind`));
    assert.equal(setInText(now ?? '', [setting, 'b'], undefined), text);
  });
});
