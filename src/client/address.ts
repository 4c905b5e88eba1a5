/**
 * A token must never cross a network unencrypted, which is checked before it is sent. Of all names of this computer,
 * the editor keeps only these off its proxy, which reads plain http.
 */
export function safeAddress(address: string | URL, kind: 'http' | 'ws' = 'http'): URL {
  const url = new URL(address);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== `${kind}s:` && !(url.protocol === `${kind}:` && isLoopback)) {
    throw new TypeError(`A token is only sent over ${kind}s, or on this computer: ${url.origin} is neither.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('The address must not hold a user name or a password.');
  }
  return url;
}
