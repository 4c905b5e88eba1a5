import { readFile, writeFile } from 'node:fs/promises';
import JSZip from 'jszip';
import { textKey } from '../../../src/platform/shown.ts';

/** The time of each entry: the first that a ZIP archive can tell. */
const date = new Date(Date.UTC(1980, 0, 1));

/** The texts of the code in another language. */
const translation = /\/l10n\/bundle\.l10n\..+\.json$/;

/** A translation without the texts that it translates, which stand in the code: see {@link textKey}. */
function byKey(contents: Uint8Array): string {
  const texts = JSON.parse(new TextDecoder().decode(contents)) as Record<string, string>;
  const keyed = new Map(Object.entries(texts).map(([words, text]) => [textKey(words), text]));
  if (keyed.size < Object.keys(texts).length) throw new Error('Two texts have the same key.');
  return JSON.stringify(Object.fromEntries(keyed));
}

/** JSON without the white space for those who edit it. */
const compact = (contents: Uint8Array): string =>
  JSON.stringify(JSON.parse(new TextDecoder().decode(contents)));

/**
 * Packs an archive anew so that its bytes depend on nothing but the names and contents of its files: not on when, where,
 * by whom and on which system it was made. Compresses in JavaScript: the compressor of Node differs from one processor
 * to the next.
 */
export async function repack(path: string): Promise<void> {
  const { files } = await JSZip.loadAsync(await readFile(path));
  const archive = new JSZip();
  for (const name of Object.keys(files).sort()) {
    const contents = await files[name]?.async('uint8array');
    if (!contents || name.endsWith('/')) continue;
    const packed = translation.test(name)
      ? byKey(contents)
      : name.endsWith('.json')
        ? compact(contents)
        : contents;
    archive.file(name, packed, { date, createFolders: false });
  }
  const compressed = { compression: 'DEFLATE', compressionOptions: { level: 9 }, platform: 'DOS' } as const;
  await writeFile(path, await archive.generateAsync({ type: 'uint8array', ...compressed }));
}
