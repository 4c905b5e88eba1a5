import { icon, l10n, shown } from '../../platform/shown.ts';
import { presetForAddress, type KnownHost } from '../../providers/presets/knownHosts.ts';
import { presetForMetadata } from '../../providers/presets/knownMetadata.ts';
import { presetNames } from '../../providers/settings/presetNames.ts';
import { presets } from '../../providers/presets/presets.ts';
import { readTypedAddress } from '../../providers/lookUp/typedAddress.ts';
import { capitalised } from '../../platform/language.ts';
import { presetName, wizardTitle, type Answers, type Outcome } from './answers.ts';
import { askChoice, askText, back, type Choice } from './questions.ts';

/** An address to look the provider up at, or one that is known. */
export type ProviderChoice = { readonly typed: string } | KnownHost;

/** Asks for the provider: by an address, or by its name in the list. */
export async function askWhich(answers: Answers): Promise<Outcome> {
  const list: Choice<ProviderChoice>[] = presetNames.map(name => ({
    label: presetName(name),
    choice: { preset: name, values: {} },
  }));
  const chosen = await askChoice<ProviderChoice>({
    title: wizardTitle(),
    step: 1,
    isFirst: true,
    placeholder: l10n.t('Address of the provider or of an API, e-mail address, or one of these'),
    value: answers.typed,
    items: list,
    typed: typedItems,
  });
  if (chosen === back) return back;
  chooseProvider(answers, chosen);
  return 'asked';
}

/** Takes over what was chosen; what was answered about another provider is forgotten. */
export function chooseProvider(answers: Answers, chosen: ProviderChoice): void {
  if ('typed' in chosen) {
    if (answers.preset !== undefined || answers.typed !== chosen.typed) forgetProvider(answers);
    answers.typed = chosen.typed;
    return;
  }
  const { preset, values } = chosen;
  const before = answers.preset === preset ? (answers.presetValues ?? {}) : undefined;
  const isSame = before && Object.entries(values).every(([name, value]) => (before[name] ?? '') === value);
  if (!isSame) forgetProvider(answers);
  answers.preset = preset;
  // The address was entered later than the values were.
  answers.presetValues = { ...before, ...values };
}

/** Everything that was answered hangs on which provider it is. */
function forgetProvider(answers: Answers): void {
  for (const name of Object.keys(answers) as (keyof Answers)[]) delete answers[name];
}

function typedItems(text: string): Choice<ProviderChoice>[] {
  if (text.trim() === '') return [];
  const read = readTypedAddress(text);
  if (read.kind === 'problem')
    return isAboutList(text) ? [] : [{ label: icon('circle-slash', shown(read.reason)) }];
  const address = read.kind === 'email' ? read.address : read.url;
  const known = presetForAddress(address);
  // A name of one of the list is a word without a dot; an address it may be all the same.
  const item: Choice<ProviderChoice> = {
    label: icon('search', shown(address)),
    description: l10n.t('find the provider there'),
    choice: { typed: text },
  };
  if (!known) return isAboutList(text) ? [] : [item];
  return [
    {
      label: icon('star', presetName(known.preset)),
      description: shown(address),
      choice: known,
    },
    item,
  ];
}

const isAboutList = (text: string): boolean =>
  !/[.:/@]/.test(text) &&
  presetNames.some(name => presets[name].label.toLowerCase().includes(text.trim().toLowerCase()));

/** Offers the settings of the product that the server is, where its metadata leaves no doubt. */
export async function askRecognized(answers: Answers): Promise<Outcome> {
  const { found, typed } = answers;
  const known = typed === undefined || !found ? undefined : presetForMetadata(found.metadata);
  if (!known || !found) return 'skipped';
  const name = presetName(known.preset);
  const chosen = await askChoice<'preset' | 'plain'>({
    title: wizardTitle(),
    step: 1,
    placeholder: l10n.t('{0} is {1}', new URL(found.issuer).host, name),
    items: [
      {
        label: icon('star', l10n.t('Use the settings for {0}', name)),
        detail: l10n.t('They fit what it does beyond its metadata, and say what to register there.'),
        choice: 'preset',
      },
      { label: icon('circle-outline', l10n.t('Use its metadata only')), choice: 'plain' },
    ],
  });
  if (chosen === back) return back;
  if (chosen === 'plain') {
    delete answers.preset;
    delete answers.presetValues;
  } else {
    answers.preset = known.preset;
    answers.presetValues = { ...known.values };
  }
  return 'asked';
}

/** Asks for what the preset needs to know. */
export async function askPresetValues(answers: Answers): Promise<Outcome> {
  const { preset, typed } = answers;
  // Of a server that was found and recognized, all values are known.
  if (preset === undefined || typed !== undefined) return 'skipped';
  const values = Object.entries(presets[preset].values);
  const given = (answers.presetValues ??= {});
  for (let at = 0; at < values.length; at++) {
    const entry = values[at];
    if (!entry) continue;
    const [name, { prompt, example, pattern, fallback }] = entry;
    const value = await askText({
      title: shown`${wizardTitle()}: ${presetName(preset)}`,
      step: 1,
      prompt: capitalised(l10n.t(prompt)),
      placeholder: shown(example),
      value: given[name] ?? fallback,
      problem: text => (pattern.test(text.trim()) ? undefined : l10n.t('It must be like {0}', example)),
    });
    if (value === back) {
      if (at === 0) return back;
      at -= 2;
      continue;
    }
    if (value === '') delete given[name];
    else given[name] = value;
  }
  return values.length > 0 ? 'asked' : 'skipped';
}
