import { Failure } from '../protocol/failures/failure.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { Provider } from '../providers/entries/definition.ts';

/**
 * Runs a sign-in, whose result nobody would see if its provider is removed meanwhile, or leads elsewhere than when
 * it began. The signal that it gets is aborted then, with a Failure `provider-removed` or `provider-changed`. A
 * provider that is being added is in no settings yet, and is not watched.
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
