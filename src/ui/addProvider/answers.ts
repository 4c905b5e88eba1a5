import { l10n, shown, type Shown } from '../../platform/shown.ts';
import type { ProviderDefinition } from '../../providers/entries/definition.ts';
import type { FoundServer } from '../../providers/lookUp/lookUp.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { PresetName } from '../../providers/settings/presetNames.ts';
import type { Back } from './questions.ts';

/** What has been answered so far. Going back keeps it, so that nothing has to be entered again. */
export interface Answers {
  typed?: string;
  preset?: PresetName;
  presetValues?: Record<string, string>;
  found?: FoundServer;
  /** Undefined: the editor registers itself. */
  clientId?: string | undefined;
  clientAuthentication?: ProviderDefinition['clientAuthentication'];
  /** Of a preset that knows several kinds of clients. */
  clientKind?: string;
  /** The client signs in by itself. */
  isService?: boolean;
  /** In whose name it does that. */
  userLookup?: ProviderDefinition['userLookup'];
  scopes?: readonly string[] | undefined;
  label?: string;
  id?: string;
}

/** `skipped`: there was nothing to ask, and Back goes past it. */
export type Outcome = 'asked' | 'skipped' | Back;

export const wizardTitle = (): Shown => l10n.t('Add an identity provider');

/** The label of a preset, without what tells its providers apart. */
export const presetName = (preset: PresetName): Shown => shown(presets[preset].label.split(' (')[0] ?? '');

/** As it will be when the client is known, which is asked for later. */
export const withSomeClient = (definition: ProviderDefinition): ProviderDefinition => ({
  ...definition,
  clientId: 'not-known-yet',
});
