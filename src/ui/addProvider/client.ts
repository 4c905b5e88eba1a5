import { icon, l10n, nothing, shown, type Shown } from '../../platform/shown.ts';
import { secret } from '../../platform/secret.ts';
import { certificateMethods } from '../../protocol/client/clientAuthentication.ts';
import { serviceGrantTypes } from '../../protocol/server/serviceGrantTypes.ts';
import { userLookupFields } from '../../providers/settings/serviceSettings.ts';
import { presets } from '../../providers/presets/presets.ts';
import {
  isForService,
  kindOf,
  presetName,
  providerOf,
  secretMethods,
  supportedMethods,
  type Answers,
} from './answers.ts';
import {
  go,
  type Facts,
  type ListPage,
  type PageName,
  type Row,
  type SecretPage,
  type WizardState,
} from './state.ts';
import { canRegister, withoutClientId } from './withoutClientId.ts';

/** How the editor gets a client: it registers itself, or uses a client ID, for a user or a service, or of a preset's kind. */
export type ClientChoice =
  { readonly by: 'registration' | 'id' | 'service' } | { readonly by: 'kind'; readonly kind: string };

export const hostOf = ({ found }: Answers): string => new URL(found?.issuer ?? '').host;

/** Takes what was chosen, and forgets what belongs to another choice. */
export function withClient(answers: Answers, choice: ClientChoice): Answers {
  const clientKind = choice.by === 'kind' ? choice.kind : undefined;
  const isService = choice.by === 'service';
  const isSame = clientKind === answers.clientKind && isService === (answers.isService ?? false);
  const chosen: Answers = {
    ...answers,
    clientKind,
    isService,
    ...(!isSame && { userLookup: undefined, clientAuthentication: undefined, secret: undefined }),
  };
  return choice.by === 'registration' || kindOf(chosen)?.registersItself
    ? { ...chosen, clientId: undefined, clientAuthentication: undefined, secret: undefined }
    : { ...chosen, clientId: answers.clientId ?? '' };
}

/** Lists the kinds of client, likeliest first. */
export function clientPage(state: WizardState, facts: Facts): ListPage {
  const { answers } = state;
  return {
    kind: 'list',
    title: l10n.t('Client'),
    placeholder: l10n.t('Select how to identify the editor to {0}', hostOf(answers)),
    rows: clientRows(answers, facts).map(({ choice, ...row }) => ({
      ...row,
      next: withClientNext(state, choice),
    })),
    filtered: 'all',
  };
}

function withClientNext(state: WizardState, choice: ClientChoice): WizardState {
  const answers = withClient(state.answers, choice);
  if (answers.clientId !== undefined) return go(state, 'register', answers, answers.clientId);
  // What only a client ID leads to is nothing to go back to.
  const trail = state.trail.filter(({ page }) => !['secret', 'method', 'user'].includes(page));
  return go({ ...state, trail }, 'summary', answers);
}

type ClientRow = Row & { readonly choice: ClientChoice };

function clientRows(answers: Answers, facts: Facts): ClientRow[] {
  const { preset, found } = answers;
  const kinds = preset === undefined ? undefined : presets[preset].clients;
  if (kinds) {
    const offered = Object.entries(kinds).filter(
      ([, { registersItself }]) => !registersItself || found?.metadata.registration_endpoint !== undefined,
    );
    return offered.map(([kind, { label, detail, definition, registersItself }]) => {
      const name = registersItself ? 'rocket' : definition.signInMethod ? 'server-process' : 'account';
      return { label: icon(name, l10n.t(label)), detail: l10n.t(detail), choice: { by: 'kind', kind } };
    });
  }
  const byId: ClientRow = isForService(answers)
    ? {
        label: icon('account', l10n.t('Use an app that users sign in with')),
        detail: l10n.t('You sign in with your browser.'),
        choice: { by: 'id' },
      }
    : {
        label: icon('key', l10n.t('Use a client ID')),
        detail: l10n.t('From an app that you or your administrator registered.'),
        choice: { by: 'id' },
      };
  const byItself: ClientRow = {
    label: icon('rocket', withoutClientId(answers, facts)),
    detail: l10n.t('No setup needed.'),
    choice: { by: 'registration' },
  };
  const service: ClientRow = {
    label: icon('server-process', l10n.t('Use a service client')),
    detail: l10n.t('No user signs in. The client uses its own secret or key.'),
    choice: { by: 'service' },
  };
  const grants = found?.metadata.grant_types_supported;
  return [
    ...(canRegister(answers, facts) ? [byItself] : []),
    byId,
    ...(grants?.includes(serviceGrantTypes['client-credentials']) ? [service] : []),
  ];
}

/** Rows that lead to the other kinds of client. */
export function otherClientRows(state: WizardState, facts: Facts): Row[] {
  const { clientKind, isService = false } = state.answers;
  const isChosen = ({ choice }: ClientRow): boolean =>
    choice.by === 'kind' ? choice.kind === clientKind : choice.by === (isService ? 'service' : 'id');
  return clientRows(state.answers, facts)
    .filter(row => !isChosen(row))
    .map(({ choice, ...row }) => ({ ...row, next: withClientNext(state, choice) }));
}

/** Forgets the secret of another client. */
const answersWithId = ({ answers }: WizardState, clientId: string): Answers => ({
  ...answers,
  clientId,
  ...(clientId !== answers.clientId && { secret: undefined }),
});

/** Continues from the client ID to what the client still lacks. */
export function withClientId(state: WizardState, clientId: string): WizardState {
  const answers = answersWithId(state, clientId);
  const page = authenticationPage(answers);
  return page ? go(state, page, answers) : afterAuthentication(state, answers);
}

