import ts from 'typescript';

/** Properties that a person reads, whatever takes them: an input, an item, a row, a finding, a failure. */
const shownProperties =
  /^(?:title|placeHolder|placeholder|prompt|label|detail|description|tooltip|message|spoken|reason|why|found|hint|missing|next|status|text|validationMessage|alt|altText)$/;

/** What shows its arguments to a person. */
const showing =
  /(?:^|\.)(?:show(?:Information|Warning|Error)Message|setStatusBarMessage|createOutputChannel|createWebviewPanel|tell|warn|report|askText|askChoice|problem|refuse|wrong|invalid|untrusted|unusable|notFound|open|closed|doubtful|lasting|pass|info|fail|failed)$/;

/** What takes text that nobody reads but those who look for a mistake, in a log or in the code of an extension. */
const forDevelopers = /(?:^|\.)(?:log\.\w+|quietly|(?:Type|Range|Syntax)?Error|console\.\w+)$/;

/** What takes a description of a setting, which is in the manifest. */
const describing =
  /^(?:v\.description|text|flag|seconds|parameters|matching|path|oneOf|listOf|someOf|group|page|endpoint|names)$/;

/** At least two words: nothing else that stands in the code looks like this. */
const prose = /\p{L}{2,}[,:;.”’)]? (?:\p{L}|[“(]\p{L}|¤)|¤ \p{L}{2,}/u;
/** Values of headers, and what stands in files. */
const ofProtocols = /^(?:Bearer |Basic |-----BEGIN|PRIVATE KEY|text\/|application\/|default-src|<html )/;
const word = /^\p{Lu}\p{Ll}+…?$/u;

/**
 * The texts of a source file that a person reads as they are written, in whatever language the editor is: each with
 * its line.
 */
export function untranslatedTexts(name: string, contents: string): string[] {
  const source = ts.createSourceFile(name, contents, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node, isShown: boolean): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = plainText(node);
      if (!ofProtocols.test(text) && (prose.test(text) || (isShown && word.test(text)))) {
        found.push(`${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text}`);
      }
    }
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression.getText();
      if (callee === 'l10n.t' || forDevelopers.test(callee)) return;
      visit(node.expression, false);
      (node.arguments ?? []).forEach((argument, at) => {
        if (at > 0 || !describing.test(callee)) visit(argument, showing.test(callee));
      });
      return;
    }
    if (ts.isPropertyAssignment(node)) {
      visit(node.initializer, shownProperties.test(node.name.getText()));
      return;
    }
    // What is shown later has been given a name before.
    if (ts.isVariableDeclaration(node)) {
      if (node.initializer) visit(node.initializer, true);
      return;
    }
    const stays =
      ts.isConditionalExpression(node) || ts.isParenthesizedExpression(node) || ts.isBinaryExpression(node);
    ts.forEachChild(node, child => visit(child, isShown && stays && !isCompared(node)));
  };
  visit(source, false);
  return found;
}

/** The texts that are asked for when the file is loaded, which is before the language is known: each with its line. */
export function earlyTexts(name: string, contents: string): string[] {
  const source = ts.createSourceFile(name, contents, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push(`${name}:${line}: ${node.arguments[0]?.getText() ?? ''}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isCompared = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken].includes(
    node.operatorToken.kind,
  );

/** The text without the icon before it, with `¤` in place of what is filled in. */
const plainText = (node: ts.StringLiteralLike | ts.TemplateExpression): string =>
  (ts.isTemplateExpression(node)
    ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('¤')
    : node.text
  ).replace(/^\$\([\w-]+\) /, '');
