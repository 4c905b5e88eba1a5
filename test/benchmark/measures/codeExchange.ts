import * as openid from 'openid-client';
import type { ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import * as signingIn from '../../protocol/signingIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { signInOverHttp } from '../../servers/identityProvider/person.ts';
import { cryptoCalls } from '../cryptoCalls.ts';
import { count, threadTime, type Figure } from '../figures.ts';

const part = 'A sign-in, without the user’s time';

/** Milliseconds of this thread, in which the server runs too, and requests of the client itself: those of the browser do not count. */
export interface SignIn {
  /** From the click to the browser. */
  readonly toBrowser: number;
  /** From the browser's answer to the session. */
  readonly toSession: number;
  /** Both. */
  readonly whole: number;
  readonly requests: number;
  /** Calls of WebCrypto, those of the server included: it gets the same requests from both. */
  readonly cryptography: number;
}

/** What is checked and logged beyond openid-client takes this many times as long: see docs/speed.md. */
const slower = { cold: 1.25, warm: 1.5 };

export type SigningIn = Pick<typeof signingIn, 'personSignsIn' | 'signInTrial'>;

/** Requests that a browser does not send; besides, both push the authorization request (RFC 9126), each in one. */
const clientRequests = ({ requestsTo, endpoints }: IdentityProvider): number =>
  [endpoints.token, endpoints.jwks, endpoints.userinfo, endpoints.configuration].reduce(
    (sum, path) => sum + requestsTo(path).length,
    0,
  );

/** @returns what gives the costs from here on. */
function counting(server: IdentityProvider) {
  const [requests, cryptography] = [clientRequests(server), cryptoCalls()];
  const start = threadTime();
  return (opened: number, answered: number): SignIn => {
    const [toBrowser, toSession] = [opened - start, threadTime() - answered];
    return {
      toBrowser,
      toSession,
      whole: toBrowser + toSession,
      requests: clientRequests(server) - requests,
      cryptography: cryptoCalls() - cryptography,
    };
  };
}

/**
 * The extension's own sign-ins; each after the first finds what that one has found out about the server.
 *
 * @param module that of another commit.
 */
export function extension(
  server: IdentityProvider,
  settings: Partial<ProviderDefinition> = {},
  { personSignsIn, signInTrial }: SigningIn = signingIn,
): () => Promise<SignIn> {
  let opened = 0;
  let answered = 0;
  const browse = personSignsIn();
  const trial = signInTrial({
    browser: (address, deliver) => {
      opened = threadTime();
      return browse(address, end => {
        answered = threadTime();
        return deliver(end);
      });
    },
  });
  const provider = trial.provider({ issuer: server.issuer, ...settings });
  return async () => {
    const costs = counting(server);
    await trial.signIn(provider);
    return costs(opened, answered);
  };
}

/** The shortest script that does the same with openid-client, ID token checked as ours is. */
function script(server: IdentityProvider): () => Promise<SignIn> {
  let known: openid.Configuration | undefined;
  const { clientId } = server.clients.editor;
  const redirectUri = 'vscode://vscode-oidc.oidc-authentication/callback';
  return async () => {
    const costs = counting(server);
    if (!known) {
      known = await openid.discovery(new URL(server.issuer), clientId, undefined, openid.None(), {
        execute: [openid.allowInsecureRequests],
      });
      openid.enableNonRepudiationChecks(known);
    }
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const address = await openid.buildAuthorizationUrlWithPAR(known, {
      redirect_uri: redirectUri,
      scope: 'openid profile email offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    });
    const opened = threadTime();
    const end = await signInOverHttp(address.href, people.alice);
    const answered = threadTime();
    await openid.authorizationCodeGrant(known, end, { pkceCodeVerifier, expectedState, expectedNonce });
    return costs(opened, answered);
  };
}

export async function measureCodeExchange(runs: number, warmUps = runs / 5): Promise<Figure[]> {
  const server = await startIdentityProvider();
  try {
    const warm = { ours: extension(server), bare: script(server) };
    // The first sign-in of each also loads what later ones find loaded.
    for (const signIn of [warm.ours, warm.bare]) for (let at = 0; at < warmUps; at++) await signIn();
    const withUserInfo = extension(server, { claimSources: ['userinfo'] });
    await withUserInfo();
    const userInfo = await withUserInfo();
    const found = { coldOurs: [], coldBare: [], ours: [], bare: [] } as Record<string, SignIn[]>;
    const measured = {
      coldOurs: () => extension(server)(),
      coldBare: () => script(server)(),
      ours: warm.ours,
      bare: warm.bare,
    };
    for (let run = 0; run < runs; run++)
      // Whoever comes first in one run comes last in the next.
      for (const [kind, signIn] of run % 2 ? Object.entries(measured).reverse() : Object.entries(measured))
        found[kind]?.push(await signIn());
    const of = (kind: string, what: (signIn: SignIn) => number): number[] => (found[kind] ?? []).map(what);
    const whole = (signIn: SignIn): number => signIn.whole;
    const toSession = (signIn: SignIn): number => signIn.toSession;
    const cryptography = (signIn: SignIn): number => signIn.cryptography;
    const cold = ['coldOurs', 'coldBare'] as const;
    const warmed = ['ours', 'bare'] as const;
    const times = (
      name: string,
      kinds: readonly [string, string],
      what: typeof whole,
      most: number,
    ): Figure => ({
      part,
      name,
      unit: 'ms',
      samples: of(kinds[0], what),
      peer: { name: 'openid-client', samples: of(kinds[1], what), isPaired: true },
      aim: { of: 'median', most, ratio: true },
    });
    const counts = (
      name: string,
      kinds: readonly [string, string],
      most: number,
      what: typeof whole = ({ requests }) => requests,
    ): Figure => ({
      ...count(part, name, 0, most),
      samples: of(kinds[0], what),
      peer: { name: 'openid-client', samples: of(kinds[1], what) },
    });
    return [
      counts('requests, unknown provider', cold, 3),
      counts('requests, metadata and keys known', warmed, 1),
      count(part, 'requests, metadata and keys known, claims from UserInfo too', userInfo.requests, 2),
      counts('calls of WebCrypto, with the server’s, unknown provider', cold, 9, cryptography),
      counts('calls of WebCrypto, with the server’s, metadata and keys known', warmed, 8, cryptography),
      {
        ...times('all of it, unknown provider', cold, whole, slower.cold),
        summary: 'sign-in at an unknown provider, processor time',
      },
      times('all of it, metadata and keys known', warmed, whole, slower.warm),
      times('code exchange to session, nothing known before', cold, toSession, slower.cold),
      times('code exchange to session, metadata and keys known', warmed, toSession, slower.warm),
      {
        part,
        name: 'click to browser opened, metadata known',
        unit: 'ms',
        samples: of('ours', ({ toBrowser }) => toBrowser),
        aim: { of: 'p95', most: 50 },
      },
    ];
  } finally {
    await server.close();
  }
}
