import { l10n } from '../../platform/shown.ts';
import { cutBack } from './pastedAddress.ts';
import { isLoopbackHost } from '../../protocol/http/address.ts';

/** The user's input that names a provider. */
export type TypedAddress =
  | { readonly kind: 'email'; readonly address: string }
  | { readonly kind: 'metadata'; readonly url: string; readonly allowLoopbackHttp: boolean }
  | { readonly kind: 'address'; readonly url: string; readonly allowLoopbackHttp: boolean }
  /**
   * `reason` is a sentence without a full stop that says what to change. `meant` is the URL without what is wrong with
   * it, if that leaves one.
   */
  | { readonly kind: 'problem'; readonly reason: string; readonly meant?: string };

const problem = (reason: string, url?: URL): TypedAddress => ({
  kind: 'problem',
  reason,
  ...(url && { meant: withoutWrongParts(url) }),
});

/** Keeps the host and path. Plain http leads no further than this computer. */
const withoutWrongParts = ({ protocol, hostname, host, pathname }: URL): string =>
  `${protocol === 'http:' && isLoopbackHost(hostname) ? 'http' : 'https'}://${host}${pathname}`.replace(
    /\/$/,
    '',
  );

/**
 * Parses a URL as users type and paste it: with spaces and quotation marks around it, without a scheme, and from the
 * pages of a known product ({@link cutBack}). Accepts plain http only for this computer, because the user entered it.
 */
export function readTypedAddress(text: string): TypedAddress {
  const trimmed = withoutQuotes(text.trim()).trim();
  if (trimmed === '') return problem(l10n.t('Enter a URL'));
  if (/\s/.test(trimmed)) return problem(l10n.t('The URL must not contain spaces'));
  if (/^[^\s@:/?#]+@[^\s@/?#]+\.[^\s@/?#.]+$/.test(trimmed)) return { kind: 'email', address: trimmed };
  const isWhole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed);
  const address = cutBack(isWhole ? trimmed : withScheme(trimmed));
  const url = URL.parse(address);
  if (!url || url.hostname === '')
    return problem(l10n.t('This isn’t a URL such as https://login.example.com'));
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return problem(l10n.t('The URL must start with https://'));
  if (url.username !== '' || url.password !== '') {
    return problem(l10n.t('The URL must not contain a user name or password'), url);
  }
  if (url.hash !== '' || address.includes('#'))
    return problem(l10n.t('The URL must not have a fragment (#…)'), url);
  const isHere = isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !isHere) {
    return problem(l10n.t('The URL must use https. Plain http is possible only on this computer'), url);
  }
  const allowLoopbackHttp = url.protocol === 'http:';
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)/.test(url.pathname)) {
    return { kind: 'metadata', url: url.href, allowLoopbackHttp };
  }
  if (url.search !== '') return problem(l10n.t('The URL must not have a query (?…)'), url);
  // `URL` adds a slash to a bare host that the user didn't type.
  const typedSlash = address.endsWith('/');
  return { kind: 'address', url: typedSlash ? url.href : url.href.replace(/\/$/, ''), allowLoopbackHttp };
}

function withoutQuotes(text: string): string {
  const written = text.replace(/^["'<`\u201c]+/, '');
  let end = written.length;
  while (end > 0 && `"'>\`”,;`.includes(written.charAt(end - 1))) end--;
  return written.slice(0, end);
}

function withScheme(text: string): string {
  const here = URL.parse(`http://${text}`);
  return `${here && isLoopbackHost(here.hostname) ? 'http' : 'https'}://${text}`;
}
