/**
 * The order of the folders, lowest first: what stands in a list may import what stands before it, never what stands
 * after it. A list in a list is one floor, whose rooms do not know each other. `*` is every file that lies flat in
 * the folder and has no place of its own.
 *
 * A new room of these folders is given its place here; until then `room-without-floor` refuses what it imports.
 */
export const floors = {
  src: [
    'platform',
    'protocol',
    'providers',
    'windows',
    'sessions',
    'signIn',
    'challenges',
    'ui',
    'authentication',
    'mcp',
  ],
  'src/protocol': ['failures', 'http', 'server', 'client', 'tokens', 'grants'],
  'src/providers': ['settings', 'presets', 'entries', 'lookUp'],
  'src/windows': ['*', ['sockets', 'tabs']],
  'src/sessions': ['grant', 'store', 'refresh', 'activity.ts', 'sharing', '*'],
  'src/signIn': [
    ['plan', 'trust.ts', 'providerWatch.ts'],
    'client',
    ['redirect', 'identity'],
    'methods',
    ['after', 'diagnosis'],
    'signIn.ts',
  ],
  'src/ui': ['*', 'problems', 'signInsView', 'addProvider', 'signIn', 'commands', 'deferred.ts'],
  'terminals/src': ['agent', ['consent', 'command'], 'editor'],
};

/** What the browser of a person without an editor could run as well, and tests run without one. */
const withoutEditor = [
  'platform',
  'protocol',
  'providers/settings',
  'providers/presets',
  'providers/lookUp',
  'windows',
  'sessions',
  'challenges',
];

const escaped = text => text.replaceAll('.', '\\.');

/** Matches the paths of a room: a folder, or a file. */
const pathOf = (folder, room, rooms) => {
  if (room !== '*') return `^${folder}/${escaped(room)}${room.endsWith('.ts') ? '$' : '/'}`;
  const named = rooms.filter(other => other.endsWith('.ts')).map(escaped);
  return `^${folder}/${named.length > 0 ? `(?!(?:${named.join('|')})$)` : ''}[^/]+\\.ts$`;
};

/** One rule for each room that has one above it or beside it. */
const order = Object.entries(floors).flatMap(([folder, list]) => {
  const rooms = list.flat();
  const path = room => pathOf(folder, room, rooms);
  return list.flatMap((floor, at) =>
    [floor].flat().flatMap(room => {
      const beside = [floor].flat().filter(other => other !== room);
      const forbidden = [...beside, ...list.slice(at + 1).flat()];
      if (forbidden.length === 0) return [];
      return {
        name: `${folder}/${room}`.replace('/*', '/files'),
        severity: 'error',
        comment: `In ${folder}/, imports point down the list of floors in .dependency-cruiser.js only.`,
        from: { path: path(room) },
        to: { path: forbidden.map(path) },
      };
    }),
  );
});

const withoutFloor = {
  name: 'room-without-floor',
  severity: 'error',
  comment: 'A room of these folders has its place in the list of floors in .dependency-cruiser.js.',
  from: {
    path: Object.keys(floors).map(folder => `^${folder}/`),
    pathNot: [
      '^(?:terminals/)?src/[^/]+\\.ts$',
      '^src/client/',
      ...Object.entries(floors).flatMap(([folder, list]) =>
        folder === 'src'
          ? list.filter(room => !(`src/${room}` in floors)).map(room => pathOf(folder, room, []))
          : list.flat().map(room => pathOf(folder, room, list.flat())),
      ),
    ],
  },
  to: {},
};

/** Where the builds begin (esbuild.js, test/manifest/client/clientPackage.ts). */
const entries = [
  '^src/(?:extension|parts)\\.ts$',
  '^src/client/index\\.ts$',
  '^terminals/src/(?:extension|command/main)\\.ts$',
];

/** All that is shipped. */
const shipped = '^(?:terminals/)?src/';

/** What the extension for terminals takes from the other one: tools, what shows text, and what any extension can have. */
const sharedWithTerminals = '^src/(?:(?:platform|client)/|ui/(?:clicks|dialog|editorLog|show)\\.ts$)';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const rules = [
  {
    name: 'no-circle',
    severity: 'error',
    comment: 'Files that import each other can only be read, moved and tested together; types count, too.',
    from: {},
    to: { circular: true },
  },
  ...order,
  withoutFloor,
  {
    name: 'root-is-for-ui',
    severity: 'error',
    comment: 'A file of the root puts the parts together: nobody but ui/ and the root knows it.',
    from: { path: '^src/', pathNot: ['^src/ui/', '^src/[^/]+\\.ts$'] },
    to: { path: '^src/[^/]+\\.ts$' },
  },
  {
    name: 'no-editor',
    severity: 'error',
    comment: 'What knows no editor is given what it needs of it.',
    from: { path: [`^src/(?:${withoutEditor.join('|')})/`, '^terminals/src/(?:agent|consent|command)/'] },
    to: { path: ['^vscode$', '/@types/vscode/'] },
  },
  {
    name: 'client-stands-alone',
    severity: 'error',
    comment: 'client/ is a package of its own, for other extensions: it has nothing but the editor.',
    from: { path: '^src/client/' },
    to: { pathNot: ['^src/client/', '^vscode$', '/@types/vscode/'] },
  },
  {
    name: 'client-is-for-others',
    severity: 'error',
    comment: 'We publish the types of client/, and use it only where we are an extension like any other.',
    from: {
      path: '^src/',
      pathNot: [
        '^src/(?:client|mcp)/',
        '^src/authentication/(?:exports|heldSession)\\.ts$',
        '^src/extension\\.ts$',
      ],
    },
    to: { path: '^src/client/' },
  },
  {
    name: 'terminals-is-a-consumer',
    severity: 'error',
    comment: 'The extension for terminals gets tokens as any other extension does.',
    from: { path: '^terminals/src/' },
    to: { path: '^src/', pathNot: sharedWithTerminals },
  },
  {
    name: 'src-without-terminals',
    severity: 'error',
    comment: 'The extension that signs in does not grow by the one for terminals.',
    from: { path: '^src/' },
    to: { path: ['^terminals/', 'node_modules/tweetnacl/'] },
  },
  {
    name: 'src-without-test',
    severity: 'error',
    comment: 'What is shipped knows no test.',
    from: { path: shipped },
    to: { path: '^test/' },
  },
  {
    name: 'shipped-packages-only',
    severity: 'error',
    comment: 'A package that src imports is one of the dependencies, with a reason (see CONTRIBUTING.md).',
    from: { path: shipped },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: ['/@types/vscode/'] },
  },
  {
    name: 'no-import-of-tests',
    severity: 'error',
    comment: 'Each file of tests can be run alone; what several share is a file without tests.',
    from: {},
    to: { path: '\\.test\\.ts$' },
  },
  {
    name: 'no-dead-file',
    severity: 'error',
    comment: 'Nothing that is shipped leads to this file.',
    from: { path: entries },
    to: { path: shipped, pathNot: entries, reachable: false },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: rules,
  options: {
    // Types are imports, too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // The extension for terminals has its dependencies in the manifest of the repository.
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
