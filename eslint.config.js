import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Files below `folder` must not import anything that matches `forbidden`: imports point one way. */
const layer = (folder, forbidden, message) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: forbidden.map(regex => ({ regex, message, allowTypeImports: false })) },
    ],
  },
});

const editor = '^vscode$';
const above = (...folders) => folders.map(folder => `/${folder}/`);

export default defineConfig(
  { ignores: ['dist/', '.vscode-test/', 'node_modules/'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
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
  // The order of the folders, lowest first. A folder may import those before it, never those after it.
  layer(
    'platform',
    [editor, ...above('protocol', 'providers', 'windows', 'sessions', 'signIn', 'authentication', 'ui')],
    'platform/ is the lowest layer.',
  ),
  layer(
    'protocol',
    [editor, ...above('providers', 'windows', 'sessions', 'signIn', 'authentication', 'ui')],
    'protocol/ knows neither the editor nor the layers above it.',
  ),
  layer(
    'providers',
    above('windows', 'sessions', 'signIn', 'authentication', 'ui'),
    'providers/ may only import protocol/ and platform/.',
  ),
  layer(
    'windows',
    [editor, ...above('sessions', 'signIn', 'authentication', 'ui')],
    'windows/ may only import what lies below it.',
  ),
  layer(
    'sessions',
    [editor, ...above('signIn', 'authentication', 'ui')],
    'sessions/ may only import what lies below it.',
  ),
  layer('signIn', above('authentication', 'ui'), 'signIn/ may only import what lies below it.'),
  layer('authentication', above('ui'), 'authentication/ may only import what lies below it.'),
  { files: ['test/**/*.ts', 'esbuild.js'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Mocha's callbacks and assertions about anything that a server may answer.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: ['it', 'describe'] }],
    },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
