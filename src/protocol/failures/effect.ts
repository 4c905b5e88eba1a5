import { KnownFailure } from './knownFailure.ts';

/**
 * True if the request might have reached the server and taken effect, although no usable response arrived. After such
 * a failure, a refresh token might be spent.
 */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (!(error instanceof KnownFailure)) return true;
  const { code, details } = error;
  if (code === 'server-failed') return details['status'] !== 503;
  if (code === 'unreachable' || code === 'server-untrusted') return error.sent;
  return (
    code === 'answer-withheld' ||
    code === 'timed-out' ||
    code === 'step-timed-out' ||
    code === 'response-invalid' ||
    code === 'token-bound' ||
    code === 'token-unbound' ||
    code === 'token-uncertified' ||
    code === 'answer-too-large'
  );
}
