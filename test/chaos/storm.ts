import { serialiseGrant } from '../../src/sessions/store/storedGrant.ts';
import { signInTrial } from '../protocol/signingIn.ts';
import type { IdentityProvider } from '../servers/identityProvider/identityProvider.ts';
import { eventually, startFleet } from './fleet.ts';

export interface StormResult {
  readonly tokenRequests: number;
  /** Callers that got the new token. */
  readonly answered: number;
  readonly milliseconds: number;
}

/** Eight windows, each with a thousand callers, all at the moment at which the access token has ended. */
export async function storm(server: IdentityProvider, processes = 8, callers = 1000): Promise<StormResult> {
  const fleet = startFleet(server.issuer, 'separate');
  try {
    const windows = await Promise.all(Array.from({ length: processes }, (_, at) => fleet.open(String(at))));
    await eventually(() => Promise.resolve(windows.every(window => /leader|member/.test(window.role()))));
    const trial = signInTrial();
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }, 'storm'));
    const tokens = { ...grant.tokens, expiresAt: grant.tokens.receivedAt - 1 };
    const tokenRequests = () => server.requestsTo(server.endpoints.token).length;
    const before = tokenRequests();
    const start = performance.now();
    // Nobody else has heard of it yet: they ask as soon as they do.
    const id = await windows[1]?.add(serialiseGrant({ ...grant, tokens }));
    const asked = windows.map(async window => {
      await eventually(async () => (await window.look(id ?? '')).serial !== undefined);
      return window.renew(id ?? '', callers);
    });
    const serials = await Promise.all(asked);
    const good = serials.filter(([serial, ...more]) => serial === 2 && more.length === 0);
    return {
      tokenRequests: tokenRequests() - before,
      answered: good.length * callers,
      milliseconds: performance.now() - start,
    };
  } finally {
    await fleet.end();
  }
}
