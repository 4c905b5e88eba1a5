/**
 * Edits a settings file and leaves everything else in it as it is. The editor's own `jsonc-parser` doesn't: it removes
 * the comments around a member that it removes, and changes the first of several members with one name, though the
 * editor reads the last.
 */

/** A piece of JSON with comments, with the offsets of where it starts and ends. White space lies between pieces. */
interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}
interface Value {
  readonly start: number;
  readonly end: number;
  /** Undefined unless it is an object. */
  readonly members: readonly Member[] | undefined;
}
interface Member {
  readonly key: string;
  readonly start: number;
  readonly value: Value;
  /** The comma behind it. */
  readonly comma: Piece | undefined;
}
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// Without its end, an alternative matches the rest of the text. This keeps the time linear.
const piece =
  /"(?:[^"\\\r\n]|\\.)*"?|\/\/[^\r\n]*|\/\*(?:[^*]|\*+[^*/])*(?:\*+\/)?|[{}[\],:]|[^\s"{}[\],:/]+|\//g;
// One without its end is no comment, so the text is refused.
const isComment = ({ text }: Piece): boolean => text.startsWith('//') || /^\/\*[^]*\*\/$/.test(text);

/** @throws SyntaxError if the text is no JSON with comments and trailing commas. */
function readPieces(text: string): { pieces: Piece[]; comments: Piece[] } {
  const all = Array.from(text.matchAll(piece), ({ 0: found, index }) => ({
    text: found,
    start: index,
    end: index + found.length,
  }));
  const comments = all.filter(isComment);
  const pieces = all.filter(each => !isComment(each));
  const isTrailing = (at: number): boolean =>
    pieces[at]?.text === ',' &&
    /^[}\]]$/.test(pieces[at + 1]?.text ?? '') &&
    !/^[{[,]$/.test(pieces[at - 1]?.text ?? ',');
  JSON.parse(
    pieces
      .filter((_, at) => !isTrailing(at))
      .map(each => each.text)
      .join(' '),
  );
  return { pieces, comments };
}

/** The value that begins with the piece `at`, in a text that {@link readPieces} accepts, and the piece behind it. */
function valueAt(pieces: readonly Piece[], at: number): { value: Value; next: number } {
  const first = pieces[at] as Piece;
  const upTo = (end: number, members?: Member[]) => ({
    value: { start: first.start, end: (pieces[end] as Piece).end, members },
    next: end + 1,
  });
  if (first.text === '[') {
    let end = at;
    for (let depth = 1; depth > 0;) {
      const { text } = pieces[++end] as Piece;
      depth += /^[{[]$/.test(text) ? 1 : /^[}\]]$/.test(text) ? -1 : 0;
    }
    return upTo(end);
  }
  if (first.text !== '{') return upTo(at);
  const members: Member[] = [];
  let next = at + 1;
  while (pieces[next]?.text !== '}') {
    const name = pieces[next] as Piece;
    const read = valueAt(pieces, next + 2);
    const behind = pieces[read.next];
    const comma = behind?.text === ',' ? behind : undefined;
    members.push({ key: JSON.parse(name.text) as string, start: name.start, value: read.value, comma });
    next = read.next + (comma ? 1 : 0);
  }
  return upTo(next, members);
}

const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;

/** The white space that a line begins with, or undefined if there is something else before `offset`. */
function indentBefore(text: string, offset: number): string | undefined {
  const line = text.slice(lineStart(text, offset), offset);
  return line.trim() === '' ? line : undefined;
}

/**
 * Sets one member in the text of a settings file. Everything else stays as it is: comments, layout, line ends, commas.
 *
 * @param path the names from the whole object to the member.
 * @param value undefined removes the member.
 * @returns the new text, or undefined if there is no object to have the member.
 * @throws SyntaxError if the text is no JSON with comments.
 */
export function setInText(text: string, path: readonly string[], value: unknown): string | undefined {
  const { pieces, comments } = readPieces(text);
  let holder = valueAt(pieces, 0).value;
  // Of members with the same name, the last one counts.
  const named = (name: string | undefined): Member[] =>
    holder.members?.filter(({ key }) => key === name).reverse() ?? [];
  for (const name of path.slice(0, -1)) {
    const [member] = named(name);
    if (!member) return undefined;
    holder = member.value;
  }
  if (!holder.members) return undefined;
  const [existing, ...covered] = named(path.at(-1));
  if (value === undefined && !existing) return text;
  const changes = !existing
    ? insertion(text, holder, comments, path, value)
    : value === undefined
      ? removal(text, holder, existing)
      : [replacement(text, holder, existing, value)];
  const changed = changes
    .toSorted((one, other) => other.start - one.start)
    .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), text);
  // What it covered would count now.
  return value === undefined && covered.length > 0 ? setInText(changed, path, value) : changed;
}

