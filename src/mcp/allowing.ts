import { l10n } from '../platform/shown.ts';
import type { Memory } from '../platform/storage.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { McpConsent } from './consent.ts';
import { agreedFor, agreeTo, isEnterprise, withNamed, type EnterpriseServer } from './enterprise.ts';
import { NotEnterprise, readNamed } from './namedByServer.ts';
import { boundTo } from './ownResource.ts';
import type { McpServer } from './settings.ts';

export interface AllowingContext {
  readonly providers: ConfiguredProviders;
  readonly memory: Memory;
  readonly consent: McpConsent;
  loadHttp(): Promise<HttpContext>;
  /** Reads the providers again: one might be there now. */
  readProviders(): Promise<void>;
}

/**
 * Returns the server as the user allows it to get a token, or undefined if they don't.
 *
 * @param asksAgain see `McpConsent.check`.
 * @throws NotEnterprise, and those of the HTTP client, if its metadata has to say whose token.
 */
export type Allow = (server: McpServer, asksAgain: boolean) => Promise<McpServer | undefined>;

export const createAllowing =
  (context: AllowingContext): Allow =>
  async (server, asksAgain) => {
    if (isEnterprise(server)) return allowNamed(context, server, asksAgain);
    return (await context.consent.check(server, asksAgain)) ? server : undefined;
  };

/**
 * Reads whose token the server's metadata names, at each start. Only once the user has agreed to that authorization
 * server is it a provider, which a sign-in is shown to. If the metadata names another one later, the user is asked again.
 */
async function allowNamed(
  { providers, memory, consent, loadHttp, readProviders }: AllowingContext,
  server: EnterpriseServer,
  asksAgain: boolean,
): Promise<McpServer | undefined> {
  const before = agreedFor(memory, server);
  const named = await readNamed(await loadHttp(), server, before);
  const now = withNamed(server, named);
  if (!(await consent.check(now, asksAgain))) return undefined;
  const isNew = JSON.stringify(before) !== JSON.stringify(named);
  if (isNew) agreeTo(memory, server.id, named);
  const isUsed = () => {
    const provider = providers.byId(server.id);
    return provider?.mcpServer === server.url && provider.issuer === named.issuer;
  };
  // Another window might have agreed to it.
  if (isNew || !isUsed()) await readProviders();
  if (!isUsed())
    throw new NotEnterprise(
      l10n.t(
        'Its settings changed in the meantime, or another identity provider has the ID “{0}”.',
        server.id,
      ),
    );
  return boundTo(now, providers.byId(server.id));
}
