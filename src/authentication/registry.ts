import * as vscode from 'vscode';
import type { Log } from '../platform/log.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import { firstProviderId, type Provider } from '../providers/entries/definition.ts';
import { OidcAuthenticationProvider, type ProviderContext } from './provider.ts';

interface Registration {
  readonly label: string;
  readonly adapter: OidcAuthenticationProvider;
  readonly disposable: vscode.Disposable;
}

/** What the editor calls the first provider until there is one. */
const unconfiguredLabel = 'OpenID Connect';

/**
 * The providers that are registered with the editor: the configured ones, and the first ID even if it isn't configured,
 * because signing in to it is how a user begins. A provider whose label stays is changed in place, which interrupts
 * nothing.
 */
export type Registry = ReturnType<typeof createRegistry>;

export function createRegistry(providers: ConfiguredProviders, context: ProviderContext) {
  const registrations = new Map<string, Registration>();
  let disposed = false;

  /** A new name might have waited for the end of a sign-in. The editor gets the result of that first. */
  const updateLater = (): void => {
    setTimeout(() => {
      if (!disposed) update();
    });
  };

  /** @param before whose sessions extensions might have. */
  const register = (id: string, provider: Provider | undefined, before = provider): void => {
    const adapter = new OidcAuthenticationProvider(id, before, context, updateLater);
    const label = provider?.label ?? unconfiguredLabel;
    const disposable = registerWithEditor(id, label, adapter, context.log);
    registrations.set(id, { label, adapter, disposable });
    adapter.provider = provider;
    context.log.info('provider registered', { provider: id, label, issuer: provider?.issuer });
  };

  const unregister = (id: string): void => {
    const registration = registrations.get(id);
    registration?.disposable.dispose();
    registration?.adapter.dispose();
    registrations.delete(id);
  };

  const update = (): void => {
    const configured = new Map(providers.list().map(provider => [provider.id, provider]));
    for (const id of [...registrations.keys()]) {
      if (id !== firstProviderId && !configured.has(id)) unregister(id);
    }
    for (const id of new Set([firstProviderId, ...configured.keys()])) {
      const provider = configured.get(id);
      const registration = registrations.get(id);
      if (!registration) {
        register(id, provider);
        continue;
      }
      const { adapter, label } = registration;
      // A new name needs a new registration, which would cut off a running sign-in.
      if (label === (provider?.label ?? unconfiguredLabel) || adapter.busy) adapter.provider = provider;
      else {
        unregister(id);
        register(id, provider, adapter.provider);
      }
    }
  };

  const endWatching = providers.onDidChange(update);

  return {
    get: (id: string): OidcAuthenticationProvider | undefined => registrations.get(id)?.adapter,
    dispose() {
      endWatching();
      disposed = true;
      for (const id of [...registrations.keys()]) unregister(id);
    },
  };
}

/**
 * Registers with support for challenges, which is an addition to the API that an editor can refuse, otherwise without.
 */
function registerWithEditor(
  id: string,
  label: string,
  adapter: OidcAuthenticationProvider,
  log: Log,
): vscode.Disposable {
  const options = { supportsMultipleAccounts: true };
  const { registerAuthenticationProvider } = vscode.authentication;
  try {
    return registerAuthenticationProvider(id, label, adapter, {
      ...options,
      ...{ supportsChallenges: true },
    });
  } catch {
    log.info('this editor does not hand on challenges of servers', { provider: id });
    return registerAuthenticationProvider(id, label, adapter, options);
  }
}
