import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryOf } from '../../../standIns/memento.ts';
import '../../../standIns/editor/useEditorStandIn.ts';

const { createRangeReporter, readSignInSettings } =
  await import('../../../../src/ui/signIn/signInSettings.ts');
const { createRepeating } = await import('../../../../src/ui/problems/repeating.ts');
const { editor } = await import('../../../standIns/editor/vscode.ts');

interface Declared {
  readonly type?: string;
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
  readonly contributes: {
    readonly configuration: { readonly properties: Readonly<Record<string, Declared>> };
  };
};
const { properties } = manifest.contributes.configuration;
/** The settings that are a number of seconds, by what the code calls their value. */
const members = {
  'signIn.timeout': 'person',
  'signIn.browserTimeout': 'browser',
  'signIn.providerTimeout': 'provider',
} as const;

describe('a setting in seconds', () => {
  beforeEach(() => {
    editor.settings = {};
    editor.warnings = [];
    editor.commands = [];
    editor.presses = undefined;
  });

  it('is each one that the manifest declares as a number', () => {
    const numbers = Object.entries(properties).filter(([, { type }]) => type === 'number');
    assert.deepEqual(
      numbers.map(([name]) => name).sort(),
      Object.keys(members)
        .map(key => `oidc.${key}`)
        .sort(),
    );
  });

  for (const [key, member] of Object.entries(members)) {
    const { default: usual = NaN, minimum = NaN, maximum = NaN } = properties[`oidc.${key}`] ?? {};
    const used = (value: unknown): number => {
      editor.settings = { [key]: value };
      return readSignInSettings().timeouts[member];
    };

    it(`is used as it is written, within the limits: ${key}`, () => {
      for (const value of [minimum, minimum + 0.5, usual, maximum]) {
        assert.equal(used(value), value);
        assert.deepEqual(readSignInSettings().outOfRange, []);
      }
    });

    it(`is the nearest value that is allowed, beyond them: ${key}`, () => {
      for (const [value, nearest] of [
        [-Infinity, minimum],
        [-1, minimum],
        [0, minimum],
        [minimum - 0.1, minimum],
        [maximum + 0.1, maximum],
        [1e9, maximum],
        [Infinity, maximum],
      ] as const) {
        assert.equal(used(value), nearest, String(value));
        const told = { setting: `oidc.${key}`, least: minimum, most: maximum, used: nearest };
        assert.deepEqual(readSignInSettings().outOfRange, [told]);
      }
    });

    it(`counts as not set where it is no number: ${key}`, () => {
      for (const value of [undefined, null, '20', NaN, true, [20], {}]) {
        assert.equal(used(value), usual, JSON.stringify(value));
        assert.deepEqual(readSignInSettings().outOfRange, []);
      }
    });

    it(`is said to be another one, once, with a button that leads to it: ${key}`, async () => {
      editor.settings = { [key]: minimum - 1 };
      editor.presses = 'Open Settings';
      const report = createRangeReporter(createRepeating(memoryOf()));
      await report();
      await report();
      const message = `The setting oidc.${key} must be from ${minimum} to ${maximum} seconds, so ${minimum} is used.`;
      assert.deepEqual(editor.warnings, [[message, 'Open Settings', 'Don’t Show Again']]);
      assert.deepEqual(editor.commands, [['workbench.action.openSettings', `oidc.${key}`]]);
      // Another wrong value is another message.
      editor.settings = { [key]: maximum + 1 };
      await report();
      assert.equal(editor.warnings.length, 2);
    });
  }
});
