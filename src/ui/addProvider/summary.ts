import { icon, joined, l10n, nothing, shown, type Shown } from '../../platform/shown.ts';
import { acceptsDocuments } from '../../protocol/grants/clientDocument.ts';
import { otherHosts } from '../../protocol/server/metadata.ts';
import { planSignIn } from '../../signIn/plan/planner.ts';
import { providerIdProblem } from '../../providers/entries/definition.ts';
import { readTypedAddress } from '../../providers/lookUp/typedAddress.ts';
import { idOf, labelOf, presetName, providerOf, recognized, type Answers } from './answers.ts';
import { hostOf } from './client.ts';
import { messageRows } from './messageRows.ts';
import { chosenScopes, scopeChoice } from './scopes.ts';
import {
  go,
  type Facts,
  type ListPage,
  type ManyPage,
  type PageName,
  type Row,
  type WizardState,
} from './state.ts';
import { assumedDocument, withoutClientId } from './withoutClientId.ts';

/** Shows what will be set, and signs in. Coming here is the user's consent to the provider's hosts. */
export function summaryPage(state: WizardState, facts: Facts): ListPage {
  const { answers, trouble } = state;
  const change = (name: string, label: Shown, value: string, page: PageName, text = ''): Row => ({
    label: icon(name, label),
    description: shown(value),
    next: go(state, page, answers, text),
  });
  const id = idOf(answers, facts.taken);
  const provider = providerOf(answers);
  const scopes = chosenScopes(answers)?.chosen;
  const { userLookup, clientId } = answers;
  const isIdFree = facts.fixedId === undefined && facts.taken.includes('oidc');
  return {
    kind: 'list',
    title: shown(hostOf(answers)),
    placeholder: l10n.t('Press Enter to sign in, or select a setting to change it'),
    rows: [
      signInRow(state, facts),
      ...troubleRows(state),
      ...elsewhereRow(state),
      { heading: l10n.t('Settings') },
      change('tag', l10n.t('Change name…'), labelOf(answers), 'name', labelOf(answers)),
      change('key', l10n.t('Change client…'), clientId ?? withoutClientId(answers, facts), 'client'),
      ...(clientId === undefined
        ? []
        : [change('lock', l10n.t('Change client authentication…'), methodOf(answers), 'method')]),
      ...(userLookup
        ? [change('account', l10n.t('Change user…'), userLookup.value, 'user', userLookup.value)]
        : []),
      ...(scopes
        ? [
            change(
              'checklist',
              l10n.t('Change scopes…'),
              scopes.join(' ') || l10n.t('None selected'),
              'scopes',
            ),
          ]
        : []),
      ...(isIdFree ? [change('code', l10n.t('Change provider ID…'), id, 'id', id)] : []),
      { heading: l10n.t('Provider') },
      {
        ...copyIssuer(state, provider.issuer),
        detail: joined([shown(answers.found?.how ?? ''), elsewhere(answers)], ' '),
      },
      {
        label: icon('pulse', l10n.t('Show what it supports')),
        description: offersOf(answers),
        effect: { do: 'show', what: 'diagnosis' },
      },
      ...productRow(state),
      ...(trouble
        ? [
            {
              label: icon('save', l10n.t('Save without signing in')),
              effect: { do: 'finish' as const, signIn: false },
            },
          ]
        : []),
    ],
    filtered: 'all',
  };
}

function signInRow({ answers }: WizardState, facts: Facts): Row {
  const effect = { do: 'finish', signIn: true } as const;
  const { clientId } = answers;
  if (providerOf(answers).service)
    return {
      label: icon('server-process', l10n.t('Connect as {0}', clientId ?? '')),
      detail: l10n.t('No browser opens. The client uses its own secret or key.'),
      effect,
    };
  return {
    label: icon('sign-in', l10n.t('Sign in to {0}', hostOf(answers))),
    detail: howItBegins(answers, facts),
    effect,
  };
}

/** Says what Enter does in this environment. What the sign-in finds out later can change it. */
function howItBegins(answers: Answers, facts: Facts): Shown {
  const { surroundings, method } = facts;
  const { found, clientId } = answers;
  const provider = providerOf(answers);
  const plan = found && {
    surroundings,
    metadata: found.metadata,
    provider,
    providers: [],
    method: provider.signInMethod ?? method,
    document: clientId === undefined ? assumedDocument(answers, facts) : undefined,
    failed: [],
  };
  const begins = {
    'device-code': l10n.t('Shows a code to enter in any browser.'),
    paste: l10n.t('Opens your browser. You paste its last URL here.'),
    browser: l10n.t('Opens your browser.'),
  };
  const first = plan && planSignIn(plan).tries[0]?.method;
  return joined(
    [
      begins[first === 'device-code' || first === 'paste' ? first : 'browser'],
      clientId !== undefined
        ? undefined
        : plan?.document
          ? l10n.t('The provider reads the editor’s client ID metadata document.')
          : l10n.t('The editor registers itself automatically.'),
    ],
    ' ',
  );
}

