/**
 * The texts of the manifest that people see stand in `package.nls.json`, and in the manifest their keys (`%key%`),
 * so that the editor shows them in its language. Whoever writes the manifest writes a plain text; `npm run generate`
 * moves it.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Texts = Readonly<Record<string, string>>;

/** Where people see a text: the names on the way there; `*` is any name or element, `**` any number of them. */
const shown = [
  'displayName',
  'description',
  'capabilities * description',
  'contributes authentication * label',
  'contributes commands * title',
  'contributes configuration title',
  'contributes configuration properties ** markdownDescription',
  'contributes configuration properties ** markdownEnumDescriptions *',
  'contributes configuration properties ** defaultSnippets * label',
  'contributes mcpServerDefinitionProviders * label',
  'contributes viewsContainers * * title',
  'contributes views * * name',
  'contributes views * * contextualTitle',
  'contributes viewsWelcome * contents',
  'contributes walkthroughs * title',
  'contributes walkthroughs * description',
  'contributes walkthroughs * steps * title',
  'contributes walkthroughs * steps * description',
  'contributes walkthroughs * steps * media altText',
].map(pattern => pattern.split(' '));

function matches(path: readonly string[], pattern: readonly string[]): boolean {
  const [name, ...rest] = pattern;
  if (name === undefined) return path.length === 0;
  if (name === '**') return path.some((_, at) => matches(path.slice(at), rest));
  return path.length > 0 && (name === '*' || name === path[0]) && matches(path.slice(1), rest);
}

/** Names that say nothing beside those around them. */
const silent = new Set(['contributes', 'configuration', 'properties', 'markdownDescription']);
/** What a schema says of all values that have no name in it. */
const renamed: Texts = { additionalProperties: 'each', items: 'each' };

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an element of a list is called: its own name if it has one, else its place. */
function nameOf(element: Json, at: number): string {
  if (!isObject(element)) return String(at);
  const name = element['command'] ?? element['id'] ?? element['view'];
  return typeof name === 'string' ? name : String(at);
}

/**
 * @param texts where the texts of keys come from that the manifest has already.
 * @returns the manifest with keys in place of texts, and the text of each key.
 */
export function takeTexts(manifest: Json, texts: Texts): { manifest: Json; texts: Texts } {
  const taken = new Map<string, string>();

  function take(value: Json, path: readonly string[]): Json {
    if (typeof value === 'string') {
      if (!shown.some(pattern => matches(path, pattern))) return value;
      const written = /^%(.+)%$/.exec(value)?.[1];
      const text = written === undefined ? value : texts[written];
      if (text === undefined) throw new Error(`${value} is not in package.nls.json`);
      const names = path.filter(name => !silent.has(name)).map(name => renamed[name] ?? name);
      const key = names.join('.');
      if (taken.has(key)) throw new Error(`Two texts of the manifest would have the key ${key}`);
      taken.set(key, text);
      return `%${key}%`;
    }
    if (Array.isArray(value)) {
      const elements = value as readonly Json[];
      return elements.map((element, at) => take(element, [...path, nameOf(element, at)]));
    }
    if (isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, member]) => [name, take(member, [...path, name])]),
      );
    }
    return value;
  }

  return { manifest: take(manifest, []), texts: Object.fromEntries(taken) };
}

/** The manifest as the editor shows it: with the text of each key in its place. */
export function withTexts(manifest: Json, texts: Texts): Json {
  if (typeof manifest === 'string') {
    const key = /^%(.+)%$/.exec(manifest)?.[1];
    return (key === undefined ? undefined : texts[key]) ?? manifest;
  }
  if (Array.isArray(manifest)) {
    return (manifest as readonly Json[]).map(element => withTexts(element, texts));
  }
  if (!isObject(manifest)) return manifest;
  return Object.fromEntries(
    Object.entries(manifest).map(([name, member]) => [name, withTexts(member, texts)]),
  );
}
