import { capitalised } from '../../platform/language.ts';
import { icon, l10n, nothing, shown, type Shown } from '../../platform/shown.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import { readTypedAddress } from '../../providers/lookUp/typedAddress.ts';
import { presetForAddress, type KnownHost } from '../../providers/presets/knownHosts.ts';
import { presets } from '../../providers/presets/presets.ts';
import { presetNames, type PresetName } from '../../providers/settings/presetNames.ts';
import { labelOf, presetName, withKnown, withTyped } from './answers.ts';
import { documentationRow } from './client.ts';
import { messageRows } from './messageRows.ts';
import { go, type Facts, type ListPage, type Row, type Trouble, type WizardState } from './state.ts';

/** Asks for the provider: by a URL or email address, or by its name in the list. */
export const wherePage = (state: WizardState, { left }: Facts): ListPage => ({
  kind: 'list',
  title: l10n.t('Add Identity Provider'),
  placeholder: l10n.t('Enter a URL or email address, such as login.example.com, or select a provider'),
  rows: [
    ...(left && state.text === '' ? [continueRow(left)] : []),
    ...(state.trouble ? troubleRows(state) : typedRows(state)),
    { heading: l10n.t('Providers') },
    ...presetNames.map(preset => ({
      label: presetName(preset),
      ...chosen(state, { preset, values: {} }),
    })),
  ],
  filtered: 'below',
});

const continueRow = (left: WizardState): Row => ({
  label: icon('history', l10n.t('Continue adding {0}', labelOf(left.answers))),
  next: left,
});

/** Asks for the first value that isn't known yet, and looks the provider up when there is none. */
function chosen(state: WizardState, known: KnownHost): Pick<Row, 'next' | 'effect'> {
  const answers = withKnown(state.answers, known);
  const [missing] = Object.keys(presets[known.preset].values).filter(name => !(name in known.values));
  return missing === undefined
    ? { next: { ...state, answers }, effect: { do: 'look-up' } }
    : valuePageNext({ ...state, answers }, known.preset, missing);
}

function valuePageNext(state: WizardState, preset: PresetName, name: string): Pick<Row, 'next'> {
  const { answers } = state;
  const page = `value:${name}` as const;
  const given = answers.presetValues?.[name] ?? answers.drafts?.[page];
  return { next: go(state, page, answers, given ?? presets[preset].values[name]?.fallback) };
}

function typedRows(state: WizardState): Row[] {
  const { text, answers } = state;
  if (text.trim() === '') return [];
  const read = readTypedAddress(text);
  if (read.kind === 'problem') return isAboutList(text) ? [] : [problemRow(state, read)];
  const address = read.kind === 'email' ? read.address : read.url;
  const host = read.kind === 'email' ? address : new URL(address).host;
  const known = presetForAddress(address);
  // A word without a dot is more likely a name from the list than a URL.
  if (!known && isAboutList(text)) return [];
  const connect: Row = {
    label: icon('arrow-right', l10n.t('Connect to {0}', host)),
    description: shown(address === host ? '' : address),
    next: { ...state, answers: withTyped(answers, text) },
    effect: { do: 'look-up' },
  };
  if (!known) return [connect];
  const label = icon('verified', l10n.t('Connect to {0} ({1})', presetName(known.preset), host));
  return [{ label, ...chosen(state, known) }, connect];
}

/** Says what is wrong with a URL. Enter takes the URL without it, where that leaves one. */
function problemRow(state: WizardState, { reason, meant }: Problem): Row {
  // Nothing is wrong yet with a URL that has just been begun.
  if (/^https?:\/{0,2}$/i.test(state.text.trim()))
    return clearing(state, icon('edit', l10n.t('Enter a URL such as https://login.example.com')));
  if (meant === undefined) return wrongText(state, reason);
  return {
    label: icon('lightbulb', l10n.t('Use {0}', meant)),
    detail: shown(`${reason}.`),
    ...using(state, meant),
  };
}

type Problem = Extract<ReturnType<typeof readTypedAddress>, { kind: 'problem' }>;

