import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

const repository = join(import.meta.dirname, '..');
const sources = join(repository, 'src');

/** What takes a description of a setting, as its first argument. */
const describing =
  /^(?:v\.description|text|flag|seconds|parameters|matching|path|oneOf|listOf|someOf|group|page|endpoint|names)$/;

/**
 * The schema of the settings without what it says about each: the settings editor has that from the manifest, and
 * every window would load it for nothing.
 */
export const withoutDescriptions = {
  name: 'without descriptions',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](?:providers|mcp)[\\/](?:\w+[\\/])*\w+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      const found = [];
      const visit = node => {
        if (ts.isCallExpression(node) && describing.test(node.expression.getText(source))) {
          const [description] = node.arguments;
          if (description && ts.isStringLiteralLike(description)) found.push(description);
        }
        ts.forEachChild(node, visit);
      };
      visit(source);
      const contents = found.reduceRight(
        (rest, literal) => `${rest.slice(0, literal.getStart(source))}''${rest.slice(literal.end)}`,
        text,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * The API of the editor, each name of which is taken from the one object that it gives us: `import * as vscode` in
 * CommonJS would copy that object, once for each file that says so.
 */
export const editorApi = {
  name: 'editor API',
  setup({ onResolve, onLoad }) {
    // The bill of materials knows no file without a place, and this one belongs to no package but ours.
    const path = join(repository, 'package.json');
    onResolve({ filter: /^vscode$/ }, ({ importer }) =>
      importer === path ? { path: 'vscode', external: true } : { path },
    );
    onLoad({ filter: /[\\/]package\.json$/ }, async () => {
      const files = (await readdir(sources, { recursive: true })).filter(file => file.endsWith('.ts'));
      const texts = await Promise.all(files.map(file => readFile(join(sources, file), 'utf8')));
      const used = texts.flatMap(text => Array.from(text.matchAll(/\bvscode\.(\w+)/g), ([, name]) => name));
      return { contents: `export { ${[...new Set(used)].sort()} } from 'vscode';`, loader: 'js' };
    });
  },
};
