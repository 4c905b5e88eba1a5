import { Failure } from '../protocol/failures/failure.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { Provider } from '../providers/entries/definition.ts';

/**
 * Runs a sign-in, and aborts it if its provider is removed or its hosts change meanwhile: its result would be useless.
 * Its signal is aborted then, with a Failure `provider-removed` or `provider-changed`. A provider that is being added
 * isn't in the settings yet, and isn't watched.
 */
export async function whileConfigured<T>(
  provider: Provider,
  providers: ConfiguredProviders,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const isAdded = providers.byId(provider.id) === undefined;
  const look = (): void => {
    const current = providers.byId(provider.id);
    if (current && current.terms === provider.terms) return;
    const code = current ? 'provider-changed' : 'provider-removed';
    if (!isAdded) abort.abort(new Failure(code, { provider: provider.label }));
  };
  const end = providers.onDidChange(look);
  try {
    return await run(abort.signal);
  } finally {
    end();
  }
}
