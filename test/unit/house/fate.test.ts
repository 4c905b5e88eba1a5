import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const source = join(import.meta.dirname, '..', '..', '..', 'src');

/** Members that decide a grant's fate, and the files that may read them; whoever makes a grant writes them. */
const readers: Readonly<Record<string, readonly string[]>> = {
  refreshSentAt: [
    'sessions/grant/fate.ts',
    'sessions/grant/outcome.ts',
    'sessions/grant/step.ts',
    // Reads what is stored.
    'sessions/store/storedGrant.ts',
  ],
  refreshResentAt: ['sessions/grant/fate.ts', 'sessions/grant/outcome.ts', 'sessions/grant/step.ts'],
  rotationGrace: ['providers/entries/definition.ts', 'sessions/grant/fate.ts'],
  assumedTokenLifetime: [
    'providers/entries/definition.ts',
    'sessions/grant/fate.ts',
    // Says what is set.
    'signIn/diagnosis/diagnose.ts',
  ],
  refreshEndsAccessToken: [
    'mcp/runningServers.ts',
    'mcp/serverSessions.ts',
    'providers/entries/definition.ts',
    'providers/entries/server.ts',
    'sessions/grant/fate.ts',
  ],
  tentative: ['sessions/grant/fate.ts'],
};

/** Members that say what has become of a grant, and the files that may write them. */
const stored = 'sessions/store/storedGrant.ts';
const writers: Readonly<Record<string, readonly string[]>> = {
  accountRefused: [stored, 'sessions/grant/outcome.ts'],
  tentative: [stored, 'sessions/grant/step.ts'],
  refreshSentAt: [
    stored,
    'sessions/grant/outcome.ts',
    'sessions/grant/step.ts',
    'signIn/identity/newGrant.ts',
  ],
  signInNeeded: [
    // They count it, or tell it.
    'authentication/heldSession.ts',
    stored,
    'sessions/grant/outcome.ts',
    'sessions/grant/step.ts',
    'signIn/identity/newGrant.ts',
    'ui/commands/diagnoseProvider.ts',
  ],
};

/** Files that reckon with the times of tokens, and why beside fate.ts. */
const reckoners: Readonly<Record<string, string>> = {
  'client/timer.ts': 'waits until the time that it is told',
  'mcp/serverSessions.ts': 'begins a server with a token that lasts',
  'sessions/grant/fate.ts': 'decides',
  'sessions/refresh/attempt.ts': 'logs how long new tokens are valid',
  'sessions/store/grantMemory.ts': 'lists the newest first',
  'ui/commands/diagnoseProvider.ts': 'reports lifetimes',
};
const times = new Set(['expiresAt', 'receivedAt', 'refreshAt', 'refreshSentAt', 'refreshResentAt']);

/** The members that a node reads: of an object, or out of a pattern. */
function readIn(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const { parent } = node;
    const isWritten =
      ts.isBinaryExpression(parent) &&
      parent.left === node &&
      parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    return isWritten ? undefined : node.name.text;
  }
  if (!ts.isBindingElement(node) || !ts.isObjectBindingPattern(node.parent)) return undefined;
  const name = node.propertyName ?? node.name;
  return ts.isIdentifier(name) ? name.text : undefined;
}

/** The member that a node writes: in a new object, or of one that there is. */
function writtenIn(node: ts.Node): string | undefined {
  if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node))
    return ts.isIdentifier(node.name) ? node.name.text : undefined;
  const isWritten =
    ts.isPropertyAccessExpression(node) &&
    ts.isBinaryExpression(node.parent) &&
    node.parent.left === node &&
    node.parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return isWritten ? node.name.text : undefined;
}

const reckoning = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.PlusToken,
]);

/** True if a node compares or counts with the time of a token. */
function isReckoning(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node) || !reckoning.has(node.operatorToken.kind)) return false;
  const named = (side: ts.Node): boolean =>
    (ts.isIdentifier(side) && times.has(side.text)) ||
    (ts.isPropertyAccessExpression(side) && times.has(side.name.text)) ||
    (ts.isParenthesizedExpression(side) && ts.forEachChild(side, named) === true) ||
    (ts.isBinaryExpression(side) && (named(side.left) || named(side.right)));
  return named(node.left) || named(node.right);
}

interface Found {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  readonly reckons: boolean;
}

function scan(file: string, text: string): Found {
  const reads = new Set<string>();
  const writes = new Set<string>();
  let reckons = false;
  const visit = (node: ts.Node): void => {
    const read = readIn(node);
    if (read !== undefined) reads.add(read);
    const written = writtenIn(node);
    if (written !== undefined) writes.add(written);
    reckons ||= isReckoning(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return { reads, writes, reckons };
}

describe('what decides the fate of a grant', () => {
  const scanned = new Map(
    globSync('**/*.ts', { cwd: source })
      .map(file => file.replaceAll('\\', '/'))
      .map(file => [file, scan(file, readFileSync(join(source, file), 'utf8'))]),
  );
  const filesThat = (is: (found: Found) => boolean): string[] =>
    [...scanned]
      .filter(([, found]) => is(found))
      .map(([file]) => file)
      .sort();

  for (const [member, allowed] of Object.entries(readers)) {
    it(`is read where it is decided: ${member}`, () =>
      assert.deepEqual(
        filesThat(({ reads }) => reads.has(member)),
        [...allowed],
      ));
  }

  for (const [member, allowed] of Object.entries(writers)) {
    it(`is written where it is decided: ${member}`, () =>
      assert.deepEqual(
        filesThat(({ writes }) => writes.has(member)),
        [...allowed].sort(),
      ));
  }

  it('is reckoned in one place: no other file compares the times of tokens', () => {
    // A device code and a registered client have an end of their own.
    const others = ['signIn/client/registrationStore.ts', 'ui/signIn/deviceCodePanel.ts'];
    const found = filesThat(({ reckons }) => reckons).filter(file => !others.includes(file));
    assert.deepEqual(
      found.filter(file => !/^(protocol|signIn)\//.test(file)),
      Object.keys(reckoners),
    );
  });

  it('is found by this test wherever it stands', () => {
    const reads = (text: string): string[] => [...scan('a.ts', text).reads];
    assert.deepEqual(reads('const late = grant.refreshSentAt ?? 0;'), ['refreshSentAt']);
    assert.deepEqual(reads('const { refreshSentAt: at } = grant;'), ['refreshSentAt']);
    assert.deepEqual(reads('grant.refreshSentAt = 1; const grant2 = { refreshSentAt: 1 };'), []);
    const writes = (text: string): string[] => [...scan('a.ts', text).writes];
    assert.deepEqual(writes('const ended = { ...grant, signInNeeded: { accountRefused: true } };'), [
      'signInNeeded',
      'accountRefused',
    ]);
    assert.deepEqual(writes('const after = { ...grant, refreshSentAt };'), ['refreshSentAt']);
    assert.deepEqual(writes('grant.refreshSentAt = now;'), ['refreshSentAt']);
    assert.deepEqual(writes('if (grant.signInNeeded) return grant.tentative;'), []);
    for (const text of ['now < tokens.expiresAt', 'expiresAt - receivedAt', '(a.expiresAt ?? 0) - 1 > now'])
      assert.equal(scan('a.ts', text).reckons, true, text);
    assert.equal(scan('a.ts', 'const a = { expiresAt: 1 }; a.expiresAt === undefined').reckons, false);
  });
});
