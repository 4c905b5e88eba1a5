import { icon, l10n, nothing, shown, type Shown } from '../../platform/shown.ts';
import { usualScopes } from '../../providers/entries/usualScopes.ts';
import { presets } from '../../providers/presets/presets.ts';
import { urisToRegister, type RegisteredUri } from '../../signIn/redirect/registeredUris.ts';
import { kindOf, presetName, providerOf, type Answers } from './answers.ts';
import { documentationRow, hostOf, otherClientRows, withClientId, withSecretRow } from './client.ts';
import { chosenScopes } from './scopes.ts';
import { productRow } from './summary.ts';
import { canRegister } from './withoutClientId.ts';
import type { Facts, Heading, ListPage, Row, WizardState } from './state.ts';

/** Shows exactly what to register with the provider. The box takes the client ID that comes of it. */
export function registerPage(state: WizardState, facts: Facts): ListPage {
  const { answers, text } = state;
  const host = hostOf(answers);
  const clientId = text.trim();
  const request = requestText(answers, facts);
  const isCopied = state.done === request;
  const areShown = state.done === 'steps';
  const uris = redirectUris(answers, facts);
  const all = uris.map(({ uri }) => uri).join('\n');
  const others = [...otherClientRows(state, facts), ...productRow(state)];
  return {
    kind: 'list',
    title: answers.isService
      ? l10n.t('Register a service client with {0}', host)
      : l10n.t('Register an app with {0}', host),
    placeholder: l10n.t('Paste the client ID of the app here, or select how to get one'),
    rows: [
      ...(clientId === ''
        ? []
        : [
            {
              label: icon('arrow-right', l10n.t('Continue with client ID “{0}”', clientId)),
              next: withClientId(state, clientId),
            },
            ...withSecretRow(state, clientId),
          ]),
      {
        label: isCopied
          ? icon('check', l10n.t('Request copied'))
          : icon('mail', l10n.t('Ask your administrator')),
        detail: isCopied
          ? l10n.t('When you have the client ID, run “OIDC: Add Identity Provider…” to continue.')
          : canRegister(answers, facts)
            ? l10n.t('Copies a request with everything they need.')
            : l10n.t('Copies a request, because the editor can’t register itself.'),
        ...copying(state, request),
      },
      {
        label: areShown ? icon('check', l10n.t('Steps shown')) : icon('book', l10n.t('Show the steps')),
        description: answers.preset === undefined ? nothing : presetName(answers.preset),
        detail: typeOf(answers),
        next: { ...state, done: 'steps' },
        effect: { do: 'show', what: 'steps' },
      },
      ...documentationRow(answers),
      ...headed(l10n.t('Redirect URIs (add exactly as shown)'), [
        ...(uris.length > 1
          ? [
              {
                ...copyRow(state, all, icon('copy', l10n.t('Copy all'))),
                description: l10n.t('{0} redirect URIs', uris.length),
              },
            ]
          : []),
        ...uris.map(({ uri, why }) => ({ ...copyRow(state, uri, shown(uri)), detail: shown(why) })),
      ]),
      ...headed(l10n.t('Other'), others),
    ],
  };
}

const headed = (heading: Shown, rows: readonly Row[]): (Row | Heading)[] =>
  rows.length > 0 ? [{ heading }, ...rows] : [];

const copying = (state: WizardState, text: string): Pick<Row, 'next' | 'effect'> => ({
  next: { ...state, done: text },
  effect: { do: 'copy', text },
});

/** Copies something, and says so afterwards. */
export const copyRow = (state: WizardState, text: string, label: Shown): Row => ({
  label,
  description: state.done === text ? l10n.t('Copied') : l10n.t('Copy'),
  ...copying(state, text),
});

/** A service opens no browser that could come back. */
function redirectUris(answers: Answers, { surroundings, extensionId }: Facts): RegisteredUri[] {
  const provider = providerOf(answers);
  const { found } = answers;
  return provider.service || !found
    ? []
    : urisToRegister(found.metadata, provider, surroundings, extensionId);
}

