import ts from 'typescript';

/** Where the values of an expression can come from, as {@link Flow} follows it. */
type Followed = readonly ts.Expression[];

/** Calls whose result is made of what they are given, and of nothing else that is ours. */
const passing =
  /^(?:shown|short|labelOf|icon|capitalised|joined|anyOf|allOf|inLine|String|\S*\.(?:join|filter|slice|sort|toSorted|at|concat|trim|replace))$/;

/**
 * Follows expressions of a program back to what they are made of: through variables, parameters, properties, and
 * returned values. Other values than strings, and whatever a library makes, lead nowhere.
 */
export class Flow {
  readonly #checker: ts.TypeChecker;
  /** For each function, the calls of it. */
  readonly #calls = new Map<ts.Node, (ts.CallExpression | ts.NewExpression)[]>();
  /** For each declared property or variable, the values that are written to it. */
  readonly #writes = new Map<ts.Node, ts.Expression[]>();
  /** The properties of objects that no type is expected of, by name. */
  readonly #loose = new Map<string, ts.ObjectLiteralElementLike[]>();
  /** What schemas refuse values with: a library gives it back as the `message` of an issue. */
  readonly #refusals: ts.Expression[] = [];

  constructor(program: ts.Program, files: readonly ts.SourceFile[]) {
    this.#checker = program.getTypeChecker();
    for (const file of files) this.#index(file);
    for (const file of files) if (file.text.includes("from 'valibot'")) this.#findRefusals(file);
  }

  #index(node: ts.Node): void {
    if (ts.isCallExpression(node) || ts.isNewExpression(node))
      for (const declaration of this.#called(node)) this.#add(this.#calls, declaration, node);
    if (ts.isPropertyAssignment(node) && ts.isObjectLiteralExpression(node.parent))
      this.#write(node, node.name, node.initializer);
    if (ts.isShorthandPropertyAssignment(node)) this.#write(node, node.name, node.name);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      for (const declaration of this.#declarations(node.left))
        this.#add(this.#writes, declaration, node.right);
    ts.forEachChild(node, child => this.#index(child));
  }

  #findRefusals(node: ts.Node): void {
    if (ts.isArrowFunction(node) && ts.isCallExpression(node.parent) && ts.isCallExpression(node.body))
      if (node.parameters.length === 0) this.#refusals.push(node.body);
    ts.forEachChild(node, child => this.#findRefusals(child));
  }

  /** Notes a property of an object for the property itself, and for that of the type that is expected there. */
  #write(property: ts.ObjectLiteralElementLike, name: ts.PropertyName, value: ts.Expression): void {
    this.#add(this.#writes, property, value);
    const expected = this.#checker.getContextualType(property.parent as ts.ObjectLiteralExpression);
    const types = expected?.isUnion() ? expected.types : expected ? [expected] : [];
    const declarations = types
      .flatMap(type => type.getProperty(name.getText())?.declarations ?? [])
      .filter(one => !one.getSourceFile().isDeclarationFile);
    if (declarations.length === 0)
      this.#loose.set(name.getText(), [...(this.#loose.get(name.getText()) ?? []), property]);
    for (const declaration of new Set(declarations)) this.#add(this.#writes, declaration, value);
  }

