import { icon, l10n, shown, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { environment } from '../../environment.ts';
import { secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import { CertificateProblem, type MutualTls } from '../../protocol/http/clientCertificate.ts';
import {
  generateClientKey,
  KeyProblem,
  publicKeySet,
  readClientKey,
} from '../../protocol/client/keys/clientKey.ts';
import { keyInProfile, type SecurityProfile } from '../../protocol/client/securityProfile.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import {
  createClientSecrets,
  credentialKinds,
  type ClientCredential,
  type ClientSecrets,
  type CredentialKind,
} from '../../signIn/client/clientSecrets.ts';
import { untilCanceled } from '../cancellation.ts';
import { window, type InputBoxOptions, type Item } from '../show.ts';

/** The client secrets, keys and certificates of this editor. Asks for missing ones. */
export const editorClientSecrets = (storage: SecretStorage): ClientSecrets =>
  createClientSecrets({ storage, ask: askClientCredential, mutualTls: environment.mutualTls });

/**
 * Asks for a credential of the provider's client.
 *
 * @param signal of the sign-in that needs it: closes what is open.
 */
export function askClientCredential(
  provider: Pick<Provider, 'label' | 'clientId' | 'assertionAlgorithm' | 'profile'>,
  signal: AbortSignal | undefined,
  kind: CredentialKind,
): Promise<ClientCredential | undefined> {
  switch (kind) {
    case 'certificate':
      return askCertificate(provider, signal);
    case 'key':
      return askKey(provider, signal);
    case 'secret':
      return askSecret(provider, signal);
  }
}

/** Asks which credential is meant, if the provider's client has several. Undefined: none. */
export async function chooseKind(
  provider: Pick<Provider, 'label' | 'clientAuthentication' | 'certificateBoundTokens'>,
): Promise<CredentialKind | undefined> {
  const [only, ...more] = credentialKinds(provider);
  if (only === undefined || more.length === 0) return only;
  const names: Readonly<Record<CredentialKind, Shown>> = {
    secret: l10n.t('Client secret'),
    key: l10n.t('Private key'),
    certificate: l10n.t('Client certificate'),
  };
  const items = [only, ...more].map(credential => ({ credential, label: names[credential] }));
  const title = l10n.t('Which credential of {0} do you want to replace?', provider.label);
  return (await window.showQuickPick(items, { title, placeHolder: l10n.t('Credential') }))?.credential;
}

type Signal = AbortSignal | undefined;

const showBox = (box: InputBoxOptions, signal: Signal): Promise<string | undefined> =>
  untilCanceled(signal, token => window.showInputBox({ ...box, ignoreFocusOut: true }, token));

const showList = <T extends Item>(
  title: Shown,
  items: readonly T[],
  signal: Signal,
): Promise<T | undefined> =>
  untilCanceled(signal, token => window.showQuickPick(items, { title, ignoreFocusOut: true }, token));

async function askSecret(
  { label, clientId }: Pick<Provider, 'label' | 'clientId'>,
  signal: Signal,
): Promise<ClientCredential | undefined> {
  const box = {
    title: l10n.t('Client secret of {0}', label),
    prompt: l10n.t('Client secret for {0}. Kept in secret storage, never in settings.', clientId ?? ''),
    placeHolder: l10n.t('client secret'),
    password: true,
  };
  const text = await showBox(box, signal);
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : { kind: 'secret', secret: secret(trimmed) };
}

async function askKey(
  { label, assertionAlgorithm, profile }: Pick<Provider, 'label' | 'assertionAlgorithm' | 'profile'>,
  signal: Signal,
): Promise<ClientCredential | undefined> {
  const make = {
    label: icon('key', l10n.t('Make a new key')),
    detail: l10n.t('Shows the public key, which you register with the provider.'),
  };
  const paste = {
    label: icon('clippy', l10n.t('Paste a private key')),
    detail: l10n.t('PEM (PKCS #8) or JSON Web Key.'),
  };
  const chosen = await showList(l10n.t('Client key of {0}', label), [make, paste], signal);
  if (chosen === make) {
    const key = await generateClientKey(assertionAlgorithm);
    // Don't let a key be registered that isn't kept.
    signal?.throwIfAborted();
    await showPublicKeys(publicKeySet(key));
    return { kind: 'key', key };
  }
  return chosen === paste ? pasteKey(label, profile, signal) : undefined;
}

async function pasteKey(
  label: string,
  profile: SecurityProfile | undefined,
  signal: Signal,
): Promise<ClientCredential | undefined> {
  const box: InputBoxOptions = {
    title: l10n.t('Client key of {0}', label),
    prompt: l10n.t('Private key as PEM or JSON Web Key. Kept in secret storage, never in settings.'),
    password: true,
    // A box of one line makes spaces of line breaks.
    validateInput: async value => problemOfKey(value, profile),
  };
  const text = await showBox(box, signal);
  return text === undefined ? undefined : { kind: 'key', key: await readClientKey(text) };
}

async function problemOfKey(text: string, profile: SecurityProfile | undefined): Promise<Shown | undefined> {
  if (text.trim() === '') return l10n.t('The key must not be empty');
  try {
    const key = await readClientKey(text);
    if (keyInProfile(key, profile)) return undefined;
    return l10n.t('The security profile doesn’t allow {0} keys', key.algorithm);
  } catch (error) {
    if (error instanceof KeyProblem) return shown(error.message);
    return l10n.t('This key can’t be read');
  }
}

async function askCertificate(
  { label }: Pick<Provider, 'label'>,
  signal: Signal,
): Promise<ClientCredential | undefined> {
  const tls = await environment.mutualTls?.();
  if (!tls) {
    void window.showErrorMessage(new Failure('certificate-not-here', {}).message);
    return undefined;
  }
  const title = l10n.t('Client certificate of {0}', label);
  const files = {
    label: icon('files', l10n.t('Choose Files…')),
    detail: l10n.t('PEM: certificate, chain and private key, in one file or several.'),
  };
  const paste = {
    label: icon('clippy', l10n.t('Paste PEM')),
    detail: l10n.t('The certificate and the private key, one after the other.'),
  };
  const chosen = await showList(title, [files, paste], signal);
  if (!chosen) return undefined;
  const text = chosen === files ? await readFiles(title) : await pasteCertificate(tls, title, signal);
  signal?.throwIfAborted();
  if (text === undefined) return undefined;
  const problem = problemOfCertificate(tls, text);
  if (problem === undefined) return { kind: 'certificate', certificate: tls.read(text) };
  await window.showErrorMessage(problem);
  return undefined;
}

async function readFiles(title: Shown): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({ title, canSelectMany: true });
  if (!chosen || chosen.length === 0) return undefined;
  const parts = await Promise.all(chosen.map(file => vscode.workspace.fs.readFile(file)));
  return parts.map(part => new TextDecoder().decode(part)).join('\n');
}

function pasteCertificate(tls: MutualTls, title: Shown, signal: Signal): Promise<string | undefined> {
  const box: InputBoxOptions = {
    title,
    prompt: l10n.t(
      'Certificate and private key as PEM, one after the other. Kept in secret storage, never in settings.',
    ),
    password: true,
    validateInput: text => problemOfCertificate(tls, text),
  };
  return showBox(box, signal);
}

function problemOfCertificate(tls: MutualTls, text: string): Shown | undefined {
  try {
    tls.read(text);
    return undefined;
  } catch (error) {
    return error instanceof CertificateProblem
      ? shown(error.message)
      : l10n.t('This certificate can’t be read.');
  }
}

/** Shows a JSON Web Key Set, which is public. */
export async function showPublicKeys(keys: object): Promise<void> {
  const document = await vscode.workspace.openTextDocument({
    language: 'json',
    content: `${JSON.stringify(keys, null, 2)}\n`,
  });
  await window.showTextDocument(document, { preview: false });
}
