import type { Cancel } from '../platform/clock.ts';
import { Failure } from '../protocol/failures/failure.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { destinationOf } from '../providers/entries/destination.ts';

/** The providers as they are configured now. */
export interface ConfiguredNow {
  providers(): readonly Provider[];
  onDidUpdate(listener: () => void): Cancel;
}

/**
 * Runs a sign-in, whose result nobody would see if its provider is removed meanwhile, or leads elsewhere than when
 * it began. The signal that it gets is aborted then, with a Failure `provider-removed` or `provider-changed`. A
 * provider that is being added is in no settings yet, and is not watched.
 */
export async function whileConfigured<T>(
  provider: Provider,
  configured: ConfiguredNow,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const now = (): Provider | undefined => configured.providers().find(({ id }) => id === provider.id);
  const isAdded = now() === undefined;
  const look = (): void => {
    const current = now();
    if (current && destinationOf(current) === destinationOf(provider)) return;
    const code = current ? 'provider-changed' : 'provider-removed';
    if (!isAdded) abort.abort(new Failure(code, { provider: provider.label }));
  };
  const end = configured.onDidUpdate(look);
  try {
    return await run(abort.signal);
  } finally {
    end();
  }
}
