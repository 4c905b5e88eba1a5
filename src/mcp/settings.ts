import { l10n } from '../platform/shown.ts';
import * as v from 'valibot';
import { checkAddress, withoutProxy } from '../protocol/http/address.ts';
import { Failure } from '../protocol/failures/failure.ts';
import { firstProviderId, providerIdProblem, providerIdSchema } from '../providers/entries/definition.ts';
import { scope, text } from '../providers/settings/fields.ts';
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
  scopes: v.optional(
    v.pipe(
      v.array(scope),
      v.maxLength(100, () => l10n.t('has too many scopes')),
      v.description(
        'The scopes that the server needs, in addition to those always requested from the provider.',
      ),
    ),
  ),
  label: v.optional(
    text('The name of the server in the editor’s lists. Defaults to its ID in this setting.'),
  ),
});

/**
 * Parses each entry independently: an invalid one doesn't affect the others.
 *
 * @param isProvider returns whether there is an identity provider with this ID.
 * @param bindsTokens returns whether its access tokens need a proof with each request: the editor sends only headers
 * that stay the same.
 */
export function parseMcpServers(
  value: unknown,
  isProvider: (id: string) => boolean,
  bindsTokens: (id: string) => boolean = () => false,
): ConfiguredMcpServers {
  if (value === undefined) return { servers: [], problems: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const reason = l10n.t('must be an object keyed by a name of your choice');
    return { servers: [], problems: [{ providerId: '', field: undefined, reason }] };
  }
  const servers: McpServer[] = [];
  const problems: DefinitionProblem[] = [];
  for (const [id, entry] of Object.entries(value)) {
    const refuse = (field: string | undefined, reason: string): void =>
      void problems.push({ providerId: id, field, reason });
    const wrongId = providerIdProblem(id);
    const parsed = v.safeParse(mcpServerSchema, entry);
    if (wrongId !== undefined) refuse(undefined, wrongId);
    else if (!parsed.success) {
      for (const issue of parsed.issues) {
        problems.push(problemOf(id, issue, () => l10n.t('isn’t a known MCP server setting')));
      }
    } else {
      const { url, provider: providerId = firstProviderId, scopes = [], label = id } = parsed.output;
      const wrongAddress = urlProblem(url);
      if (wrongAddress !== undefined) refuse('url', wrongAddress);
      else if (!isProvider(providerId)) {
        refuse(
          'provider',
          l10n.t('names “{0}”, but oidc.providers has no provider with that ID', providerId),
        );
      } else if (bindsTokens(providerId)) {
        refuse(
          'provider',
          l10n.t(
            'names “{0}”, whose access tokens are bound to a key ("dpop"), which an MCP server can’t get',
            providerId,
          ),
        );
      } else if (servers.some(other => other.label === label)) {
        refuse('label', l10n.t('is “{0}”, the same as another server’s, but must be unique', label));
      } else servers.push({ id, label, url, providerId, scopes });
    }
  }
  return { servers, problems };
}

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
