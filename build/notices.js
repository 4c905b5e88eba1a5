import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';

const repository = join(import.meta.dirname, '..');

/** Writes which packages are part of an extension, as a software bill of materials. */
export const billOfMaterials = name =>
  cyclonedxEsbuildPlugin({
    outputFile: join(repository, 'dist', `${name}.cdx.json`),
    outputReproducible: true,
    validate: true,
  });

/** The licenses of all packages that are part of a bundle: they ask to be passed on with it. */
async function writeNotices({ inputs }, extension, outfile) {
  const folders = Object.keys(inputs).flatMap(
    input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [],
  );
  const ours = await readFile(join(repository, 'LICENSE'), 'utf8');
  const notices = [...new Set(folders)].sort().map(async folder => {
    const file = name => readFile(join(repository, extension, folder, name), 'utf8');
    const { name, version, license, author } = JSON.parse(await file('package.json'));
    const holder = author?.name ?? author ?? `the authors of ${name}`;
    const enclosed = (await readdir(join(repository, extension, folder))).find(entry =>
      /^licen[cs]e/i.test(entry),
    );
    if (!enclosed && license !== 'MIT') throw new Error(`${name} has no license to pass on`);
    // A package that names the license without enclosing it: ours, with its author.
    const text = enclosed ? await file(enclosed) : ours.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`);
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  const all = ['This package contains the following packages.\n', ...(await Promise.all(notices))];
  await writeFile(outfile, all.join(`\n${'-'.repeat(80)}\n\n`));
}

/** Writes the licenses into a file, by default in the `dist/` of an extension, by its folder in the repository. */
export const notices = (
  extension,
  outfile = join(repository, extension, 'dist', 'THIRD-PARTY-NOTICES.txt'),
) => ({
  name: 'notices',
  setup: ({ onEnd }) =>
    onEnd(async ({ metafile, errors }) => {
      if (errors.length === 0) await writeNotices(metafile, extension, outfile);
    }),
});
