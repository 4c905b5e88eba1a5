import type { Redirect } from './redirect.ts';

/** Ports that no service is assigned to (RFC 6335 section 6). */
const firstPort = 49152;
const lastPort = 65535;

/**
 * A redirect URI at which nobody listens: the browser ends on an error page whose address holds the response,
 * and the person pastes that. A provider can name another one, such as a page of its own that shows the code.
 */
export const unattendedRedirect: Redirect = {
  open({ nonce, path, provider: { redirect }, registered }) {
    const host = redirect.loopbackHost ?? '127.0.0.1';
    const port =
      redirect.loopbackPorts?.[0] ?? firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    const known = registered.find(uri => uri.startsWith(`http://${host}:`) && new URL(uri).pathname === path);
    const redirectUri = redirect.paste ?? known ?? `http://${host}:${port}${path}`;
    const response = new Promise<URLSearchParams>(() => undefined);
    return Promise.resolve({ redirectUri, state: nonce, response, close: () => undefined });
  },
};
