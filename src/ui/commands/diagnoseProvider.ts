import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { SecretStorage } from '../../platform/storage.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { isRenewable, type Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import { belongsTo } from '../../providers/entries/origin.ts';
import type { ClientStores } from '../../signIn/client/client.ts';
import { diagnose, type SeenGrants } from '../../signIn/diagnosis/diagnose.ts';
import { diagnosisDocument } from '../../signIn/diagnosis/report.ts';
import { urisToRegister } from '../../signIn/redirect/registeredUris.ts';
import type { Trust } from '../../signIn/trust.ts';
import type { DiagnosisReports } from '../documents.ts';
import { chooseProvider } from './editProvider.ts';
import type { SignIns } from '../signIn/signIns.ts';
import { readSignInSettings, readSurroundings } from '../signIn/signInSettings.ts';
import { window } from '../show.ts';
import { registerCommand } from '../clicks.ts';

export interface DiagnoseContext extends ClientStores {
  readonly httpContext: HttpContext;
  readonly providers: ConfiguredProviders;
  readonly cache: GrantCache;
  readonly signIns: SignIns;
  readonly trust: Pick<Trust, 'isAgreed'>;
  readonly secrets: SecretStorage;
  readonly extension: vscode.Extension<unknown>;
}

/**
 * *OIDC: Diagnose Provider…*: a document that says what is right and what is wrong, fit for a bug report. It is
 * read-only, so the editor never asks whether to save it.
 */
export function registerDiagnoseCommand(
  context: DiagnoseContext,
  reports: DiagnosisReports,
): vscode.Disposable {
  return registerCommand('oidc.diagnoseProvider', async (id?: unknown) => {
    // It changes nothing, so a single provider needs no question.
    const [only, ...others] = context.providers.list();
    // A provider that is being added isn't in the settings yet.
    const running = [...context.signIns.running.values()].find(({ provider }) => provider.id === id);
    const provider =
      running?.provider ??
      (await chooseProvider(
        context.providers,
        l10n.t('Diagnose which identity provider?'),
        id ?? (others.length === 0 ? only?.id : undefined),
      ));
    if (provider) await showDiagnosis(context, reports, provider, { preview: false });
  });
}

/** Diagnoses a provider, which need not be in the settings, and opens the report. */
export async function showDiagnosis(
  context: Omit<DiagnoseContext, 'providers'>,
  reports: DiagnosisReports,
  provider: Provider,
  options: vscode.TextDocumentShowOptions,
): Promise<void> {
  const title = l10n.t('Diagnosing {0}…', provider.label);
  const content = await window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    report(context, provider),
  );
  const address = reports.put(provider.id, l10n.t('Diagnosis of {0}', provider.label), content);
  await window.showTextDocument(await vscode.workspace.openTextDocument(address), options);
}

async function report(context: Omit<DiagnoseContext, 'providers'>, provider: Provider): Promise<string> {
  const { httpContext, cache, signIns, clientSecrets, secrets, extension } = context;
  const grants = await grantsOf(cache, provider);
  const surroundings = readSurroundings(extension);
  const hasClientSecret = await clientSecrets.stored(provider).then(
    () => true,
    () => false,
  );
  const sections = await diagnose({
    httpContext,
    provider,
    plan: () => signIns.plan(provider),
    registeredUris: metadata => urisToRegister(metadata, provider, surroundings, extension.id),
    client: {
      stores: context,
      isAgreed: context.trust.isAgreed(provider),
      endpoints: grants[0]?.binding.endpoints ?? {},
    },
    grants: seenGrants(grants),
    clientDocument: readSignInSettings().clientDocument,
    hasClientSecret,
    storageWorks: await tryStorage(secrets),
    proxy: proxyWithoutPassword(vscode.workspace.getConfiguration('http').get<unknown>('proxy')),
  });
  const { version } = extension.packageJSON as { version: string };
  const head = {
    [l10n.t('Provider')]: provider.label,
    [l10n.t('Time')]: new Date(httpContext.clock.now()).toISOString(),
    [l10n.t('Extension')]: version,
    [l10n.t('Editor')]: l10n.t(
      '{0} {1} ({2}, {3}, runs {4})',
      vscode.env.appName,
      vscode.version,
      surroundings.ui,
      surroundings.remoteName ?? l10n.t('no remote'),
      surroundings.runsIn,
    ),
  };
  return diagnosisDocument(provider.label, head, sections);
}

async function grantsOf(cache: GrantCache, provider: Provider): Promise<Grant[]> {
  const all = await cache.ofProvider(provider.id).catch(() => []);
  return all.filter(grant => belongsTo(grant, provider));
}

const seenGrants = (grants: readonly Grant[]): SeenGrants => ({
  accounts: grants.length,
  lifetimes: grants.map(({ tokens: { expiresAt, receivedAt } }) => expiresAt && expiresAt - receivedAt),
  withoutRefreshToken: grants.filter(grant => !isRenewable(grant)).length,
  signInNeeded: grants.filter(({ signInNeeded }) => signInNeeded).length,
});

/** Stores something and reads it again. Whether it is there after a restart no API tells. */
async function tryStorage(secrets: SecretStorage): Promise<boolean> {
  const [key, value] = ['diagnosis', crypto.randomUUID()];
  try {
    await secrets.store(key, value);
    const found = await secrets.get(key);
    await secrets.delete(key);
    return found === value;
  } catch {
    return false;
  }
}

function proxyWithoutPassword(setting: unknown): string | undefined {
  const url = typeof setting === 'string' ? URL.parse(setting) : null;
  return url ? `${url.protocol}//${url.host}` : undefined;
}
