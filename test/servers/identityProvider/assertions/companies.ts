import { startAssertingProvider, type AssertingProvider } from './assertingProvider.ts';
import { startAssertionServer, type AssertionServer } from './assertionServer.ts';

/** Two companies: one that its people sign in to, and one whose API they reach by its assertion. */
export interface Companies {
  readonly home: AssertingProvider;
  readonly other: AssertionServer;
  close(): Promise<void>;
}

export const otherScopes = ['openid', 'profile', 'tools:read', 'tools:write'];

/** @param resources of the other company. */
export async function startCompanies(
  resources: readonly string[],
  { tokenLifetime, host }: { readonly tokenLifetime?: number; readonly host?: string } = {},
): Promise<Companies> {
  const home = await startAssertingProvider(host);
  const trusted = { issuer: home.issuer, keys: `${home.address}${home.endpoints.jwks}` };
  const lasting = tokenLifetime === undefined ? {} : { tokenLifetime };
  const other = await startAssertionServer({ trusted, resources, ...lasting });
  const scopes = otherScopes;
  home.destinations.set(other.issuer, { clientId: other.client.id, resources, scopes });
  return {
    home,
    other,
    async close() {
      await home.close();
      await other.close();
    },
  };
}