/** Leads to the client secret where only the user knows that there is one: the server takes clients without, too. */
export function withSecretRow(state: WizardState, clientId: string): Row[] {
  const answers = answersWithId(state, clientId);
  const canHaveOne = kindOf(answers) === undefined && supportedMethods(answers).some(isSecretMethod);
  return canHaveOne && authenticationPage(answers) === undefined
    ? [
        {
          label: icon('lock', l10n.t('Enter client secret…')),
          detail: l10n.t('If this client has one, such as a web app.'),
          next: go(state, 'secret', answers),
        },
      ]
    : [];
}

const isSecretMethod = (method: string): boolean => secretMethods.some(name => name === method);

/** Returns the page that asks how the client authenticates, or undefined if there is no choice. */
function authenticationPage(answers: Answers): PageName | undefined {
  const method = answers.clientAuthentication ?? providerOf(answers).clientAuthentication;
  if (isSecretMethod(method)) return 'secret';
  if (answers.clientAuthentication !== undefined) return undefined;
  const supported = supportedMethods(answers);
  const isPublic = !isForService(answers) && (answers.preset !== undefined || supported.includes('none'));
  if (isPublic) return undefined;
  return supported.some(isSecretMethod) ? 'secret' : 'method';
}

const afterAuthentication = (state: WizardState, answers: Answers): WizardState =>
  kindOf(answers)?.definition.signInMethod === 'impersonation'
    ? go(state, 'user', answers, answers.userLookup?.value)
    : go(state, 'summary', answers);

/** Asks for the client secret. Left empty, the client is public, or the secret is entered at the sign-in. */
export function secretPage(state: WizardState): SecretPage {
  const { answers } = state;
  const isNeeded = isForService(answers) || answers.preset !== undefined;
  return {
    kind: 'secret',
    title: l10n.t('Client secret'),
    placeholder: isNeeded
      ? l10n.t('Client secret, or leave empty to enter it when you sign in')
      : l10n.t('Client secret, or leave empty if the app has none'),
    prompt: l10n.t('Kept in secret storage, never in settings.'),
    accept(typed) {
      const text = typed.trim();
      const usual = secretMethods.find(method => supportedMethods(answers).includes(method));
      const given = answers.clientAuthentication;
      const isPublic = text === '' && !isNeeded;
      // Says nothing where the product's own method is right.
      const takesOne = isSecretMethod(providerOf(answers).clientAuthentication);
      const method = takesOne && answers.preset ? given : isSecretMethod(given ?? '') ? given : usual;
      return afterAuthentication(state, {
        ...answers,
        clientAuthentication: isPublic ? 'none' : method,
        secret: text === '' ? undefined : secret(text),
      });
    },
  };
}

/** Lets the user choose how the client authenticates. */
export function methodPage(state: WizardState, { surroundings }: Facts): ListPage {
  const { answers } = state;
  const row = (
    name: string,
    label: Shown,
    method: NonNullable<Answers['clientAuthentication']>,
    detail: Shown = nothing,
  ): Row => {
    const more = { ...answers, clientAuthentication: method, secret: undefined };
    return {
      label: icon(name, label),
      description: shown(method),
      detail,
      next: isSecretMethod(method) ? go(state, 'secret', more) : afterAuthentication(state, more),
    };
  };
  const supported = supportedMethods(answers);
  const rows = [
    row('unlock', l10n.t('None (public client)'), 'none'),
    row('lock', l10n.t('Client secret'), 'client_secret_basic', l10n.t('In a header. Try this one first.')),
    row('lock', l10n.t('Client secret'), 'client_secret_post', l10n.t('In the request body.')),
    row('key', l10n.t('Private key'), 'private_key_jwt'),
    // An editor inside the browser can't present one.
    ...(surroundings.runsIn === 'web-worker'
      ? []
      : certificateMethods.map(method => row('verified', l10n.t('Client certificate'), method))),
  ];
  const isOffered = (method = ''): boolean =>
    method === 'none' ? !isForService(answers) : supported.includes(method);
  return {
    kind: 'list',
    title: l10n.t('Client authentication'),
    placeholder: l10n.t(
      'Select what the provider issued. Keys and certificates are entered when you sign in.',
    ),
    rows: rows.filter(({ description }) => isOffered(description)),
    filtered: 'all',
  };
}

/** Asks for the user whose tokens the client gets. */
export function userPage(state: WizardState): ListPage {
  const { text, answers } = state;
  const value = text.trim();
  // The editor sorts rows whose label has what is typed, so it isn't in these.
  const labels = { userId: l10n.t('Continue with user ID'), subject: l10n.t('Continue with subject') };
  return {
    kind: 'list',
    title: l10n.t('User'),
    placeholder: l10n.t('Enter the ID or subject of the user that the client acts for'),
    rows:
      value === ''
        ? documentationRow(answers)
        : userLookupFields.map(field => ({
            label: icon('arrow-right', labels[field]),
            description: shown(value),
            ...(field === 'userId' && { detail: l10n.t('The ID in the tenant') }),
            next: go(state, 'summary', { ...answers, userLookup: { field, value } }),
          })),
  };
}

/** Opens the provider's own page about clients, where there is one. */
export const documentationRow = ({ preset }: Answers): Row[] =>
  preset === undefined
    ? []
    : [
        {
          label: icon('link-external', l10n.t('Open the {0} documentation', presetName(preset))),
          effect: { do: 'open', address: presets[preset].documentation },
        },
      ];
