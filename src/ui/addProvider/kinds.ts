import { icon, l10n, shown } from '../../platform/shown.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import { serviceGrantTypes } from '../../protocol/server/serviceGrantTypes.ts';
import type { ProviderDefinition } from '../../providers/entries/definition.ts';
import { userLookupFields } from '../../providers/settings/serviceSettings.ts';
import type { PresetClient } from '../../providers/presets/preset.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { Answers } from './answers.ts';
import { askChoice, askText, back, type Back, type Choice } from './questions.ts';

/** How the editor becomes known at the provider: by itself, by an id, as a service, or as a preset's kind of client. */
export type ClientChoice =
  { readonly by: 'registration' | 'id' | 'service' } | { readonly by: 'kind'; readonly kind: string };

/** The kind of client that was chosen, of a preset that has several. */
export const kindOf = ({ preset, clientKind }: Answers): PresetClient | undefined =>
  preset === undefined ? undefined : presets[preset].clients?.[clientKind ?? ''];

/** What stands in the settings for what was chosen. */
export function kindSettings(answers: Answers): ProviderDefinition {
  const { isService, userLookup } = answers;
  return {
    ...(isService && { signInMethod: 'client-credentials' }),
    ...kindOf(answers)?.definition,
    ...(userLookup && { userLookup }),
  };
}

/** The ways to become known there, likeliest first. */
export function clientChoices({ preset, typed }: Answers, metadata: Metadata): Choice<ClientChoice>[] {
  const kinds = preset === undefined ? undefined : presets[preset].clients;
  if (kinds) {
    return Object.entries(kinds)
      .filter(([, { registersItself }]) => !registersItself || metadata.registration_endpoint !== undefined)
      .map(([kind, { label, detail, definition, registersItself }]) => {
        const name = registersItself ? 'rocket' : definition.signInMethod ? 'server-process' : 'account';
        return { label: icon(name, l10n.t(label)), detail: l10n.t(detail), choice: { by: 'kind', kind } };
      });
  }
  const isService = metadata.grant_types_supported?.includes(serviceGrantTypes['client-credentials']);
  return [
    ...(metadata.registration_endpoint !== undefined && (preset === undefined || typed !== undefined)
      ? [
          {
            label: icon('rocket', l10n.t('Let this editor register itself')),
            detail: l10n.t('Nothing has to be set up at the provider.'),
            choice: { by: 'registration' as const },
          },
        ]
      : []),
    {
      label: icon('key', l10n.t('Enter a client id')),
      detail: l10n.t('The next step says what to register at the provider.'),
      choice: { by: 'id' },
    },
    ...(isService
      ? [
          {
            label: icon('server-process', l10n.t('Enter the client id of a service')),
            detail: l10n.t('Nobody signs in: the client has a secret or a key, and acts as itself.'),
            choice: { by: 'service' as const },
          },
        ]
      : []),
  ];
}

/** Takes what was chosen over, and forgets what belongs to another choice. */
export function chooseClient(answers: Answers, choice: ClientChoice): void {
  const before = answers.clientKind;
  const wasService = answers.isService === true;
  delete answers.clientKind;
  delete answers.isService;
  if (choice.by === 'kind') answers.clientKind = choice.kind;
  if (choice.by === 'service') answers.isService = true;
  if (answers.clientKind !== before || choice.by !== 'kind') delete answers.userLookup;
  if (choice.by === 'registration' || kindOf(answers)?.registersItself) {
    answers.clientId = undefined;
    delete answers.clientAuthentication;
    return;
  }
  answers.clientId ??= '';
  // A service has a secret or a key, which a client that people sign in with need not have.
  if (wasService !== (choice.by === 'service')) delete answers.clientAuthentication;
  if (choice.by === 'service' && (answers.clientAuthentication ?? 'none') === 'none') {
    answers.clientAuthentication = 'client_secret_basic';
  }
  if (choice.by === 'kind') delete answers.clientAuthentication;
}

/** Asks in whose name the client acts, where it does. */
export async function askUserLookup(answers: Answers): Promise<true | Back> {
  if (kindOf(answers)?.definition.signInMethod !== 'impersonation') return true;
  const about = {
    userId: {
      label: icon('account', l10n.t('By the id of the user')),
      detail: l10n.t('The id that the user has in the tenant.'),
    },
    subject: {
      label: icon('person', l10n.t('By the subject')),
      detail: l10n.t('What the identity provider of the tenant calls the user.'),
    },
  };
  for (;;) {
    const field = await askChoice({
      step: 3,
      title: l10n.t('How is the user found in whose name the client acts?'),
      items: userLookupFields.map(choice => ({ ...about[choice], description: shown(choice), choice })),
    });
    if (field === back) return back;
    const before = answers.userLookup;
    const value = await askText({
      step: 3,
      title: l10n.t('In whose name does the client act?'),
      prompt:
        field === 'userId' ? l10n.t('The id of the user in the tenant') : l10n.t('The subject of the user'),
      value: before?.field === field ? before.value : undefined,
      problem: text => (text.trim() === '' ? l10n.t('It must not be empty') : undefined),
    });
    if (value === back) continue;
    answers.userLookup = { field, value };
    return true;
  }
}
