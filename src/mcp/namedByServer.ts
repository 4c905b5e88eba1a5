import { l10n } from '../platform/shown.ts';
import { withDeadline } from '../platform/deadline.ts';
import { quoteServerText } from '../protocol/http/serverText.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import { findProtectedResource } from '../protocol/server/protectedResource.ts';
import { isPseudoScope } from '../sessions/grant/pseudoScopes.ts';
import { providerFor, type EnterpriseServer, type NamedByServer } from './enterprise.ts';

/** So long a server's metadata is waited for, in seconds: the process that starts the server waits, too. */
const timeout = 10;

/** A server that can't be started with an assertion. The message says why. */
export class NotEnterprise extends Error {
  override readonly name = 'NotEnterprise';
}

/**
 * Reads what a server's metadata names (RFC 9728): its resource, authorization server and scopes. The requests carry no
 * token. Whatever it names, the user sees before anything is sent there.
 *
 * @param agreed what the user agreed to before. That authorization server is kept while the metadata lists it.
 * @throws NotEnterprise, and those of the HTTP client.
 */
export async function readNamed(
  { http, clock, blemishes }: HttpContext,
  server: EnterpriseServer,
  agreed: NamedByServer | undefined,
): Promise<NamedByServer> {
  const { url, enterprise } = server;
  const { host, protocol } = new URL(url);
  // Only a server on this computer can be reached over plain http, and can send us to another one there.
  const policy = { allowLoopbackHttp: protocol === 'http:' };
  const late = (): Error => new NotEnterprise(l10n.t('{0} didn’t respond in time.', host));
  const found = await withDeadline({ clock, seconds: timeout, late }, within =>
    findProtectedResource(http(policy, within), url, policy, blemishes.at(url)),
  );
  const [first] = found?.authorizationServers ?? [];
  if (!found || first === undefined)
    throw new NotEnterprise(
      l10n.t('The metadata of {0} names no authorization server that can be used (RFC 9728).', host),
    );
  const isKept = agreed !== undefined && found.authorizationServers.includes(agreed.issuer);
  const named = {
    url,
    from: enterprise.from,
    resource: found.resource,
    issuer: isKept ? agreed.issuer : first,
    scopes: found.scopes.filter(scope => !isPseudoScope(scope)).slice(0, 100),
  };
  const parsed = providerFor(server, named);
  if (parsed.ok) return named;
  const [problem] = parsed.problems;
  throw new NotEnterprise(
    l10n.t(
      'The metadata of {0} names the authorization server {1}, which can’t be used: {2}',
      host,
      quoteServerText(named.issuer) ?? '“”',
      `${problem?.field ?? ''} ${problem?.reason ?? ''}`.trim(),
    ),
  );
}
