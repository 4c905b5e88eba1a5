import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** How long a file and a function of ours may be at most, in lines as they are counted by `wc`. */
export const sizes = {
  'max-lines': ['error', 300],
  'max-lines-per-function': ['error', 120],
};

/** What shows text, or fills one in, and takes it from anywhere. */
export const rawTexts = [
  "MemberExpression[object.name='vscode'][property.name='window']:not(MemberExpression[property.name=/^(?:state|onDid\\w+|activeTextEditor|terminals|registerUriHandler|createTreeView)$/] > .object)",
  "MemberExpression[object.name='vscode'][property.name='l10n']:not(MemberExpression[property.name='bundle'] > .object)",
  "MemberExpression[object.name='vscode'][property.name=/^(?:TreeItem|MarkdownString)$/]",
  "VariableDeclarator[init.name='vscode'] Property[key.name='window']",
  "ImportDeclaration[source.value='vscode'] ImportSpecifier[imported.name=/^(?:window|l10n|TreeItem|MarkdownString)$/]",
  "ImportDeclaration[source.value='@vscode/l10n']",
  "AssignmentExpression[left.property.name='badge']",
  "MemberExpression[object.property.name='commands'][property.name='registerCommand']",
].map(selector => ({
  selector,
  message:
    'Text that is shown passes platform/shown.ts and ui/show.ts; commands are registered by ui/clicks.ts.',
}));

/** The build gives parts what the start exports as it is when the start has been loaded. */
const exportedVariable = {
  selector: "ExportNamedDeclaration > VariableDeclaration[kind='let']",
  message: 'What is exported is not assigned again: the build exports values, not variables.',
};

/** What is shown, written or listened to at this moment; nobody knows whether what was just done has come so far. */
const momentary =
  '/^(?:notifications|progress|messages|accountsMenuEntries|accountsLabel|rows|spoken|isOpen|isVisible|isHidden|count|allInnerTexts|readLogs)$/';

/** A test that judges what is shown at one moment passes or fails by the speed of the computer. */
export const judgedTooEarly = {
  selector: [
    'CallExpression[callee.name=/^(?:it|before|beforeEach|after|afterEach)$/] > :function',
    `AwaitExpression > CallExpression:matches([callee.property.name=${momentary}], [callee.name=${momentary}])` +
      ':not(CallExpression[callee.name=/^(?:waitFor|eventually)$/] *)',
  ].join(' '),
  message: 'Wait for it: `waitFor` or `eventually` of test/editor/workbench/waiting.ts.',
};

export default defineConfig(
  { ignores: ['**/dist/', '.vscode-test/', 'node_modules/'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '.changeset/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'It can be foretold: take platform/random.ts.' },
      ],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...rawTexts, exportedVariable],
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Objects here are closures without `this`: their functions may be taken from them.
      '@typescript-eslint/unbound-method': 'off',
      // What a library threw may hold secrets: it is judged where it is caught, and goes no further.
      'preserve-caught-error': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  { files: ['src/**/*.ts', 'terminals/src/**/*.ts'], rules: sizes },
  // What only other extensions run has their log.
  { files: ['src/client/fetch.ts'], rules: { 'no-console': ['error', { allow: ['warn'] }] } },
  {
    files: ['src/ui/{show,clicks}.ts', 'src/platform/{shown,language}.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts', 'esbuild.js'],
    rules: {
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Mocha's callbacks and assertions about anything that a server may answer.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: ['it', 'describe'] }],
    },
  },
  {
    files: ['test/{endToEnd,host,web}/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', judgedTooEarly] },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
