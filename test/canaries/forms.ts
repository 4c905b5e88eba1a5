/** The shortest part of a secret that is looked for, in characters: shorter ones occur by chance. */
export const shortestPart = 16;

/** A spelling in which a secret, or half of one, can turn up in a text. */
export interface Form {
  readonly name: string;
  readonly text: string;
}

/** Every spelling of a secret that is looked for: whole and in halves, each plain and encoded. */
export function formsOf(secret: string): Form[] {
  const half = Math.ceil(secret.length / 2);
  const parts = [
    { of: '', part: secret },
    { of: 'first half, ', part: secret.slice(0, half) },
    { of: 'second half, ', part: secret.slice(half) },
  ].filter(({ part }) => part.length >= shortestPart);
  const forms = parts.flatMap(({ of, part }) =>
    encodingsOf(part).map(form => ({ ...form, name: `${of}${form.name}` })),
  );
  // Most secrets look the same in several encodings; the first name is the plainest.
  return [...new Map(forms.reverse().map(form => [form.text, form])).values()].reverse();
}

function encodingsOf(part: string): Form[] {
  const bytes = Buffer.from(part);
  const url = encodeURIComponent(part);
  return [
    { name: 'plain', text: part },
    { name: 'URL-encoded', text: url },
    { name: 'URL-encoded twice', text: encodeURIComponent(url) },
    { name: 'form-encoded', text: new URLSearchParams({ a: part }).toString().slice(2) },
    { name: 'JSON-escaped', text: JSON.stringify(part).slice(1, -1) },
    { name: 'JSON-escaped twice', text: JSON.stringify(JSON.stringify(part)).slice(3, -3) },
    { name: 'hexadecimal', text: bytes.toString('hex') },
    ...(['base64', 'base64url'] as const).flatMap(encoding =>
      [0, 1, 2].map(offset => ({ name: encoding, text: withinEncoded(bytes, offset, encoding) })),
    ),
  ];
}

/**
 * What bytes look like inside of something longer that is base64: it depends on how many bytes come before
 * them, modulo three. Characters that also depend on the neighbours are left out.
 */
function withinEncoded(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((whole.length * 8) / 6);
  return whole.toString(encoding).slice(first, last);
}
