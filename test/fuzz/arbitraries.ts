import fc from 'fast-check';

export type Json = Record<string, unknown>;

/**
 * Text on which a reader that begins anew at each place works far too long: one piece, over and over, and an end that
 * does not fit. Long enough for work that grows with the square of it to be more than any input is worth.
 */
const repeatedText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      ...[
        ' ',
        '\t',
        '\n',
        '/',
        '=',
        '-',
        '_',
        '.',
        ',',
        ':',
        '"',
        "'",
        '“',
        '\\',
        '<',
        '(',
        '[',
        '{',
        '%',
        '0',
        'a',
      ],
      ...[
        '-ey',
        '.ey',
        '.a',
        '@a',
        ' (',
        '](',
        '] ',
        '<a ',
        '\\"',
        '"a" ',
        ', a="',
        'a=b ',
        '%2e',
        '../',
        '&code=',
      ],
      ...['Bearer ', '-----BEGIN A-----', '-----', '\u200b', '{0}'],
    ),
    fc.constantFrom('', '\0', ' ', '!', '"', ')'),
  )
  .map(([piece, end]) => piece.repeat(150_000 / piece.length) + end);

/** Text with everything that has ever broken a parser or a message. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.string(), weight: 4 },
  { arbitrary: fc.string({ unit: 'binary' }), weight: 4 },
  { arbitrary: repeatedText, weight: 1 },
  {
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      '\r\nX: y',
      '\u202egnp.exe',
      '\u2028',
      '\ufeff',
      '\ud800',
      '[a](command:workbench.action.quit)',
      '[a] (https://evil.example)',
      ']\u200b(',
      '“”',
      '__proto__',
      'constructor',
      'null',
      '-1',
      '1e999',
      'javascript:alert(1)',
      'https://user:password@host/#x',
      'https://[::1',
      'https://%',
      '%ff%00',
      'x'.repeat(5000),
    ),
    weight: 4,
  },
);

/** A value as JSON can hold it, plain and absurd ones alike. */
export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null], ['']),
  fc.nat({ max: 3000 }).map(nested),
);

/** Arrays in each other, so many levels deep. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** A right document with some members replaced, removed or added. */
export const changed = (right: Json): fc.Arbitrary<Json> =>
  fc
    .array(
      fc.record({
        name: fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom(...Object.keys(right)) },
          { weight: 1, arbitrary: nastyText },
        ),
        value: fc.oneof(
          { weight: 1, arbitrary: fc.constant(undefined) },
          { weight: 6, arbitrary: nastyValue },
        ),
      }),
      { maxLength: 4 },
    )
    .map(changes => {
      const entries = new Map(Object.entries(right));
      for (const { name, value } of changes) {
        if (value === undefined) entries.delete(name);
        else entries.set(name, value);
      }
      return Object.fromEntries(entries);
    });

/** A text with pieces cut out, doubled, or replaced. */
export const damaged = (right: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      right,
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat({ max: 40 }),
          put: nastyText,
        }),
        {
          maxLength: 3,
        },
      ),
    )
    .map(([text, changes]) =>
      changes.reduce((whole, { at, cut, put }) => {
        const start = Math.floor(at * whole.length);
        return whole.slice(0, start) + put + whole.slice(start + cut);
      }, text),
    );

/** JSON of a changed document, now and then damaged as text. */
export const changedText = (right: Json): fc.Arbitrary<string> => {
  const text = changed(right).map(value => JSON.stringify(value));
  return fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: damaged(text) });
};
