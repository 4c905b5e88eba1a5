import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/**
 * Returns the `prompt` that makes the server ask who signs in, even if the user is signed in there in the browser
 * (OpenID Connect Core 1.0 section 3.1.2.1). Only `login` is safe to send to a server that lists none: it can
 * refuse others. Without `openid`, servers ignore what they don't know (RFC 6749 section 3.1), and some know accounts.
 */
export function promptForAnother(
  { prompt_values_supported: supported }: Pick<Metadata, 'prompt_values_supported'>,
  { authorizationParameters }: Pick<Provider, 'authorizationParameters'>,
  scopes: readonly string[],
): string {
  const configured = authorizationParameters['prompt']?.split(' ') ?? [];
  if (configured.some(value => ['none', 'login', 'select_account'].includes(value)))
    return configured.join(' ');
  const choosesAccount = supported?.includes('select_account') ?? !scopes.includes('openid');
  return [...configured, choosesAccount ? 'select_account' : 'login'].join(' ');
}
