import { check, suite, type Step } from './steps.ts';

/** What the others use. */
export const first: readonly Step[] = [check('build'), check('package')];

/**
 * None of them looks at anything that another one writes. Those that take long come first, but for what has to be
 * fetched: it is waited for by the network.
 */
export const sideBySide: readonly Step[] = [
  check('test:prepare'),
  suite('test:unit'),
  check('lint'),
  suite('test:host'),
  suite('test:chaos'),
  suite('test:keycloak'),
  suite('test:windows'),
  suite('test:client'),
  suite('test:resource-servers'),
  suite('test:benchmark'),
  suite('test:protocol'),
  suite('test:fuzz'),
  check('typecheck'),
  suite('test:model'),
  suite('test:terminals'),
  suite('test:conformance'),
  suite('test:presets'),
  check('test:audit'),
];

/** It runs several files at a time itself. */
export const last: readonly Step[] = [suite('test:e2e')];
