import { icon, l10n, shown, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { certificateMethods } from '../../protocol/client/clientAuthentication.ts';
import { otherHosts, type Metadata } from '../../protocol/server/metadata.ts';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../providers/entries/definition.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { Surroundings } from '../../signIn/plan/planner.ts';
import { urisToRegister } from '../../signIn/redirect/registeredUris.ts';
import type { ItemButton } from '../show.ts';
import { withSomeClient, type Answers, type Outcome } from './answers.ts';
import { askUserLookup, chooseClient, clientChoices, kindOf, type ClientChoice } from './kinds.ts';
import { askChoice, askText, back, type Back, type Choice } from './questions.ts';
import { registrationRows } from './registrationSteps.ts';

/** What it takes to say what is to be registered at a provider. */
export interface RegisteringContext {
  readonly extensionId: string;
  surroundings(): Surroundings;
}

/** What a server offers, or does not, in a few words. */
export interface Offer {
  readonly offered: boolean;
  readonly text: Shown;
}

/** What a server offers, the good news first. */
export function offersOf(issuer: string, metadata: Metadata): Offer[] {
  const elsewhere = otherHosts(issuer, metadata);
  const offer = (endpoint: string | undefined, has: Shown, hasNot: Shown): Offer =>
    endpoint === undefined ? { offered: false, text: hasNot } : { offered: true, text: has };
  return [
    offer(
      metadata.authorization_endpoint,
      l10n.t('Sign-in with the browser'),
      l10n.t('No sign-in with the browser'),
    ),
    offer(metadata.device_authorization_endpoint, l10n.t('Device codes'), l10n.t('No device codes')),
    offer(
      metadata.registration_endpoint,
      l10n.t('Registration of applications by themselves'),
      l10n.t('No registration by itself'),
    ),
    ...(metadata.pushed_authorization_request_endpoint
      ? [{ offered: true, text: l10n.t('Pushed authorization requests') }]
      : []),
    offer(
      metadata.revocation_endpoint,
      l10n.t('Sign-out that is told to the provider'),
      l10n.t('Sign-out that the provider is not told of'),
    ),
    ...(elsewhere === '' ? [] : [{ offered: true, text: l10n.t('Uses other hosts too: {0}', elsewhere) }]),
  ];
}

/** Shows what the server offers, and asks how this editor gets a client. */
export async function askClient(answers: Answers): Promise<Outcome> {
  const { found } = answers;
  if (!found) return back;
  const { issuer, metadata } = found;
  const items: Choice<ClientChoice>[] = [
    ...clientChoices(answers, metadata),
    { label: l10n.t('What it offers'), kind: vscode.QuickPickItemKind.Separator },
    { label: icon('globe', shown(issuer)), detail: shown(found.how) },
    ...offersOf(issuer, metadata).map(({ offered, text }) => ({
      label: icon(offered ? 'check' : 'circle-slash', text),
    })),
  ];
  const chosen = await askChoice({
    step: 2,
    title: l10n.t('{0}: how does this editor become known there?', new URL(issuer).host),
    items,
  });
  if (chosen === back) return back;
  chooseClient(answers, chosen);
  return 'asked';
}

/** Shows exactly what to register at the provider, and asks for what comes of it. */
export async function askClientId(
  context: RegisteringContext,
  answers: Answers,
  definition: ProviderDefinition,
): Promise<Outcome> {
  const { found } = answers;
  if (answers.clientId === undefined || !found) return 'skipped';
  const parsed = parseDefinition('oidc', withSomeClient(definition));
  if (!parsed.ok) return back;
  const { host } = new URL(found.issuer);
  for (;;) {
    const seen = await showWhatToRegister(context, found.metadata, parsed.provider, answers);
    if (seen === back) return back;
    const clientId = await askText({
      step: 3,
      title: l10n.t('Client id at {0}', host),
      prompt: l10n.t('The client id that the provider shows for the client you have registered'),
      value: answers.clientId,
      problem: text => (text.trim() === '' ? l10n.t('The client id must not be empty') : undefined),
    });
    if (clientId === back) continue;
    answers.clientId = clientId;
    const method = await askAuthentication(context, found.metadata, parsed.provider, answers);
    if (method === back) continue;
    if (method !== undefined) answers.clientAuthentication = method;
    if ((await askUserLookup(answers)) === back) continue;
    return 'asked';
  }
}

async function showWhatToRegister(
  { surroundings, extensionId }: RegisteringContext,
  metadata: Metadata,
  provider: Provider,
  answers: Answers,
): Promise<true | Back> {
  const copy: ItemButton = { iconPath: new vscode.ThemeIcon('copy'), tooltip: l10n.t('Copy') };
  // A client that signs in by itself opens no browser that could come back.
  const uris = provider.service ? [] : urisToRegister(metadata, provider, surroundings(), extensionId);
  const items: Choice<true>[] = [
    {
      label: icon('arrow-right', l10n.t('Continue')),
      detail: l10n.t('The client is registered at the provider.'),
      choice: true,
    },
    { label: l10n.t('At the provider'), kind: vscode.QuickPickItemKind.Separator },
    ...registrationRows(instructionsOf(answers)),
    // The headings are short: a row that has one at its end shows so much less of itself.
    ...(uris.length > 0
      ? [{ label: l10n.t('Redirect URIs'), kind: vscode.QuickPickItemKind.Separator }]
      : []),
    ...uris.map(({ uri, why }) => ({ label: shown(uri), detail: shown(why), buttons: [copy] })),
  ];
  return askChoice<true>({
    step: 3,
    title: l10n.t('Register this editor at {0}', new URL(provider.issuer).host),
    placeholder:
      uris.length > 0
        ? l10n.t('Copy the redirect URIs with the button beside them')
        : l10n.t('No redirect URI is needed'),
    items,
    onButton: ({ label }) => void vscode.env.clipboard.writeText(label),
  });
}

function instructionsOf(answers: Answers): readonly string[] {
  const { preset, isService } = answers;
  if (isService) {
    return [
      l10n.t(
        'Register a confidential client that may use the grant type client_credentials, with the scopes that it needs.',
      ),
    ];
  }
  return (
    kindOf(answers)?.registration.map(step => l10n.t(step)) ??
    (preset
      ? presets[preset].registration.map(step => l10n.t(step))
      : [
          l10n.t('Register a public client: a native application without a secret.'),
          l10n.t('Give it the redirect URIs below, to the letter.'),
        ])
  );
}

type Method = NonNullable<ProviderDefinition['clientAuthentication']>;

/** Asks only where the server does not say that public clients are welcome. */
async function askAuthentication(
  { surroundings }: RegisteringContext,
  metadata: Metadata,
  provider: Provider,
  { preset }: Answers,
): Promise<Method | undefined | Back> {
  const supported = metadata.token_endpoint_auth_methods_supported;
  if (preset !== undefined || (supported?.includes('none') && !provider.service)) return undefined;
  const all: Choice<Method>[] = [
    {
      label: icon('unlock', l10n.t('It has no secret')),
      detail: l10n.t('A public client, as editors should be.'),
      choice: 'none',
    },
    {
      label: icon('lock', l10n.t('It has a client secret')),
      description: shown('client_secret_basic'),
      choice: 'client_secret_basic',
    },
    {
      label: icon('lock', l10n.t('It has a client secret')),
      description: shown('client_secret_post'),
      choice: 'client_secret_post',
    },
    {
      label: icon('key', l10n.t('It has a key')),
      description: shown('private_key_jwt'),
      choice: 'private_key_jwt',
    },
    // An editor inside the browser cannot show one.
    ...(surroundings().runsIn === 'web-worker'
      ? []
      : certificateMethods.map(choice => ({
          label: icon('verified', l10n.t('It has a certificate')),
          description: shown(choice),
          choice,
        }))),
  ];
  const known = supported ?? ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  // Nothing else proves who a client is that signs in by itself.
  const offered = all.filter(({ choice = '' }) =>
    choice === 'none' ? !provider.service : known.includes(choice),
  );
  return askChoice<Method>({
    step: 3,
    title: l10n.t('How does the client prove who it is?'),
    placeholder: l10n.t(
      'The secret, key or certificate is asked for at the sign-in, and kept in the secret storage of the editor',
    ),
    items: offered,
  });
}
