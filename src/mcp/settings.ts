import { l10n } from '../platform/shown.ts';
import * as v from 'valibot';
import { checkAddress, withoutProxy } from '../protocol/http/address.ts';
import { Failure } from '../protocol/failures/failure.ts';
import { firstProviderId, providerIdProblem, providerIdSchema } from '../providers/entries/definition.ts';
import { clientAuthenticationMethods } from '../protocol/client/clientAuthentication.ts';
import { oneOf, scope, text } from '../providers/settings/fields.ts';
import { problemOf, type DefinitionProblem } from '../providers/settings/problems.ts';

/** An MCP server that takes the access tokens of an identity provider. */
export interface McpServer {
  readonly id: string;
  /** Unique among the servers: the editor tells them apart by it. */
  readonly label: string;
  /** Where the token goes, and nowhere else. */
  readonly url: string;
  readonly providerId: string;
  /** Whose tokens it gets. Undefined if no provider has this ID. */
  readonly issuer?: string | undefined;
  readonly scopes: readonly string[];
  /** The server's own metadata names whose tokens it gets, and this sign-in is shown there. Undefined: `provider` does. */
  readonly enterprise?: Enterprise | undefined;
}

/** A sign-in that another company's authorization server takes, and the client that the editor has there. */
export interface Enterprise {
  /** Where the user is signed in, by the ID in `oidc.providers`. */
  readonly from: string;
  readonly clientId: string;
  readonly clientAuthentication?: (typeof clientAuthenticationMethods)[number] | undefined;
  /** Those of the settings. If empty, those of the metadata are requested. */
  readonly scopes: readonly string[];
}

/** What the setting `oidc.mcpServers` says: the servers that can be used, and what is wrong with the rest. */
export interface ConfiguredMcpServers {
  readonly servers: readonly McpServer[];
  readonly problems: readonly DefinitionProblem[];
}

/** The id of an entry of `oidc.mcpServers`. */
export const mcpServerIdSchema = providerIdSchema;

/** The schema of an entry of `oidc.mcpServers`. */
export const mcpServerSchema = v.strictObject({
  url: text(
    'The URL of the server (streamable HTTP), for example `https://mcp.example.com/mcp`. It must use https, unless the server is on this computer. The access token is sent only to this URL.',
  ),
  provider: v.optional(
    v.pipe(
      providerIdSchema,
      v.description(
        'The ID of the identity provider whose access token the server accepts, as in `oidc.providers`. Defaults to `oidc`.',
      ),
    ),
  ),
  enterprise: v.optional(
    v.pipe(
      providerIdSchema,
      v.description(
        'The ID of your company’s identity provider, as in `oidc.providers`, in place of `provider`: the server’s own metadata names the authorization server, resource, and scopes, and **your sign-in is shown to that authorization server**, without its tokens (cross-app access). You see its name first.',
      ),
    ),
  ),
  clientId: v.optional(
    text('With `enterprise`: the client ID registered with the authorization server of the MCP server.'),
  ),
  clientAuthentication: v.optional(
    oneOf(
      'With `enterprise`: how that client authenticates. Defaults to `none`. You enter its secret, key, or certificate once.',
      clientAuthenticationMethods,
    ),
  ),
  scopes: v.optional(
    v.pipe(
      v.array(scope),
      v.maxLength(100, () => l10n.t('has too many scopes')),
      v.description(
        'The scopes that the server needs, in addition to those always requested from the provider. With `enterprise`, they replace those of the server’s metadata.',
      ),
    ),
  ),
  label: v.optional(
    text('The name of the server in the editor’s lists. Defaults to its ID in this setting.'),
  ),
});

/** What there is of identity providers. */
export interface KnownProviders {
  isProvider(id: string): boolean;
  /** True if its access tokens need a proof with each request: the editor sends only headers that stay the same. */
  bindsTokens?(id: string): boolean;
  /** True if a provider that isn't made of a server's metadata has the ID. */
  isTaken?(id: string): boolean;
}

type Entry = v.InferOutput<typeof mcpServerSchema>;

