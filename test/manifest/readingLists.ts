import ts from 'typescript';

/** One line of a reading list. */
export interface ReadingStep {
  /** Path from the root of the repository, with slashes. */
  readonly file: string;
  /** Dotted: the name of something in the file, then of something within that. */
  readonly symbol: string;
  /** The symbols of the steps to which it hands on. */
  readonly next: readonly {
    readonly symbol: string;
    /** Go to definition leads to an interface elsewhere, and from there go to implementation to the step. */
    readonly byImplementation: boolean;
  }[];
}

export interface ReadingList {
  readonly title: string;
  readonly mostFiles: number;
  readonly steps: readonly ReadingStep[];
}

/** The reading lists of a document: each a heading that ends with "(up to N files)", and a table below it. */
export function readingListsIn(document: string): ReadingList[] {
  return [...document.matchAll(/^### (.+) \(up to (\d+) files\)\n([\s\S]*?)(?=^#|$(?![\s\S]))/gm)].map(
    ([, title = '', most = '', text = '']) => ({
      title,
      mostFiles: Number(most),
      steps: [...text.matchAll(/^\| \[.+?\]\((\S+?)\) *\| `(.+?)` *\| (.*?) *\|/gm)].map(
        ([, file = '', symbol = '', next = '']) => ({
          file,
          symbol,
          next: [...next.matchAll(/`(.+?)`( \(implementation\))?/g)].map(([, name = '', way]) => ({
            symbol: name,
            byImplementation: way !== undefined,
          })),
        }),
      ),
    }),
  );
}

/** What keeps a reader from following a list by go to definition alone; nothing if it is right. */
export function problemsOf({ mostFiles, steps }: ReadingList, program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const declared = (step: ReadingStep): readonly ts.Node[] => {
    const source = program.getSourceFile(step.file);
    return source ? declarationsOf(step.symbol, source) : [];
  };
  const problems: string[] = [];
  const files = new Set(steps.map(({ file }) => file));
  if (files.size > mostFiles) problems.push(`${files.size} files, more than ${mostFiles}`);
  const reached = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const { symbol } = step;
    if (index > 0 && !reached.has(symbol)) problems.push(`${symbol}: no step before it hands on to it`);
    const bodies = declared(step);
    if (bodies.length === 0) problems.push(`${symbol} is not in ${step.file}`);
    for (const { symbol: name, byImplementation } of step.next) {
      reached.add(name);
      const next = steps.find(other => other.symbol === name);
      if (!next) problems.push(`${symbol} hands on to ${name}, which is no step`);
      const targets = next ? declared(next) : [];
      if (bodies.length === 0 || targets.length === 0) continue;
      const ways = bodies.flatMap(body => targets.flatMap(target => waysTo(target, body, checker)));
      const wanted = byImplementation ? 'implementation' : 'definition';
      if (ways.length === 0) problems.push(`${symbol} does not refer to ${name}`);
      else if (!ways.includes(wanted)) problems.push(`${symbol} leads to ${name} by no ${wanted}`);
    }
  }
  return problems;
}

/** What a dotted name may mean: something at the top of the file, then everything of the next name within that. */
function declarationsOf(symbol: string, source: ts.SourceFile): readonly ts.Node[] {
  const [top = '', ...names] = symbol.split('.');
  const atTop = source.statements.flatMap((node): readonly ts.Node[] =>
    ts.isVariableStatement(node) ? node.declarationList.declarations : [node],
  );
  return names.reduce<readonly ts.Node[]>(
    (nodes, name) => nodes.flatMap(node => namedWithin(node, name)),
    atTop.filter(node => nameOf(node) === top),
  );
}

function namedWithin(node: ts.Node, name: string): ts.Node[] {
  return childrenOf(node).flatMap(child => [
    ...(nameOf(child) === name ? [child] : []),
    ...namedWithin(child, name),
  ]);
}

/** What has a name by which a step can call it. */
const isNamed = (node: ts.Node): node is ts.NamedDeclaration =>
  [
    ts.isFunctionDeclaration,
    ts.isClassDeclaration,
    ts.isInterfaceDeclaration,
    ts.isVariableDeclaration,
    ts.isMethodDeclaration,
    ts.isMethodSignature,
    ts.isPropertyDeclaration,
    ts.isPropertySignature,
    ts.isPropertyAssignment,
    ts.isShorthandPropertyAssignment,
  ].some(isKind => isKind(node));

const nameOf = (node: ts.Node): string | undefined => (isNamed(node) ? node.name?.getText() : undefined);

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, child => void children.push(child));
  return children;
}

/** How go to definition, used somewhere in `from`, leads to a declaration. */
function waysTo(
  target: ts.Node,
  from: ts.Node,
  checker: ts.TypeChecker,
): ('definition' | 'implementation')[] {
  const promised = promisesOf(target, checker);
  const wayOf = (declaration: ts.Node): 'definition' | 'implementation' | undefined => {
    // A member of an interface beside what fulfils it is as good as that itself.
    const isBeside = declaration.getSourceFile() === target.getSourceFile();
    if (declaration === target || (promised.has(declaration) && isBeside)) return 'definition';
    return promised.has(declaration) ? 'implementation' : undefined;
  };
  const visit = (node: ts.Node): ts.Node[] => [
    ...(ts.isIdentifier(node) || ts.isPrivateIdentifier(node) ? definitionsOf(node, checker) : []),
    ...childrenOf(node).flatMap(visit),
  ];
  // Its own name leads nowhere.
  const inside = childrenOf(from).filter(child => !isNamed(from) || child !== from.name);
  return [...new Set(inside.flatMap(visit).map(wayOf))].filter(way => way !== undefined);
}

/** Where go to definition leads from a name. */
function definitionsOf(
  name: ts.Identifier | ts.PrivateIdentifier,
  checker: ts.TypeChecker,
): ts.Declaration[] {
  const { parent } = name;
  const real = (symbol: ts.Symbol | undefined): ts.Symbol | undefined =>
    symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const symbol = ts.isShorthandPropertyAssignment(parent)
    ? checker.getShorthandAssignmentValueSymbol(parent)
    : checker.getSymbolAtLocation(name);
  const declarations = real(symbol)?.declarations ?? [];
  // `const { name } = await import(…)`: from the pattern it leads to what is taken out.
  return declarations.flatMap(declaration => {
    if (!ts.isBindingElement(declaration)) return declaration;
    const property = (declaration.propertyName ?? declaration.name).getText();
    const taken = real(checker.getTypeAtLocation(declaration.parent).getProperty(property));
    return [declaration, ...(taken?.declarations ?? [])];
  });
}

/** The members of interfaces that a member of an object, or of a class, fulfils. */
function promisesOf(member: ts.Node, checker: ts.TypeChecker): Set<ts.Node> {
  const { parent } = member;
  const name = nameOf(member);
  if (name === undefined) return new Set();
  const types = ts.isObjectLiteralExpression(parent)
    ? [checker.getContextualType(parent)]
    : ts.isClassDeclaration(parent)
      ? (parent.heritageClauses ?? []).flatMap(({ types: named }) =>
          named.map(type => checker.getTypeAtLocation(type)),
        )
      : [];
  return new Set(types.flatMap(type => type?.getProperty(name)?.declarations ?? []));
}
