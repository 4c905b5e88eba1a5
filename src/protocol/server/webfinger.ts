import { l10n } from '../../platform/shown.ts';
import type { AddressPolicy } from '../http/address.ts';
import { serverAddressProblem } from '../http/internalHost.ts';
import { isLoopbackHost } from '../http/address.ts';
import { Failure } from '../failures/failure.ts';
import type { PublicHttp } from '../http/http.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms } from '../http/forms.ts';
import { isObject, parseServerObject } from '../http/json.ts';
import { busyFailure } from '../http/oauthError.ts';
import { quoteServerText } from '../http/serverText.ts';

const issuerRelation = 'http://openid.net/specs/connect/1.0/issuer';

const linkForms = { rel: 'words', href: 'exact' } as const;

/** Longer than any email address or host, in characters. */
const longestIdentifier = 500;

/**
 * Finds the issuer of a user or a host through WebFinger (OpenID Connect Discovery 1.0 section 2, RFC 7033).
 *
 * @param identifier the user's input: `alice@example.com`, `acct:alice@example.com`, `example.com` or
 * `https://example.com/alice`.
 * @returns an issuer that isn't verified yet: its metadata must name it.
 * @throws Failure `issuer-not-found`, or those of the HTTP client.
 */
export async function findIssuer(
  http: PublicHttp,
  identifier: string,
  policy: AddressPolicy,
  note: NoteBlemish,
): Promise<string> {
  const notFound = (reason: string): Failure =>
    new Failure('issuer-not-found', { identifier: quoteServerText(identifier) ?? '“”', reason });

  const resource = resourceOf(identifier.trim());
  if (!resource) throw notFound(l10n.t('it is neither an email address nor a host URL'));
  const address = new URL('/.well-known/webfinger', originOf(resource, policy));
  address.searchParams.set('resource', resource.name);
  address.searchParams.set('rel', issuerRelation);

  const response = await http(address.href, { headers: { accept: 'application/jrd+json' } });
  const busy = busyFailure(response, address.host);
  if (busy) throw busy;
  if (!response.ok) throw notFound(l10n.t('{0} responded with status {1}', address.host, response.status));
  const written = parseServerObject(await response.text())?.['links'];
  if (isObject(written)) note('webfinger.one-link', 'links');
  const links: readonly unknown[] | undefined = isObject(written)
    ? [written]
    : Array.isArray(written)
      ? written
      : undefined;
  if (!links) throw notFound(l10n.t('{0} didn’t send a valid WebFinger response', address.host));
  const issuer = links
    .filter(isObject)
    .map(link => readForms(link, linkForms, note))
    .find(({ rel }) => rel === issuerRelation)?.['href'];
  if (typeof issuer !== 'string') throw notFound(l10n.t('{0} doesn’t name a provider', address.host));
  const problem = serverAddressProblem(issuer, policy, address.hostname);
  if (problem !== undefined) throw notFound(l10n.t('the provider that {0} names {1}', address.host, problem));
  return issuer;
}

/** What WebFinger is asked about, and the host it is asked at (section 2.1.2). */
function resourceOf(identifier: string): { readonly name: string; readonly host: string } | undefined {
  if (identifier.length > longestIdentifier) return undefined;
  const account = /^(?:acct:)?([^\s@:/?#]+)@([^\s@/?#]+)$/i.exec(identifier);
  const name = account
    ? `acct:${account[1]}@${account[2]}`
    : /^https?:/i.test(identifier)
      ? identifier
      : `https://${identifier}`;
  const url = URL.parse(account ? `https://${account[2]}` : name);
  if (!url || url.username !== '' || url.hostname === '') return undefined;
  return { name: name.split('#')[0] ?? name, host: url.host };
}

function originOf({ host }: { readonly host: string }, policy: AddressPolicy): string {
  const plain = policy.allowLoopbackHttp && isLoopbackHost(new URL(`https://${host}`).hostname);
  return `${plain ? 'http' : 'https'}://${host}`;
}