/** Parses each entry independently: an invalid one doesn't affect the others. */
export function parseMcpServers(value: unknown, known: KnownProviders): ConfiguredMcpServers {
  if (value === undefined) return { servers: [], problems: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const reason = l10n.t('must be an object keyed by a name of your choice');
    return { servers: [], problems: [{ providerId: '', field: undefined, reason }] };
  }
  const servers: McpServer[] = [];
  const problems: DefinitionProblem[] = [];
  for (const [id, entry] of Object.entries(value)) {
    const wrongId = providerIdProblem(id);
    const parsed = v.safeParse(mcpServerSchema, entry);
    if (wrongId !== undefined) problems.push({ providerId: id, field: undefined, reason: wrongId });
    else if (!parsed.success) {
      for (const issue of parsed.issues) {
        problems.push(problemOf(id, issue, () => l10n.t('isn’t a known MCP server setting')));
      }
    } else {
      const { output } = parsed;
      const { label = id } = output;
      const isDouble = servers.some(other => other.label === label);
      const wrong = entryProblem(id, output, known) ?? (isDouble ? doubleLabel(label) : undefined);
      if (wrong) problems.push({ providerId: id, ...wrong });
      else servers.push(serverOf(id, output));
    }
  }
  return { servers, problems };
}

function serverOf(id: string, { url, provider, scopes = [], label = id, ...more }: Entry): McpServer {
  const { enterprise: from, clientId, clientAuthentication } = more;
  if (from === undefined || clientId === undefined)
    return { id, label, url, providerId: provider ?? firstProviderId, scopes };
  return {
    id,
    label,
    url,
    providerId: id,
    scopes,
    enterprise: { from, clientId, clientAuthentication, scopes },
  };
}

type EntryProblem = Pick<DefinitionProblem, 'field' | 'reason'>;

const doubleLabel = (label: string): EntryProblem => ({
  field: 'label',
  reason: l10n.t('is “{0}”, the same as another server’s, but must be unique', label),
});

/** Explains why an entry can't be used although each of its settings is valid on its own. */
function entryProblem(id: string, entry: Entry, known: KnownProviders): EntryProblem | undefined {
  const { url, provider = firstProviderId, enterprise } = entry;
  const wrongAddress = urlProblem(url);
  if (wrongAddress !== undefined) return { field: 'url', reason: wrongAddress };
  if (enterprise !== undefined) return enterpriseProblem(id, enterprise, entry, known);
  const alone = (['clientId', 'clientAuthentication'] as const).find(name => entry[name] !== undefined);
  if (alone) return { field: alone, reason: l10n.t('has no effect without "{0}"', 'enterprise') };
  if (!known.isProvider(provider)) return { field: 'provider', reason: unknownProvider(provider) };
  if (!known.bindsTokens?.(provider)) return undefined;
  const reason = l10n.t(
    'names “{0}”, whose access tokens are bound to a key ("dpop"), which an MCP server can’t get',
    provider,
  );
  return { field: 'provider', reason };
}

function enterpriseProblem(
  id: string,
  from: string,
  { provider, clientId }: Entry,
  { isProvider, isTaken }: KnownProviders,
): EntryProblem | undefined {
  if (provider !== undefined)
    return { field: 'provider', reason: l10n.t('has no effect with "{0}"', 'enterprise') };
  if (!isProvider(from)) return { field: 'enterprise', reason: unknownProvider(from) };
  if (clientId === undefined)
    return {
      field: 'clientId',
      reason: l10n.t('is missing: "{0}" needs a registered client', 'enterprise'),
    };
  // The server is a provider by its own ID, and the first one's is for what has no ID yet.
  if (id !== firstProviderId && from !== id && !isTaken?.(id)) return undefined;
  return { field: undefined, reason: l10n.t('has the ID of an identity provider: choose another') };
}

const unknownProvider = (id: string): string =>
  l10n.t('names “{0}”, but oidc.providers has no provider with that ID', id);

/** Explains why a token can't be sent to this URL, and what to use instead, or returns undefined if it can. */
function urlProblem(url: string): string | undefined {
  try {
    const address = checkAddress(url, { allowLoopbackHttp: true });
    // The editor sends it, through its proxy except to these names.
    if (address.protocol === 'https:' || withoutProxy(address)?.host === address.host) return undefined;
    return l10n.t('must start with https:// (http:// is only for localhost)');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === 'address-insecure'
      ? l10n.t('must start with https:// (http:// is only for localhost)')
      : l10n.t('must be the server’s full https URL, but {0}', error.details['reason'] ?? '');
  }
}