  #add<Value>(map: Map<ts.Node, Value[]>, node: ts.Node, value: Value): void {
    const values = map.get(node);
    if (values) values.push(value);
    else map.set(node, [value]);
  }

  /** The functions that a call can reach: their declarations, and for one that has no body whatever implements it. */
  #called(node: ts.CallExpression | ts.NewExpression): readonly ts.Node[] {
    const declared = this.#declarations(node.expression);
    return declared.flatMap(declaration => {
      const within = ts.isClassDeclaration(declaration)
        ? declaration.members.filter(member => ts.isConstructorDeclaration(member))
        : this.#functionsOf(declaration);
      return [declaration, ...within];
    });
  }

  #functionsOf(declaration: ts.Node): readonly ts.SignatureDeclaration[] {
    const value = ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration);
    const made = value ? declaration.initializer : declaration;
    return made && ts.isFunctionLike(made) ? [made] : [];
  }

  #declarations(node: ts.Node): readonly ts.Node[] {
    let symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
      : this.#checker.getSymbolAtLocation(node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.#checker.getAliasedSymbol(symbol);
    return (symbol?.declarations ?? []).filter(one => !one.getSourceFile().isDeclarationFile);
  }

  /**
   * Lists the expressions that a value can be: literals, and calls that no function of ours answers.
   *
   * @param isEnd recognizes what is a source itself, so that it isn't followed.
   */
  sourcesOf(value: ts.Expression, isEnd: (node: ts.Expression) => boolean): readonly ts.Expression[] {
    const seen = new Set<ts.Node>();
    const found = new Set<ts.Expression>();
    const open: ts.Expression[] = [value];
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (isEnd(next) || ts.isStringLiteralLike(next)) found.add(next);
      else open.push(...this.#step(next));
    }
    return [...found];
  }

  #step(node: ts.Expression): Followed {
    if (
      ts.isParenthesizedExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isNonNullExpression(node) ||
      ts.isSatisfiesExpression(node) ||
      ts.isAwaitExpression(node) ||
      ts.isSpreadElement(node)
    )
      return [node.expression];
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse];
    if (ts.isBinaryExpression(node)) return [node.left, node.right];
    if (ts.isArrayLiteralExpression(node)) return [...node.elements];
    if (ts.isTemplateExpression(node)) return node.templateSpans.map(span => span.expression);
    if (ts.isTaggedTemplateExpression(node)) return [node.template];
    if (ts.isCallExpression(node)) return this.#results(node);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'message')
      return this.#messages(node.expression);
    if (ts.isPropertyAccessExpression(node)) {
      const made = this.#madeHere(node.expression, node.name.text);
      if (made.length > 0) return made;
    }
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node))
      return this.#declarations(node).flatMap(declaration => this.#valuesOf(declaration));
    return [];
  }

  /** The property of the objects that a function returns, if it is called right there or in the variable's declaration. */
  #madeHere(of: ts.Expression, name: string): Followed {
    const [variable] = ts.isIdentifier(of) ? this.#declarations(of) : [];
    const value = variable && ts.isVariableDeclaration(variable) ? variable.initializer : of;
    if (!value || !ts.isCallExpression(value)) return [];
    return this.sourcesOf(value, node => ts.isObjectLiteralExpression(node))
      .filter(node => ts.isObjectLiteralExpression(node))
      .flatMap(({ properties }) => properties.filter(one => one.name?.getText() === name))
      .flatMap(property => this.#writes.get(property) ?? []);
  }

  /** What the message of an error of ours is made with, or that of an issue that a schema found. */
  #messages(of: ts.Expression): Followed {
    const { symbol } = this.#checker.getTypeAtLocation(of) as { symbol?: ts.Symbol };
    const declared = symbol?.declarations ?? [];
    if (declared.some(one => one.getSourceFile().fileName.includes('/valibot/'))) return this.#refusals;
    return declared.flatMap(one => this.#calls.get(one) ?? []).flatMap(call => call.arguments?.[0] ?? []);
  }

  #results(call: ts.CallExpression): Followed {
    const { expression } = call;
    const receiver = ts.isPropertyAccessExpression(expression) ? [expression.expression] : [];
    if (passing.test(expression.getText())) return [...receiver, ...call.arguments];
    const mapped = /\.(?:map|flatMap|then|reduce)$/.test(expression.getText());
    const functions = mapped
      ? call.arguments.filter(argument => ts.isFunctionLike(argument))
      : this.#called(call).filter(declaration => ts.isFunctionLike(declaration));
    const given = mapped ? call.arguments.filter(argument => ts.isIdentifier(argument)) : [];
    const named = given.flatMap(name => this.#declarations(name)).flatMap(one => this.#functionsOf(one));
    const implementing =
      functions.length > 0 ? [] : this.#called(call).flatMap(one => this.#writes.get(one) ?? []);
    const made = implementing.flatMap(one =>
      ts.isFunctionLike(one) ? [one] : this.#declarations(one).flatMap(other => this.#functionsOf(other)),
    );
    return [...functions, ...named, ...made].flatMap(returned);
  }

  #valuesOf(declaration: ts.Node): Followed {
    const written = [...(this.#writes.get(declaration) ?? []), ...this.#looseFor(declaration)];
    if (ts.isVariableDeclaration(declaration) || ts.isPropertyDeclaration(declaration))
      return [...written, ...(declaration.initializer ? [declaration.initializer] : [])];
    if (ts.isBindingElement(declaration)) return [...written, ...this.#boundTo(declaration)];
    if (ts.isGetAccessorDeclaration(declaration)) return returned(declaration);
    if (ts.isParameter(declaration)) {
      const place = declaration.parent.parameters.indexOf(declaration);
      const owners = [declaration.parent, declaration.parent.parent];
      const calls = owners.flatMap(owner => this.#calls.get(owner) ?? []);
      const given = calls.flatMap(({ arguments: all }) => all?.[place] ?? []);
      return [
        ...new Set([...written, ...given, ...(declaration.initializer ? [declaration.initializer] : [])]),
      ];
    }
    return written;
  }

  /** What is written to a property of a type by objects that become such ones later. */
  #looseFor(declaration: ts.Node): Followed {
    if (!ts.isPropertySignature(declaration)) return [];
    const type = this.#checker.getTypeAtLocation(declaration.parent);
    return (this.#loose.get(declaration.name.getText()) ?? [])
      .filter(one => this.#checker.isTypeAssignableTo(this.#checker.getTypeAtLocation(one.parent), type))
      .flatMap(one => this.#writes.get(one) ?? []);
  }

  /** What the property is made of that a pattern such as `{ reason }` takes. */
  #boundTo(element: ts.BindingElement): Followed {
    if (!ts.isObjectBindingPattern(element.parent)) return [];
    const name = (element.propertyName ?? element.name).getText();
    const { parent: whole } = element.parent;
    const made =
      ts.isVariableDeclaration(whole) && whole.initializer ? this.#madeHere(whole.initializer, name) : [];
    if (made.length > 0) return made;
    const type = this.#checker.getTypeAtLocation(element.parent);
    const types = type.isUnion() ? type.types : [type];
    const properties = types.flatMap(one => one.getProperty(name)?.declarations ?? []);
    return [...new Set(properties)].flatMap(property => this.#valuesOf(property));
  }
}

/** Everything that a function returns. */
function returned(node: ts.Node): ts.Expression[] {
  if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return [];
  const { body } = node;
  if (!ts.isBlock(body)) return [body];
  const found: ts.Expression[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isReturnStatement(inner) && inner.expression) found.push(inner.expression);
    if (!ts.isFunctionLike(inner)) ts.forEachChild(inner, visit);
  };
  visit(body);
  return found;
}
