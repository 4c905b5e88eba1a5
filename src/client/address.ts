/** A token must not cross a network in the clear, and its way is known before it is sent. */
export function safeAddress(address: string | URL, kind: 'http' | 'ws' = 'http'): URL {
  const url = new URL(address);
  const isLoopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== `${kind}s:` && !(url.protocol === `${kind}:` && isLoopback)) {
    throw new TypeError(`A token is only sent over ${kind}s, or on this computer: ${url.origin} is neither.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('The address must not hold a user name or a password.');
  }
  return url;
}
