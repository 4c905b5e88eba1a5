import * as vscode from 'vscode';
import type { Metadata } from '../protocol/metadata.ts';
import {
  defaultScopes,
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../providers/definition.ts';
import { presets } from '../providers/presets/presets.ts';
import { urisToRegister } from '../signIn/redirect/registeredUris.ts';
import { withSomeClient, type AddProviderContext, type Answers, type Outcome } from './addProvider.ts';
import { askUserLookup, chooseClient, clientChoices, kindOf, type ClientChoice } from './addProviderKinds.ts';
import { askChoice, askSeveral, askText, back, type Choice } from './questions.ts';

interface Position {
  readonly step: number;
  readonly steps: number;
}

/** What a server offers, as short sentences, the good news first. */
export function offersOf(issuer: string, metadata: Metadata): string[] {
  const { host } = new URL(issuer);
  const elsewhere = new Set(
    Object.entries(metadata)
      .filter(([name, value]) => /_endpoint$/.test(name) && typeof value === 'string')
      .map(([, value]) => new URL(String(value)).host)
      .filter(other => other !== host),
  );
  return [
    metadata.authorization_endpoint ? 'Sign-in with the browser' : 'No sign-in with the browser',
    metadata.device_authorization_endpoint ? 'Device codes' : 'No device codes',
    metadata.registration_endpoint
      ? 'Registration of applications by themselves'
      : 'No registration by itself',
    ...(metadata.pushed_authorization_request_endpoint ? ['Pushed authorization requests'] : []),
    metadata.revocation_endpoint
      ? 'Sign-out that is told to the provider'
      : 'Sign-out that the provider is not told of',
    ...(elsewhere.size > 0 ? [`Uses other hosts too: ${[...elsewhere].join(', ')}`] : []),
  ];
}

/** Shows what the server offers, and asks how this editor gets a client. */
export async function askClient(
  _context: AddProviderContext,
  answers: Answers,
  position: Position,
): Promise<Outcome> {
  const { found, preset } = answers;
  if (!found) return back;
  const { issuer, metadata } = found;
  const items: Choice<ClientChoice>[] = [
    ...clientChoices(preset, metadata),
    { label: 'What it offers', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(globe) ${issuer}`, detail: found.how },
    ...offersOf(issuer, metadata).map(label => ({
      label: `$(${/^No |not told/.test(label) ? 'circle-slash' : 'check'}) ${label}`,
    })),
  ];
  const chosen = await askChoice({
    ...position,
    title: `${new URL(issuer).host}: how does this editor become known there?`,
    canGoBack: true,
    items,
  });
  if (chosen === back) return back;
  chooseClient(answers, chosen);
  return 'asked';
}

/** Shows exactly what to register at the provider, and asks for what comes of it. */
export async function askClientId(
  context: AddProviderContext,
  answers: Answers,
  definition: ProviderDefinition,
  position: Position,
): Promise<Outcome> {
  const { found, preset } = answers;
  if (answers.clientId === undefined || !found) return 'skipped';
  const parsed = parseDefinition('oidc', withSomeClient(definition));
  if (!parsed.ok) return back;
  const { host } = new URL(found.issuer);
  for (;;) {
    const seen = await showWhatToRegister(context, found.metadata, parsed.provider, answers, position);
    if (seen === back) return back;
    const clientId = await askText({
      ...position,
      title: `Client id at ${host}`,
      canGoBack: true,
      prompt: 'The client id that the provider shows for the client you have registered',
      value: answers.clientId,
      problem: text => (text.trim() === '' ? 'The client id must not be empty' : undefined),
    });
    if (clientId === back) continue;
    answers.clientId = clientId;
    const method = await askAuthentication(found.metadata, parsed.provider, preset !== undefined, position);
    if (method === back) continue;
    if (method !== undefined) answers.clientAuthentication = method;
    if ((await askUserLookup(answers, position)) === back) continue;
    return 'asked';
  }
}

async function showWhatToRegister(
  { surroundings, extensionId }: AddProviderContext,
  metadata: Metadata,
  provider: Provider,
  answers: Answers,
  position: Position,
): Promise<true | typeof back> {
  const copy: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('copy'), tooltip: 'Copy' };
  // A client that signs in by itself opens no browser that could come back.
  const uris = provider.machine ? [] : urisToRegister(metadata, provider, surroundings(), extensionId);
  const items: Choice<true>[] = [
    { label: '$(arrow-right) Continue', detail: 'The client is registered at the provider.', choice: true },
    ...(uris.length > 0
      ? [{ label: 'Redirect URIs to register, to the letter', kind: vscode.QuickPickItemKind.Separator }]
      : []),
    ...uris.map(({ uri, why }) => ({ label: uri, detail: why, buttons: [copy] })),
    { label: 'At the provider', kind: vscode.QuickPickItemKind.Separator },
    ...instructionsOf(answers).map((label, at) => ({ label: `${at + 1}. ${label}` })),
  ];
  return askChoice<true>({
    ...position,
    title: `Register this editor at ${new URL(provider.issuer).host}`,
    placeholder:
      uris.length > 0 ? 'Copy the redirect URIs with the button beside them' : 'No redirect URI is needed',
    canGoBack: true,
    items,
    onButton: ({ label }) => void vscode.env.clipboard.writeText(label),
  });
}

function instructionsOf(answers: Answers): readonly string[] {
  const { preset, isService } = answers;
  if (isService) {
    return [
      'Register a confidential client that may use the grant type client_credentials, with the scopes that it needs.',
    ];
  }
  return (
    kindOf(answers)?.registration ??
    (preset
      ? presets[preset].registration
      : ['Register a public client (native application, no secret) with these redirect URIs.'])
  );
}

type Method = NonNullable<ProviderDefinition['clientAuthentication']>;

/** Asks only where the server does not say that public clients are welcome. */
async function askAuthentication(
  metadata: Metadata,
  provider: Provider,
  isPreset: boolean,
  position: Position,
): Promise<Method | undefined | typeof back> {
  const supported = metadata.token_endpoint_auth_methods_supported;
  if (isPreset || (supported?.includes('none') && !provider.machine)) return undefined;
  const all: Choice<Method>[] = [
    { label: '$(unlock) It has no secret', detail: 'A public client, as editors should be.', choice: 'none' },
    {
      label: '$(lock) It has a client secret',
      description: 'client_secret_basic',
      choice: 'client_secret_basic',
    },
    {
      label: '$(lock) It has a client secret',
      description: 'client_secret_post',
      choice: 'client_secret_post',
    },
    { label: '$(key) It has a key', description: 'private_key_jwt', choice: 'private_key_jwt' },
  ];
  const known = supported ?? ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  // Nothing else proves who a client is that signs in by itself.
  const offered = all.filter(({ choice = '' }) =>
    choice === 'none' ? !provider.machine : known.includes(choice),
  );
  return askChoice<Method>({
    ...position,
    title: 'How does the client prove who it is?',
    placeholder:
      'The secret or key is asked for at the sign-in, and kept in the secret storage of the editor',
    canGoBack: true,
    items: offered,
  });
}

/** Scopes that are hardly wanted but are always listed. */
const mostScopes = 200;

/** Lets the person choose among the scopes that the server knows. A preset has its own. */
export async function askScopes(answers: Answers, position: Position): Promise<Outcome> {
  const { found, preset } = answers;
  const supported = found?.metadata.scopes_supported;
  if (preset !== undefined || !found || !supported) {
    answers.scopes = undefined;
    return 'skipped';
  }
  const usual = answers.isService
    ? []
    : defaultScopes.filter(scope => scope === 'openid' || supported.includes(scope));
  const chosenBefore = answers.scopes ?? [...usual, ...found.scopes];
  const known = [...new Set([...usual, ...found.scopes, ...supported])].slice(0, mostScopes);
  const chosen = await askSeveral({
    ...position,
    title: `Scopes at ${new URL(found.issuer).host}`,
    placeholder: 'What a sign-in asks for; extensions ask for what they need besides',
    canGoBack: true,
    items: known.map(label => ({
      label,
      picked: chosenBefore.includes(label),
      ...(about[label] !== undefined && { description: about[label] }),
    })),
  });
  if (chosen === back) return back;
  const isUsual = chosen.length === usual.length && usual.every(scope => chosen.includes(scope));
  answers.scopes = isUsual ? undefined : chosen;
  return 'asked';
}

const about: Readonly<Record<string, string>> = {
  openid: 'who you are',
  profile: 'your name',
  email: 'your e-mail address',
  offline_access: 'stay signed in',
};
