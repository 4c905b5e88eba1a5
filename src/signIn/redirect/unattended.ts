import { randomFraction } from '../../platform/random.ts';
import type { Redirect } from './redirect.ts';

/**
 * A port that no service is assigned to: from 49152 to 65535 (RFC 6335 section 6). An attacker who could predict it
 * could wait there for the response.
 */
const randomPort = (): number => 49152 + Math.floor(randomFraction() * 16384);

/**
 * A redirect URI without a listener: the browser ends on an error page whose URL holds the response, and the user
 * pastes that. A provider can name another one, such as its own page that shows the code.
 */
export const unattendedRedirect: Redirect = {
  open({ nonce, path, provider: { redirect }, loopbackHost: host, registered }) {
    const port = redirect.loopbackPorts?.[0] ?? randomPort();
    const known = registered.find(uri => uri.startsWith(`http://${host}:`) && new URL(uri).pathname === path);
    const redirectUri = redirect.paste ?? known ?? `http://${host}:${port}${path}`;
    const response = new Promise<URLSearchParams>(() => undefined);
    return Promise.resolve({ redirectUri, state: nonce, response, close: () => undefined });
  },
};