/** Says why the sign-in failed. Enter leads to what helps. */
function troubleRows(state: WizardState): Row[] {
  const { message, cure } = state.trouble ?? {};
  if (message === undefined) return [];
  const whole = l10n.t('Sign-in failed: {0}', message);
  const tryAgain = messageRows(whole, l10n.t('Try Again'), { effect: { do: 'finish', signIn: true } });
  switch (cure) {
    case 'client':
      return messageRows(whole, l10n.t('Change client…'), { next: go(state, 'client') });
    case 'secret':
      return messageRows(whole, l10n.t('Enter client secret…'), { next: go(state, 'secret') });
    case 'scopes':
      return chosenScopes(state.answers)
        ? messageRows(whole, l10n.t('Change scopes…'), { next: go(state, 'scopes') })
        : tryAgain;
    case 'diagnose':
      return messageRows(whole, l10n.t('Diagnose'), { effect: { do: 'show', what: 'diagnosis' } });
    case 'dpop':
      return messageRows(whole, l10n.t('Use DPoP'), {
        next: { ...state, answers: { ...state.answers, dpop: 'required' } },
        effect: { do: 'finish', signIn: true },
      });
    default:
      return tryAgain;
  }
}

/** Warns if the user typed another host than the one that gets their password. */
function elsewhereRow(state: WizardState): Row[] {
  const { typed, found } = state.answers;
  const read = typed === undefined ? undefined : readTypedAddress(typed);
  if (!found || !read || read.kind === 'problem') return [];
  const host = read.kind === 'email' ? read.address.split('@')[1] : new URL(read.url).host;
  const own = hostOf(state.answers);
  if (host === own) return [];
  return [
    {
      ...copyIssuer(state, found.issuer),
      label: icon('warning', l10n.t('{0} uses {1} to sign in', host ?? '', own)),
      detail: l10n.t('Make sure you trust {0}.', own),
    },
  ];
}

const copyIssuer = (state: WizardState, text: string): Row => ({
  label: icon('globe', shown(text)),
  description: state.done === text ? l10n.t('Copied') : l10n.t('Copy issuer URL'),
  next: { ...state, done: text },
  effect: { do: 'copy', text },
});

function elsewhere({ found }: Answers): Shown {
  const hosts = found ? otherHosts(found.issuer, found.metadata) : '';
  return hosts === '' ? nothing : l10n.t('It also uses {0}.', hosts);
}

const methodOf = (answers: Answers): string => {
  const { clientAuthentication: method } = providerOf(answers);
  return method === 'none' ? l10n.t('None (public client)') : method;
};

/** Lists what the server offers. */
function offersOf({ found }: Answers): Shown {
  const has = (endpoint: string | undefined, text: Shown): Shown => (endpoint === undefined ? nothing : text);
  const { metadata } = found ?? {};
  const offers = [
    has(metadata?.authorization_endpoint, l10n.t('browser')),
    has(metadata?.device_authorization_endpoint, l10n.t('device code')),
    has(metadata?.registration_endpoint, l10n.t('automatic registration')),
    metadata && acceptsDocuments(metadata) ? l10n.t('client ID metadata documents') : nothing,
    has(metadata?.revocation_endpoint, l10n.t('revocation')),
  ];
  return joined(offers, ', ');
}

/** Switches between the settings for the product that the server is and nothing but its metadata. */
export function productRow(state: WizardState): Row[] {
  const { answers } = state;
  const known = recognized(answers);
  if (!known) return [];
  const name = presetName(known.preset);
  return answers.preset === undefined
    ? [
        {
          label: icon('verified', l10n.t('Use the settings for {0}', name)),
          detail: l10n.t('They match how it differs from its metadata.'),
          next: {
            ...state,
            answers: { ...answers, isPlain: false, preset: known.preset, presetValues: known.values },
          },
        },
      ]
    : [
        {
          label: icon('circle-outline', l10n.t('Use only its metadata')),
          detail: l10n.t('The settings for {0} aren’t used.', name),
          next: {
            ...state,
            answers: { ...answers, isPlain: true, preset: undefined, presetValues: undefined },
          },
        },
      ];
}

/** A box with a text, and what it is set to if it stays empty. */
function textPage(
  state: WizardState,
  page: Pick<ListPage, 'title' | 'placeholder'>,
  usual: string,
  problem: Shown | undefined,
  more: (text: string) => Partial<Answers>,
): ListPage {
  const text = state.text.trim() || usual;
  const row: Row = problem
    ? {
        label: icon('error', problem),
        detail: l10n.t('Press Enter to use “{0}”.', usual),
        next: { ...state, text: usual },
      }
    : { label: icon('check', l10n.t('Use “{0}”', text)), next: go(state, 'summary', more(text)) };
  return { kind: 'list', ...page, rows: [row] };
}

export const namePage = (state: WizardState): ListPage =>
  textPage(
    state,
    { title: l10n.t('Name'), placeholder: l10n.t('Enter a name to show in the Accounts menu') },
    labelOf(state.answers),
    undefined,
    label => ({ label }),
  );

export function idPage(state: WizardState, { taken }: Facts): ListPage {
  const typed = state.text.trim();
  const problem =
    typed === ''
      ? undefined
      : taken.includes(typed)
        ? l10n.t('Another provider has this ID')
        : providerIdProblem(typed);
  return textPage(
    state,
    {
      title: l10n.t('Provider ID'),
      placeholder: l10n.t('Enter the ID that extensions pass to getSession'),
    },
    idOf(state.answers, taken),
    problem,
    id => ({ id }),
  );
}

export function scopesPage(state: WizardState): ManyPage {
  const { known = [], chosen = [] } = chosenScopes(state.answers) ?? {};
  return {
    kind: 'many',
    title: l10n.t('Scopes'),
    placeholder: l10n.t('Requested at every sign-in. Extensions can request more.'),
    choices: known.map(scopeChoice),
    picked: chosen,
    accept: scopes => go(state, 'summary', { scopes }),
  };
}
