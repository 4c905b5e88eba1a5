import { globSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';

const sources = join(import.meta.dirname, '..', '..', 'src');

/**
 * How one file needs another, strongest first: `value` is loaded with it, `later` when it is first needed
 * (`import()`), of `type` nothing is loaded.
 */
const kinds = ['value', 'later', 'type'] as const;
export type ImportKind = (typeof kinds)[number];

export interface Import {
  /** Paths below `src`, with slashes. */
  readonly from: string;
  readonly to: string;
  readonly kind: ImportKind;
}

/** All imports among the files of `src`, from their text. */
export function importsOfSources(): Import[] {
  const files = globSync('**/*.ts', { cwd: sources }).map(file => file.split(sep).join('/'));
  return files.sort().flatMap(from => importsOf(from, readFileSync(join(sources, from), 'utf8')));
}

/** The imports of one file from others of `src`. */
export function importsOf(from: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: ImportKind): void => {
    if (specifier && ts.isStringLiteral(specifier) && specifier.text.startsWith('.'))
      found.push({ from, to: posix.join(posix.dirname(from), specifier.text), kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsOnlyTypes(node) ? 'type' : 'value');
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], 'later');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest));
  return found;
}

function importsOnlyTypes({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

/** Of each room, those that it needs, with the strongest kind of import. */
export type Graph = ReadonlyMap<string, ReadonlyMap<string, ImportKind>>;

/**
 * The imports as arrows between the rooms of a folder: its folders, and the files that lie in it.
 *
 * @param folder below `src`, with a slash at its end; empty: `src` itself.
 */
export function graphOf(imports: readonly Import[], folder: string): Graph {
  const graph = new Map<string, Map<string, ImportKind>>();
  const roomOf = (path: string): string | undefined => {
    if (!path.startsWith(folder)) return undefined;
    const [room = '', ...below] = path.slice(folder.length).split('/');
    return below.length > 0 ? `${room}/` : room;
  };
  for (const { from, to, kind } of imports) {
    const [room, other] = [roomOf(from), roomOf(to)];
    for (const each of [room, other]) if (each !== undefined && !graph.has(each)) graph.set(each, new Map());
    if (room === undefined || other === undefined || room === other) continue;
    const known = graph.get(room)?.get(other);
    if (known === undefined || kinds.indexOf(kind) < kinds.indexOf(known)) graph.get(room)?.set(other, kind);
  }
  return graph;
}

/**
 * The graph without the arrows that follow from others: if a room needs another one by way of a third, that says
 * nothing new. What is loaded follows only from what is loaded. In a circle no arrow follows from the others.
 */
export function reduced(graph: Graph): Graph {
  const any = reachability(graph);
  const loaded = reachability(
    new Map(
      [...graph].map(([from, needs]) => [from, new Map([...needs].filter(([, kind]) => kind === 'value'))]),
    ),
  );
  const inCircle = (a: string, b: string): boolean => any(a, b) && any(b, a);
  const follows = (from: string, to: string, kind: ImportKind): boolean => {
    const reaches = kind === 'value' ? loaded : any;
    const isBetween = (room: string): boolean =>
      room !== from && room !== to && !inCircle(from, room) && !inCircle(room, to);
    return [...graph.keys()].some(room => isBetween(room) && reaches(from, room) && reaches(room, to));
  };
  return new Map(
    [...graph].map(([from, needs]) => [
      from,
      new Map([...needs].filter(([to, kind]) => inCircle(from, to) || !follows(from, to, kind))),
    ]),
  );
}

/** Whether the arrows lead from one room to another. */
function reachability(graph: Graph): (from: string, to: string) => boolean {
  const found = new Map<string, Set<string>>();
  for (const start of graph.keys()) {
    const reached = new Set<string>(graph.get(start)?.keys());
    for (const room of reached) for (const next of graph.get(room)?.keys() ?? []) reached.add(next);
    found.set(start, reached);
  }
  return (from, to) => found.get(from)?.has(to) === true;
}

/** A picture of a graph: solid arrows for what is loaded with a room, dotted ones for the rest. */
export function mermaidOf(graph: Graph): string {
  const rooms = [...graph.keys()].sort();
  const idOf = (room: string): string => room.replace(/\W/g, '_');
  const lines = rooms.map(room => `  ${idOf(room)}["${room}"]`);
  for (const room of rooms)
    for (const [other, kind] of [...(graph.get(room) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
      lines.push(`  ${idOf(room)} ${kind === 'value' ? '-->' : '-.->'} ${idOf(other)}`);
  return ['flowchart TB', ...lines].join('\n');
}
