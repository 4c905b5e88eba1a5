/**
 * `npm run package:client`: makes the client helpers in `src/client` into a package of their own,
 * `dist/oidc-authentication-client-<version>.tgz`. In it, `oidcClient.ts` is all of their source in one file, for
 * extensions that would rather copy than depend; the JavaScript and the types of the package are made of that file. The
 * identity provider to test with becomes a package beside it (provider/providerPackage.ts).
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { transform } from 'esbuild';
import ts from 'typescript';
import { isProgram } from '../../servers/listening.ts';
import { ourManifest, pack } from './packing.ts';
import { packageProvider } from '../provider/providerPackage.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const source = join(repository, 'src', 'client');
const template = import.meta.dirname;

/** The file of the package that can be copied. */
export const singleFile = 'oidcClient.ts';

interface Module {
  readonly file: ts.SourceFile;
  /** Paths of the modules that it imports or exports. */
  readonly needs: readonly string[];
}

async function readModule(path: string): Promise<Module> {
  const text = await readFile(path, 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const named = file.statements.flatMap(statement =>
    (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) && statement.moduleSpecifier
      ? [(statement.moduleSpecifier as ts.StringLiteral).text]
      : [],
  );
  const others = named.filter(name => name !== 'vscode');
  const foreign = others.find(
    name => !/^\.\.?\//.test(name) || !join(dirname(path), name).startsWith(source),
  );
  if (foreign !== undefined) throw new Error(`${relative(repository, path)} must not need ${foreign}`);
  return { file, needs: others.map(name => join(dirname(path), name)) };
}

/** All modules, each behind those that it needs. */
async function modulesBehind(path: string, found = new Map<string, Module>()): Promise<Map<string, Module>> {
  const module = await readModule(path);
  for (const need of module.needs) if (!found.has(need)) await modulesBehind(need, found);
  // What two need of each other only as types may come in either order.
  if (!found.has(path)) found.set(path, module);
  return found;
}

/** The names that the entry exports. */
const exportedBy = ({ file }: Module): Set<string> =>
  new Set(
    file.statements.flatMap(statement =>
      ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map(({ name }) => name.text)
        : [],
    ),
  );

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? name.text : [],
    );
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

/** The helpers as one module that exports what their entry exports. */
export async function clientSource(version: string): Promise<string> {
  const entry = join(source, 'index.ts');
  const modules = await modulesBehind(entry);
  const main = modules.get(entry);
  if (!main) throw new Error('The client helpers have no entry.');
  const wanted = exportedBy(main);
  const parts: string[] = [];
  for (const { file } of modules.values()) {
    for (const statement of file.statements) {
      if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) continue;
      const text = file.text.slice(statement.getFullStart(), statement.end).trim();
      const stays = namesOf(statement).some(name => wanted.has(name));
      parts.push(
        stays ? text : text.replace(/^(export )(?=(async )?(const|function|class|interface|type) )/m, ''),
      );
    }
  }
  const head = `/**
 * oidc-authentication-client ${version}: signed-in requests for extensions, on the editor's own API
 * (\`vscode.authentication\`) and nothing else. This one file is all of it; it needs nothing but \`vscode\`.
 *
 * SPDX-License-Identifier: MIT
 */`;
  return `${[head, "import * as vscode from 'vscode';", ...parts].join('\n\n')}\n`;
}

/** Compiles the one file, as strictly as an extension might, to JavaScript and types. */
function compile(path: string): void {
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts'],
    types: ['node', 'vscode'],
    typeRoots: [join(repository, 'node_modules', '@types')],
    strict: true,
    noUnusedLocals: true,
    skipLibCheck: true,
    declaration: true,
    newLine: ts.NewLineKind.LineFeed,
  });
  const { diagnostics } = program.emit();
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length > 0) {
    throw new Error(
      ts.formatDiagnostics(problems, {
        getCurrentDirectory: () => repository,
        getCanonicalFileName: name => name,
        getNewLine: () => '\n',
      }),
    );
  }
}

async function addCommonJs(folder: string, name: string): Promise<void> {
  const text = (file: string) => readFile(join(folder, file), 'utf8');
  const { code } = await transform(await text(`${name}.js`), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  await writeFile(join(folder, `${name}.cjs`), code);
  await writeFile(join(folder, `${name}.d.cts`), await text(`${name}.d.ts`));
}

/**
 * Builds and packs the package.
 *
 * @param folder where it is built, which is emptied first; the tarball goes beside it.
 * @returns the path of the tarball.
 */
export async function packageClient(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const single = join(folder, singleFile);
  await writeFile(single, await clientSource((await ourManifest()).version));
  for (const name of ['testing.ts', 'playwright.ts', 'checkApi.ts'])
    await copyFile(join(template, name), join(folder, name));
  for (const name of ['oidcClient', 'testing', 'playwright', 'checkApi']) compile(join(folder, `${name}.ts`));
  for (const name of ['oidcClient', 'testing', 'playwright']) await addCommonJs(folder, name);
  for (const name of ['testing.ts', 'playwright.ts', 'checkApi.ts', 'checkApi.d.ts'])
    await rm(join(folder, name));
  await copyFile(join(template, 'register.js'), join(folder, 'register.js'));
  return pack(template, folder, ({ engines: { vscode } }) => ({ engines: { vscode } }));
}

if (isProgram(import.meta.url)) {
  for (const [make, folder] of [
    [packageClient, 'client'],
    [packageProvider, 'provider'],
  ] as const) {
    console.log(relative(repository, await make(join(repository, 'dist', folder))));
  }
}
