import { readFile, writeFile } from 'node:fs/promises';
import JSZip from 'jszip';

/** The time of each entry: the first that a ZIP archive can tell. */
const date = new Date(Date.UTC(1980, 0, 1));

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
    if (contents && !name.endsWith('/')) archive.file(name, contents, { date, createFolders: false });
  }
  const compressed = { compression: 'DEFLATE', compressionOptions: { level: 9 }, platform: 'DOS' } as const;
  await writeFile(path, await archive.generateAsync({ type: 'uint8array', ...compressed }));
}
