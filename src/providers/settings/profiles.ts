import type { ProfileName } from './profileNames.ts';
import type { ProviderDefinition } from './schema.ts';

type Profile = (definition: ProviderDefinition) => ProviderDefinition;

/** Empty until presets.ts is loaded: a window whose settings name none does without. */
export const loadedProfiles: Partial<Record<ProfileName, Profile>> = {};

/**
 * Adds the settings that an entry's profile demands.
 *
 * @throws WrongEntry for one that contradicts it.
 */
export function withProfile(definition: ProviderDefinition): ProviderDefinition {
  if (!definition.profile) return definition;
  const profile = loadedProfiles[definition.profile];
  if (!profile) throw new Error('The profiles are not loaded.');
  return profile(definition);
}