/** JSON in the layout around it: on one line within an object on one line, and indented otherwise. */
function written(text: string, holder: Value, indent: string, value: unknown): string {
  if (isOnOneLine(text, holder)) return JSON.stringify(value);
  const lines = JSON.stringify(value, null, unitOf(text)).split('\n');
  return lines.join(endOfLine(text) + indent);
}

const isOnOneLine = (text: string, { start, end, members }: Value): boolean =>
  members?.length !== 0 && !/[\r\n]/.test(text.slice(start, end));
const endOfLine = (text: string): string => /\r\n?|\n/.exec(text)?.[0] ?? '\n';
const unitOf = (text: string): string => /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';

function replacement(text: string, holder: Value, { start, value: old }: Member, value: unknown): Change {
  const indent = indentBefore(text, start) ?? '';
  return { start: old.start, end: old.end, text: written(text, holder, indent, value) };
}

function insertion(
  text: string,
  holder: Value,
  comments: readonly Piece[],
  path: readonly string[],
  value: unknown,
): Change[] {
  const last = holder.members?.at(-1);
  const brace = holder.end - 1;
  const within = comments.filter(
    ({ start, end }) => start > (last?.value.end ?? holder.start) && end <= brace,
  );
  const end = Math.max(within.at(-1)?.end ?? 0, last?.comma?.end ?? last?.value.end ?? holder.start + 1);
  const outer =
    indentBefore(text, brace) ?? /^[ \t]*/.exec(text.slice(lineStart(text, holder.start)))?.[0] ?? '';
  const indent = (last && indentBefore(text, last.start)) ?? outer + unitOf(text);
  const member = `${JSON.stringify(path.at(-1))}: ${written(text, holder, indent, value)}`;
  const trailing = last?.comma ? ',' : '';
  const comma = last && !last.comma ? [{ start: last.value.end, end: last.value.end, text: ',' }] : [];
  const line = endOfLine(text);
  const put = isOnOneLine(text, holder)
    ? ` ${member}${trailing}`
    : `${line}${indent}${member}${trailing}${/[\r\n]/.test(text.slice(end, brace)) ? '' : line + outer}`;
  // Changes at the same offset have no order, so a comma and a member there are one change.
  const [first] = comma;
  return first?.start === end
    ? [{ start: end, end, text: first.text + put }]
    : [...comma, { start: end, end, text: put }];
}

/** Removes a member with its comma, or the comma before the last member. Removes the line if nothing is left in it. */
function removal(text: string, { members = [] }: Value, member: Member): Change[] {
  const { comma = members[members.indexOf(member) - 1]?.comma, value } = member;
  const isBehind = comma !== undefined && comma === member.comma;
  const isNext = isBehind && text.slice(value.end, comma.start).trim() === '';
  const range = { start: member.start, end: isNext ? comma.end : value.end, text: '' };
  const [line, lineEnd] = /^[ \t]*(\r\n?|\n)?/.exec(text.slice(range.end)) ?? [''];
  if (indentBefore(text, range.start) !== undefined && lineEnd !== undefined) {
    range.start = lineStart(text, range.start);
    range.end += line.length;
  }
  return comma && !isNext ? [{ start: comma.start, end: comma.end, text: '' }, range] : [range];
}
