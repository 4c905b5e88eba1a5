import { l10n } from '../../platform/shown.ts';
import type { PresetName } from '../settings/presetNames.ts';
import { WrongEntry } from '../settings/problems.ts';
import type { ProviderDefinition } from '../settings/schema.ts';
import type { Preset } from './preset.ts';

/** Empty until presets.ts is loaded: a window whose settings name none does without. */
export const loadedPresets: Partial<Record<PresetName, Preset>> = {};

/**
 * Merges an entry with its preset. The entry's own settings override the preset's.
 *
 * @throws WrongEntry
 */
export function withPreset(entry: ProviderDefinition): ProviderDefinition {
  const { preset: name, presetValues = {}, ...own } = entry;
  if (name === undefined) {
    if (Object.keys(presetValues).length === 0) return own;
    throw new WrongEntry('presetValues', l10n.t('has no effect without "preset"'));
  }
  const preset = loadedPresets[name];
  if (!preset) throw new Error('The presets are not loaded.');
  const values: Record<string, string> = {};
  for (const key of Object.keys(presetValues)) {
    if (Object.hasOwn(preset.values, key)) continue;
    const known = Object.keys(preset.values);
    throw new WrongEntry(
      `presetValues.${key}`,
      known.length > 0
        ? l10n.t('isn’t a value of "{0}", which accepts {1}', name, known.join(', '))
        : l10n.t('isn’t a value of "{0}", which accepts none', name),
    );
  }
  for (const [key, { prompt, example, pattern, fallback }] of Object.entries(preset.values)) {
    const value = presetValues[key] ?? fallback;
    const field = `presetValues.${key}`;
    if (value === undefined)
      throw new WrongEntry(field, l10n.t('is missing: {0}, for example {1}', l10n.t(prompt), example));
    if (!pattern.test(value))
      throw new WrongEntry(field, l10n.t('must be like {0}: {1}', example, l10n.t(prompt)));
    values[key] = value;
  }
  const filled = fillIn({ label: preset.label, ...preset.definition }, values) as ProviderDefinition;
  // Keeps the provider's requirements for redirect URIs if the entry sets its own bridge page or port.
  const redirect = { ...filled.redirect, ...own.redirect };
  return { ...filled, ...own, redirect };
}

/** Replaces `{name}` in all strings by the value of that name, and leaves other braces. */
function fillIn(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
    );
  }
  if (Array.isArray(value)) return value.map(item => fillIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillIn(member, values)]));
}