function typeOf(answers: Answers): Shown {
  if (providerOf(answers).service) return l10n.t('Confidential client, client credentials grant.');
  return providerOf(answers).clientAuthentication === 'none'
    ? l10n.t('Native app, no client secret, redirect URIs below.')
    : l10n.t('Web app with a client secret, redirect URIs below.');
}

/** Returns what to do in the provider's admin console, step by step. */
function stepsOf(answers: Answers): readonly Shown[] {
  const { preset, isService } = answers;
  const known =
    kindOf(answers)?.registration ?? (preset && !isService ? presets[preset].registration : undefined);
  if (known) return known.map(step => l10n.t(step));
  return isService
    ? [
        l10n.t(
          'Register a confidential client that can use the grant type client_credentials, with the scopes that it needs.',
        ),
      ]
    : [
        l10n.t('Register a public client: a native app without a client secret.'),
        l10n.t('Add these redirect URIs exactly as shown.'),
      ];
}

const numbered = (steps: readonly Shown[]): string[] => steps.map((step, at) => `${at + 1}. ${step}`);

/** Returns the steps as a document. */
export function stepsDocument(answers: Answers, facts: Facts): string {
  const uris = redirectUris(answers, facts).map(({ uri, why }) => `- \`${uri}\`\n  ${why}`);
  const lines = [
    `# ${l10n.t('Register an app with {0}', hostOf(answers))}`,
    numbered(stepsOf(answers)).join('\n'),
    ...(uris.length > 0 ? [`## ${l10n.t('Redirect URIs')}`, uris.join('\n')] : []),
  ];
  return `${lines.join('\n\n')}\n`;
}

/** Writes a request to an administrator who can register an app, with the real values. */
export function requestText(answers: Answers, facts: Facts): string {
  const { found, preset } = answers;
  const provider = providerOf(answers);
  const { service, issuer } = provider;
  const usual = found && !service ? usualScopes(found.metadata) : [];
  const scopes = chosenScopes(answers)?.chosen ?? provider.scopes ?? usual;
  const uris = redirectUris(answers, facts).map(({ uri, why }) => `- ${uri} (${why})`);
  const isPublic = provider.clientAuthentication === 'none' && !service;
  const types = [
    isPublic ? l10n.t('Type: public (native) client, no client secret') : l10n.t('Type: confidential client'),
    service
      ? l10n.t('Grant type: client_credentials')
      : l10n.t('Grant types: Authorization Code with PKCE (S256) and Refresh Token'),
    ...(found?.metadata.device_authorization_endpoint !== undefined && !service
      ? [l10n.t('Optional grant type: Device Authorization (RFC 8628), for browser-based editors')]
      : []),
    ...(scopes.length > 0 ? [l10n.t('Scopes: {0}', scopes.join(', '))] : []),
  ];
  const paragraphs = [
    l10n.t('Subject: Please register an app with {0}', hostOf(answers)),
    l10n.t('Hi,'),
    [
      l10n.t(
        'I’d like to sign in to {0} from {1} with the OpenID Connect Authentication extension.',
        issuer,
        facts.appName,
      ),
      ...(canRegister(answers, facts) ? [] : [l10n.t('The provider doesn’t let apps register themselves.')]),
      l10n.t('Could you register one and send me its client ID?'),
    ].join(' '),
    types.map(line => `- ${line}`).join('\n'),
    ...(uris.length > 0 ? [`${l10n.t('Redirect URIs (exactly as shown):')}\n${uris.join('\n')}`] : []),
    ...(preset === undefined
      ? []
      : [`${l10n.t('In {0}:', presetName(preset))}\n${numbered(stepsOf(answers)).join('\n')}`]),
    isPublic
      ? l10n.t(
          'A client ID isn’t secret, so a reply by email is fine. One app can serve everyone in the organization.',
        )
      : l10n.t('Please send the secret through a secure channel, not by email.'),
    l10n.t('Thank you!'),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}
