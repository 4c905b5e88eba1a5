import type { Client } from '../protocol/client.ts';
import type { Provider } from '../providers/definition.ts';

/** The provider's client, as the protocol needs it. */
export const clientOf = (provider: Provider): Client => ({
  issuer: provider.issuer,
  id: provider.clientId,
  authentication: { method: 'none' },
  policy: { allowLoopbackHttp: provider.allowLoopbackHttp },
});
