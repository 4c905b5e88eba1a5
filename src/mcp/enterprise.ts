import * as v from 'valibot';
import type { Memory } from '../platform/storage.ts';
import { parseDefinition, type ParsedDefinition } from '../providers/entries/definition.ts';
import type { ParsedProviders } from '../providers/entries/parseProviders.ts';
import { plainScopes, resourcePrefix } from '../sessions/grant/pseudoScopes.ts';
import { parseMcpServers, type Enterprise, type McpServer } from './settings.ts';

const namedSchema = v.object({
  /** Of which server, and whose sign-in it takes. If the settings name others, all of this is worthless. */
  url: v.string(),
  from: v.string(),
  /** The resource that a token is for, the authorization server that gives it, and the scopes. */
  resource: v.string(),
  issuer: v.string(),
  scopes: v.pipe(v.array(v.string()), v.readonly()),
});

/** What the metadata of a server said (RFC 9728), and the user agreed to. */
export type NamedByServer = Readonly<v.InferOutput<typeof namedSchema>>;

/** A server whose authorization server its own metadata names. */
export type EnterpriseServer = McpServer & { readonly enterprise: Enterprise };

export const isEnterprise = (server: McpServer): server is EnterpriseServer =>
  server.enterprise !== undefined;

/** Where what the user agreed to is stored. It contains no secret. */
const keyOf = (id: string): string => `enterprise/${id}`;

/** Returns what the user agreed to for a server as it is configured now. */
export function agreedFor(
  memory: Pick<Memory, 'get'>,
  { id, url, enterprise }: EnterpriseServer,
): NamedByServer | undefined {
  const { success, output } = v.safeParse(namedSchema, memory.get(keyOf(id)));
  const isSame = success && output.url === url && output.from === enterprise.from;
  return isSame ? output : undefined;
}

export const agreeTo = (memory: Pick<Memory, 'set'>, id: string, named: NamedByServer): void =>
  memory.set(keyOf(id), named);

const scopesOf = ({ enterprise }: EnterpriseServer, named: readonly string[]): string[] => [
  ...(enterprise.scopes.length > 0 ? enterprise.scopes : named),
];

/** The server with what its metadata names: whose token it gets, for what. */
export const withNamed = (
  server: EnterpriseServer,
  { issuer, resource, scopes }: NamedByServer,
): EnterpriseServer => ({
  ...server,
  issuer,
  scopes: [...scopesOf(server, scopes), `${resourcePrefix}${resource}`],
});

/**
 * The identity provider that a server's metadata amounts to: it takes the assertions of the company's. Its ID is the
 * server's. The settings for it are checked like those of any other.
 */
export function providerFor(
  server: EnterpriseServer,
  { issuer, resource, scopes }: NamedByServer,
): ParsedDefinition {
  const { id, label, url } = server;
  const { from, clientId, clientAuthentication } = server.enterprise;
  const parsed = parseDefinition(id, {
    label,
    issuer,
    clientId,
    ...(clientAuthentication && { clientAuthentication }),
    // A server on this computer, over plain http, can have its authorization server there. No other can.
    allowLoopbackHttp: new URL(url).protocol === 'http:',
    signInMethod: 'identity-assertion',
    identityAssertion: { from },
    resource: [resource],
    scopes: plainScopes(scopesOf(server, scopes)),
  });
  return parsed.ok ? { ...parsed, provider: { ...parsed.provider, mcpServer: url } } : parsed;
}

/**
 * The providers of the settings with those of MCP servers that the user has agreed to. A provider of the settings keeps
 * its ID.
 *
 * @param value of the setting `oidc.mcpServers`. What is wrong in it is reported with the servers.
 */
export function withEnterprise(
  own: ParsedProviders,
  value: unknown,
  memory: Pick<Memory, 'get'>,
): ParsedProviders {
  const isTaken = (id: string): boolean => own.providers.some(provider => provider.id === id);
  const { servers } = parseMcpServers(value, { isProvider: () => true, isTaken });
  const made = servers.filter(isEnterprise).flatMap(server => {
    const named = agreedFor(memory, server);
    const parsed = named && providerFor(server, named);
    return parsed?.ok ? [parsed.provider] : [];
  });
  return { ...own, providers: [...own.providers, ...made] };
}