/** Looks up another URL in place of the typed one. */
const using = (state: WizardState, meant: string): Pick<Row, 'next' | 'effect'> => ({
  next: { ...state, text: meant, answers: withTyped(state.answers, meant), trouble: undefined },
  effect: { do: 'look-up' },
});

const clearing = (state: WizardState, label: Shown): Row => ({
  label,
  detail: l10n.t('Press Enter to clear the text.'),
  next: { ...state, text: '', trouble: undefined },
});

/** @param reason without a full stop. */
const wrongText = (state: WizardState, reason: string): Row => clearing(state, icon('error', shown(reason)));

/** Says what went wrong with the look-up of what is in the box. Enter on the message does what is likeliest to help. */
function troubleRows(state: WizardState): Row[] {
  const { message = nothing, meant } = state.trouble ?? {};
  const again: Pick<Row, 'next' | 'effect'> = {
    next: { ...state, trouble: undefined },
    effect: { do: 'look-up' },
  };
  const log: Row = { label: icon('output', l10n.t('Show Log')), effect: { do: 'show', what: 'log' } };
  const typed = state.text.trim();
  if (meant === undefined) return [...messageRows(message, l10n.t('Try Again'), again, typed), log];
  // The user adds the part that can't be guessed.
  const [start = ''] = meant.split('<');
  const use = start === meant ? using(state, meant) : { next: { ...state, trouble: undefined, text: start } };
  return [
    ...messageRows(message, l10n.t('Use this URL'), use, typed),
    { label: icon('refresh', l10n.t('Try Again')), ...again },
    log,
  ];
}

/** A look-up that failed. The text of a wrong issuer names a setting, which there isn't yet. */
export function troubleOf(error: Failure): Trouble {
  const { code, details, message, meant } = error;
  if (code !== 'issuer-mismatch') return { message, cure: 'again', meant };
  const { found = '' } = details;
  const issuer = String(found).replace(/^\u201c|\u201d$/g, '');
  return {
    message: l10n.t('The metadata there names the issuer {0}. Use that URL only if you trust it.', found),
    cure: 'again',
    // A long one was cut off.
    meant: URL.canParse(issuer) && !issuer.endsWith('…') ? issuer : undefined,
  };
}

const isAboutList = (text: string): boolean =>
  !/[.:/@]/.test(text) &&
  presetNames.some(name => presetName(name).toLowerCase().includes(text.trim().toLowerCase()));

/** Asks for one thing that a preset needs to know. */
export function valuePage(state: WizardState, name: string): ListPage {
  const { preset = 'github' } = state.answers;
  const { values } = presets[preset];
  const { prompt = '', example = '' } = values[name] ?? {};
  return {
    kind: 'list',
    title: presetName(preset),
    placeholder: l10n.t('{0}, such as {1}', capitalised(l10n.t(prompt)), example),
    rows: state.trouble
      ? troubleRows(state)
      : [...valueRows(state, preset, name), ...documentationRow(state.answers)],
  };
}

function valueRows(state: WizardState, preset: PresetName, name: string): Row[] {
  const { values } = presets[preset];
  const { pattern, example } = values[name] ?? {};
  const text = state.text.trim();
  if (!pattern?.test(text)) {
    if (text === '') return [];
    // Hosts are copied from the address bar.
    const host = URL.parse(text)?.host ?? '';
    if (!pattern?.test(host)) return [wrongText(state, l10n.t('It must be like {0}', example ?? ''))];
    return [{ label: icon('lightbulb', l10n.t('Use {0}', host)), next: { ...state, text: host } }];
  }
  const { [name]: _, ...others } = state.answers.presetValues ?? {};
  const answers = { ...state.answers, presetValues: text === '' ? others : { ...others, [name]: text } };
  const names = Object.keys(values);
  const following = names[names.indexOf(name) + 1];
  const label = icon('arrow-right', text === '' ? l10n.t('Continue') : l10n.t('Continue with “{0}”', text));
  return following === undefined
    ? [{ label, next: { ...state, answers }, effect: { do: 'look-up' } }]
    : [{ label, ...valuePageNext({ ...state, answers }, preset, following) }];
}
