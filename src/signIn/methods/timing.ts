import { untilDeadline } from '../../platform/deadline.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';

export interface ProviderTiming {
  readonly httpContext: Pick<HttpContext, 'clock'>;
  /** How long the provider can take, in seconds. */
  readonly timeouts: { readonly provider: number };
}

/**
 * Runs a stage that talks to the provider, and ends its requests when its time is over.
 *
 * @throws Failure `step-timed-out`, or what `run` throws.
 */
export function inProviderTime<T>(
  { httpContext: { clock }, timeouts: { provider: seconds } }: ProviderTiming,
  { issuer }: Pick<Provider, 'issuer'>,
  signal: AbortSignal | undefined,
  run: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Failure => new Failure('step-timed-out', { host: new URL(issuer).host, seconds });
  return untilDeadline({ clock, seconds, late, signal }, run);
}
