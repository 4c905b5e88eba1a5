import * as vscode from 'vscode';
import { checkAddress, isLoopbackHost } from '../protocol/address.ts';
import { Failure } from '../protocol/failure.ts';
import type { Metadata } from '../protocol/metadata.ts';
import type { Wire } from '../protocol/wire.ts';
import { parseDefinition, type Provider } from '../providers/definition.ts';
import { writeProvider } from '../providers/settings.ts';
import { redirectPath } from '../signIn/redirect/redirect.ts';

/**
 * Asks for a provider, finds out whether it is there, and writes it to the settings.
 *
 * @throws vscode.CancellationError if the person leaves one of the questions.
 */
export async function addProvider(id: string, wire: Wire, extensionId: string): Promise<Provider> {
  const { issuer, metadata } = await askIssuer(wire);
  const allowLoopbackHttp = isLocal(issuer);

  const redirectUri = `${vscode.env.uriScheme}://${extensionId}${redirectPath(metadata)}`;
  const registers = metadata.registration_endpoint !== undefined;
  const clientId = await ask({
    title: 'Add an identity provider (2/2)',
    prompt: `The client id under which this editor is registered there, with the redirect URI ${redirectUri}${registers ? '. Leave it empty to let the editor register itself.' : ''}`,
    placeHolder: 'client id',
    validateInput: text => (text.trim() === '' && !registers ? 'The client id must not be empty' : undefined),
  });

  const definition = {
    issuer,
    ...(clientId !== '' && { clientId }),
    ...(allowLoopbackHttp && { allowLoopbackHttp }),
  };
  const parsed = parseDefinition(id, definition);
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ field, reason }) => `${field} ${reason}`).join('; '));
  await writeProvider(id, definition);
  return parsed.provider;
}

async function ask(options: vscode.InputBoxOptions): Promise<string> {
  const answer = await vscode.window.showInputBox({ ...options, ignoreFocusOut: true });
  if (answer === undefined) throw new vscode.CancellationError();
  return answer.trim();
}

/** Asks for an issuer until there is one that answers. */
async function askIssuer(wire: Wire, value = ''): Promise<{ issuer: string; metadata: Metadata }> {
  const issuer = await ask({
    title: 'Add an identity provider (1/2)',
    prompt: 'The issuer address of your identity provider',
    placeHolder: 'https://login.example.com/realms/staff',
    value,
    // Nothing is sent anywhere while somebody types; the provider is asked when the answer is given.
    validateInput: complaint,
  });
  const title = `Asking ${new URL(issuer).host}…`;
  try {
    const { metadata } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title },
      () => wire.metadata.get(issuer, { allowLoopbackHttp: isLocal(issuer) }),
    );
    return { issuer, metadata };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const change = 'Change the Address';
    if ((await vscode.window.showErrorMessage(error.message, change)) !== change)
      throw new vscode.CancellationError();
    return askIssuer(wire, issuer);
  }
}

/** What is wrong with an address that somebody types, in words that fit below the box they type it into. */
function complaint(text: string): string | undefined {
  const address = text.trim();
  try {
    const { search } = checkAddress(address, { allowLoopbackHttp: isLocal(address) });
    return search === '' ? undefined : 'This is not an issuer address: it has a query (?…).';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === 'address-insecure'
      ? 'The address must be https. Plain http is possible on this computer (localhost) only.'
      : `This is not an issuer address: ${String(error.details['reason'])}.`;
  }
}

/** Typed by the person themself, so it is wanted: plain http to this computer, as in development. */
function isLocal(address: string): boolean {
  const url = URL.parse(address.trim());
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
}
