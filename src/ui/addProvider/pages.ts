import { icon, l10n, type Shown } from '../../platform/shown.ts';
import type { FoundServer } from '../../providers/lookUp/lookUp.ts';
import { presets } from '../../providers/presets/presets.ts';
import { recognized, type Answers } from './answers.ts';
import { clientPage, methodPage, secretPage, userPage } from './client.ts';
import { registerPage } from './register.ts';
import { go, type Facts, type ListPage, type Page, type PageName, type WizardState } from './state.ts';
import { idPage, namePage, scopesPage, summaryPage } from './summary.ts';
import { valuePage, wherePage } from './where.ts';
import { assumedDocument, canRegister } from './withoutClientId.ts';

const pages: Readonly<
  Record<Exclude<PageName, `value:${string}`>, (state: WizardState, facts: Facts) => Page>
> = {
  where: wherePage,
  client: clientPage,
  register: registerPage,
  secret: secretPage,
  method: methodPage,
  user: userPage,
  summary: summaryPage,
  name: namePage,
  id: idPage,
  scopes: scopesPage,
};

/** Returns the page that the user sees. */
export function pageOf(state: WizardState, facts: Facts): Page {
  const { page, waiting } = state;
  if (waiting !== undefined) return waitingPage(state, waiting);
  const name = /^value:(.*)$/.exec(page)?.[1];
  return name === undefined ? pages[page as keyof typeof pages](state, facts) : valuePage(state, name);
}

const waitingPage = (state: WizardState, waiting: Shown): ListPage => ({
  kind: 'list',
  title: l10n.t('Add Identity Provider'),
  placeholder: waiting,
  rows: [{ label: icon('close', l10n.t('Cancel')), detail: waiting, next: { ...state, waiting: undefined } }],
});

/** Leads on from the server that was looked up: to what is to be registered there, or straight to the summary. */
export function withFound(
  state: WizardState,
  found: FoundServer,
  facts: Pick<Facts, 'clientDocument'>,
): WizardState {
  const looked: Answers = { ...state.answers, found };
  const known = looked.isPlain ? undefined : recognized(looked);
  const answers = known ? { ...looked, preset: known.preset, presetValues: known.values } : looked;
  const { preset, clientKind, clientId } = answers;
  if (preset !== undefined && presets[preset].clients && clientKind === undefined)
    return go(state, 'client', answers);
  // The registration endpoints of known products are mostly closed.
  const registersItself =
    clientKind !== undefined ||
    (canRegister(answers, facts) && preset === undefined) ||
    assumedDocument(answers, facts) !== undefined;
  return clientId === undefined && registersItself
    ? go(state, 'summary', answers)
    : go(state, 'register', { ...answers, clientId: clientId ?? '' }, clientId);
}
