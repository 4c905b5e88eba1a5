import ts from 'typescript';
import { filled, l10n } from '../../../src/platform/shown.ts';
import { failures, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import { quoteServerText } from '../../../src/protocol/http/serverText.ts';
import type { OwnExtension } from '../../editor/packages/extensions.ts';
import { Flow } from './flow.ts';

/** A text, and what can be filled into one of its places: another text, or what stands for a server's words. */
export interface Text {
  /** Each is translated on its own. */
  readonly sentences: readonly string[];
  /** For each place, the texts that can stand there. */
  readonly places: ReadonlyMap<string, readonly (Text | typeof serverText)[]>;
}

/** Stands for a text that a server sent, in quotation marks. */
export const serverText = Symbol('what a server said');

const isShown = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && node.expression.getText() === 'l10n.t';
const isFailure = (node: ts.Node): node is ts.NewExpression =>
  ts.isNewExpression(node) && /^(?:Start)?Failure$/.test(node.expression.getText());
/** What ends the search: a text of ours, one of a server, or the message of a failure. */
const ends = (node: ts.Expression): node is ts.CallExpression =>
  ts.isCallExpression(node) &&
  /^(?:l10n\.t|quoteServerText|messageOf|\S+\.messageAt)$/.test(node.expression.getText());

/** Finds every text of an extension, each with the texts that are filled in, as far as the code can be followed. */
export function textsWithin(extension: OwnExtension): readonly Text[] {
  const folder = `${extension.folder}src/`;
  const configuration = ts.readConfigFile('tsconfig.json', name => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(configuration.config, ts.sys, '.');
  const names = ts.sys.readDirectory(folder, ['.ts']);
  const program = ts.createProgram(names, { ...options, noEmit: true });
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => names.some(name => fileName.endsWith(name)));
  const flow = new Flow(program, files);
  return new Texts(flow, program.getTypeChecker(), files).all();
}

class Texts {
  readonly #flow: Flow;
  readonly #checker: ts.TypeChecker;
  readonly #calls: ts.CallExpression[] = [];
  readonly #failures: ts.NewExpression[] = [];
  readonly #made = new Map<ts.Node, Text[]>();
  #messages: Text[] | undefined;

  constructor(flow: Flow, checker: ts.TypeChecker, files: readonly ts.SourceFile[]) {
    this.#flow = flow;
    this.#checker = checker;
    const visit = (node: ts.Node): void => {
      if (isShown(node)) this.#calls.push(node);
      if (isFailure(node)) this.#failures.push(node);
      ts.forEachChild(node, visit);
    };
    files.forEach(visit);
  }

  all(): Text[] {
    return [...this.#calls, ...this.#failures].flatMap(node => this.#textsOf(node));
  }

  /** The texts of a call of `l10n.t`, or of a failure: more than one if it chooses. */
  #textsOf(node: ts.CallExpression | ts.NewExpression): Text[] {
    const made = this.#made.get(node);
    if (made) return made;
    // Known before its places are: a text within itself ends here.
    const texts: Text[] = [];
    this.#made.set(node, texts);
    const places = new Map<string, readonly (Text | typeof serverText)[]>();
    const [first, ...parts] = node.arguments ?? [];
    if (!first) return texts;
    const all = this.#literalsOf(first).map(words => (isShown(node) ? [words] : messageOf(words)));
    for (const sentences of all) texts.push({ sentences, places });
    const given = isShown(node)
      ? parts.map((part, at): [string, ts.Expression] => [String(at), part])
      : detailsOf(parts[0]);
    for (const [name, value] of given) places.set(name, this.#within(value));
    return texts;
  }

  /** What a text can be that is chosen from others, or stands in a table. */
  #literalsOf(value: ts.Expression): string[] {
    const type = this.#checker.getTypeAtLocation(value);
    const types = type.isUnion() ? type.types : [type];
    const named = types.flatMap(one => (one.isStringLiteral() ? [one.value] : []));
    return named.length > 0
      ? named
      : this.#flow
          .sourcesOf(value, () => false)
          .flatMap(source => (ts.isStringLiteralLike(source) ? [source.text] : []));
  }

  #within(value: ts.Expression): (Text | typeof serverText)[] {
    const sources = this.#flow.sourcesOf(value, node => ends(node) || this.#isMessage(node));
    return sources.flatMap((source): readonly (Text | typeof serverText)[] => {
      if (isShown(source)) return this.#textsOf(source);
      if (ts.isStringLiteralLike(source)) return [];
      const quotes = ts.isCallExpression(source) && source.expression.getText() === 'quoteServerText';
      return quotes ? [serverText] : this.#allMessages();
    });
  }

  /** The message of a failure, whichever it is. */
  #isMessage(node: ts.Node): boolean {
    if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'message') return false;
    const type = this.#checker.getTypeAtLocation(node.expression);
    return /Failure$/.test(this.#checker.typeToString(type).replace(/ \| undefined$/, ''));
  }

  #allMessages(): Text[] {
    this.#messages ??= this.#failures.flatMap(node => this.#textsOf(node));
    return this.#messages;
  }
}

/** The details that a failure is filled with, by name. */
const detailsOf = (node: ts.Expression | undefined): [string, ts.Expression][] =>
  node && ts.isObjectLiteralExpression(node)
    ? node.properties.flatMap((property): [string, ts.Expression][] =>
        ts.isPropertyAssignment(property)
          ? [[property.name.getText(), property.initializer]]
          : ts.isShorthandPropertyAssignment(property)
            ? [[property.name.text, property.name]]
            : [],
      )
    : [];

const isCode = (code: string): code is FailureCode => Object.hasOwn(failures, code);

/** The sentences of a failure's message. */
const messageOf = (code: string): string[] =>
  isCode(code) ? [failures[code].what, failures[code].next] : [code];

/** A text, the place in it where the next one stands, and so on to one whose places stay open. */
interface Link {
  readonly text: Text | typeof serverText;
  readonly place?: string;
}

export type Chain = readonly Link[];

/** Lists each way to fill a text: with one text in one of its places, which is filled itself. */
export function chainsOf(text: Text, above: readonly Text[] = []): Chain[] {
  if (above.includes(text)) return [];
  const filled = [...text.places].flatMap(([place, inner]) =>
    inner.flatMap(one =>
      (one === serverText ? [[{ text: serverText } satisfies Link]] : chainsOf(one, [...above, text])).map(
        (chain): Chain => [{ text, place }, ...chain],
      ),
    ),
  );
  return [[{ text }], ...filled];
}

/** The own words of a text in the display language, with its places open. */
export const wordsOf = ({ sentences }: Text): string => sentences.map(sentence => l10n.t(sentence)).join(' ');

/** Writes a chain as it is shown in the display language. What isn't filled stays a placeholder. */
export function joinedText([first, ...rest]: Chain): string {
  if (!first) return '';
  if (first.text === serverText) return quoteServerText('It failed.') ?? '';
  // `saying()` puts the space before it.
  const inner = `${first.place === 'said' ? ' ' : ''}${joinedText(rest)}`;
  const parts = first.place === undefined ? {} : { [first.place]: inner };
  return filled(wordsOf(first.text), { said: '', ...parts });
}
