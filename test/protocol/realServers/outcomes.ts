import { consentTo } from '../../../src/protocol/client/consent.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { connect, type Client, type Connection } from '../../../src/protocol/client/client.ts';
import { registered } from '../../../src/protocol/client/registration.ts';
import { refreshTokens } from '../../../src/protocol/grants/codeAndRefresh.ts';
import {
  authorized,
  pollForTokens,
  requestDeviceAuthorization,
} from '../../../src/protocol/grants/deviceAuthorization.ts';
import { pushed } from '../../../src/protocol/grants/pushedAuthorization.ts';
import {
  requestServiceTokens,
  type ServiceTokenRequest,
} from '../../../src/protocol/grants/serviceGrants.ts';
import type { Forms } from '../../../src/protocol/http/forms.ts';
import { metadataForms } from '../../../src/protocol/server/metadata.ts';
import { findProtectedResource, resourceForms } from '../../../src/protocol/server/protectedResource.ts';
import { findIssuer } from '../../../src/protocol/server/webfinger.ts';
import { introspectionForms } from '../../../src/protocol/tokens/introspection.ts';
import { keyForms } from '../../../src/protocol/tokens/keys.ts';
import { tokenForms } from '../../../src/protocol/tokens/tokenAnswer.ts';
import type { Tokens } from '../../../src/protocol/tokens/tokens.ts';
import { userInfoForms } from '../../../src/protocol/tokens/userInfo.ts';
import { lookUp } from '../../../src/providers/lookUp/lookUp.ts';
import { readTypedAddress } from '../../../src/providers/lookUp/typedAddress.ts';
import { secret } from '../../../src/platform/secret.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { browser } from '../../conformance/trial.ts';
import type { Departure, Endpoint, Json } from '../../servers/hostile/departure.ts';
import { paths } from '../../servers/hostile/authorizationServer.ts';
import { startHostileServer, type HostileServer } from '../../servers/hostile/server.ts';
import { signInTrial, type SignInTrial } from '../signingIn.ts';

export interface OutcomeTrial extends SignInTrial {
  readonly server: HostileServer;
}

/** One kind of answer, and what makes a server give it. */
export interface AskedAnswer {
  readonly endpoint: Endpoint;
  readonly forms: Forms;
  /** Where in the answer its members are; by default at the top. */
  readonly inside?: (body: Json) => Json;
  /** All that comes of the answer, as plain data without what differs each time. */
  run(trial: OutcomeTrial, begin: () => void): Promise<unknown>;
}

const policy = { allowLoopbackHttp: true };

/** A server that has and uses every endpoint. */
export const everything = (issuer: string, more: Json = {}): Json => ({
  pushed_authorization_request_endpoint: `${issuer}${paths.pushed}`,
  introspection_endpoint: `${issuer}${paths.introspect}`,
  ...more,
});

/** Runs something at a server that departs from the standards from `begin` on. */
export async function outcomeOf(
  { run }: Pick<AskedAnswer, 'run'>,
  departure: Departure,
): Promise<{ readonly outcome: unknown; readonly blemishes: readonly string[]; readonly log: string }> {
  const usual: Departure = {
    isApi: true,
    metadata: (document, { issuer }) => ({ ...document, ...everything(issuer) }),
    idToken: { claims: ({ preferred_username: _, ...rest }) => rest },
  };
  const server = await startHostileServer(usual);
  try {
    const trial: OutcomeTrial = { ...signInTrial({ browser, method: 'uri-handler' }), server };
    const begin = (): void => void (server.departure = { ...usual, ...departure });
    const outcome = await run(trial, begin).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      return { failed: error.code, ...error.details, host: '', address: '' };
    });
    const { blemishes } = trial.context.httpContext;
    const places = [server.issuer, new URL(server.issuer).host];
    const seen = places.flatMap(place =>
      blemishes.of(place).map(({ check, member }) => `${check} ${member}`),
    );
    // Ports differ from one server to the next.
    const port = new RegExp(`:${new URL(server.issuer).port}`, 'g');
    const plain = JSON.parse((JSON.stringify(outcome) ?? 'null').replace(port, '')) as unknown;
    return { outcome: plain, blemishes: seen, log: trial.log.text() };
  } finally {
    await server.close();
  }
}

const ofGrant = ({ account, claims, grantedScopes, tokens, target }: Grant): object => ({
  account,
  claims,
  grantedScopes,
  target,
  lifetime: tokens.expiresAt === undefined ? 'unknown' : tokens.expiresAt - tokens.receivedAt,
  refreshes: tokens.refreshToken !== undefined,
  idToken: tokens.idToken !== undefined,
});

const ofTokens = ({ grantedScopes, expiresAt, receivedAt, refreshToken, idTokenClaims }: Tokens): object => ({
  grantedScopes,
  lifetime: expiresAt === undefined ? 'unknown' : expiresAt - receivedAt,
  refreshes: refreshToken !== undefined,
  subject: idTokenClaims?.sub,
});

const client = (issuer: string): Client => ({
  issuer,
  id: 'editor',
  authentication: { method: 'none' },
  policy,
});

const connected = ({ context, server }: OutcomeTrial): Promise<Connection> =>
  connect(context.httpContext, client(server.issuer), consentTo(server.issuer));

/** Signs in with nothing but the address, as a person adds a provider, and with all that can be asked. */
const signIn: AskedAnswer['run'] = async (trial, begin) => {
  begin();
  const typed = readTypedAddress(trial.server.issuer);
  if (typed.kind === 'problem') throw new Error(typed.reason);
  const { issuer } = await lookUp(trial.context.httpContext, typed);
  const provider = trial.provider({
    issuer,
    clientId: '',
    claimSources: ['userinfo', 'introspection'],
  });
  return ofGrant(await trial.signIn(provider));
};

const service =
  (request: ServiceTokenRequest): AskedAnswer['run'] =>
  async (trial, begin) => {
    const connection = await connected(trial);
    begin();
    return ofTokens(
      await requestServiceTokens(connection, request, { scopes: ['openid'], resources: [], parameters: {} }),
    );
  };

const deviceCode: AskedAnswer['run'] = async (trial, begin) => {
  const connection = await connected(trial);
  const authorization = {
    deviceCode: secret('device'),
    userCode: 'ABCD',
    verificationUri: 'https://login.example.com/',
    verificationUriComplete: undefined,
    expiresAt: Date.now() + 60_000,
    interval: 0,
    codeVerifier: undefined,
    tokenResources: [],
  };
  begin();
  const { signal } = new AbortController();
  return ofTokens(await pollForTokens(connection, authorization, { signal, onState: () => undefined }));
};

const refresh: AskedAnswer['run'] = async (trial, begin) => {
  const grant = await trial.signIn(trial.provider({ issuer: trial.server.issuer }));
  const connection = await connected(trial);
  begin();
  const { refreshToken } = grant.tokens;
  if (!refreshToken) throw new Error('there is nothing to refresh with');
  const answer = await refreshTokens(connection, refreshToken, { subject: grant.account.id });
  return { ...ofTokens(await answer.judge()), rotates: answer.refreshToken !== undefined };
};

/** Every answer whose members are read, by what it is an answer to. */
export const answers: Readonly<Record<string, AskedAnswer>> = {
  metadata: { endpoint: 'metadata', forms: metadataForms, run: signIn },
  registration: { endpoint: 'register', forms: registered.forms, run: signIn },
  'pushed authorization request': { endpoint: 'pushed', forms: pushed.forms, run: signIn },
  'code exchange': { endpoint: 'token', forms: tokenForms, run: signIn },
  refresh: { endpoint: 'token', forms: tokenForms, run: refresh },
  'device token': { endpoint: 'token', forms: tokenForms, run: deviceCode },
  'client credentials': {
    endpoint: 'token',
    forms: tokenForms,
    run: service({ way: 'client-credentials' }),
  },
  impersonation: {
    endpoint: 'token',
    forms: tokenForms,
    run: service({ way: 'impersonation', field: 'email', value: 'a@example.com' }),
  },
  'token exchange': {
    endpoint: 'token',
    forms: tokenForms,
    run: service({
      way: 'token-exchange',
      subjectToken: secret('subject'),
      subjectTokenType: 'access_token',
    }),
  },
  'device authorization': {
    endpoint: 'device',
    forms: authorized.forms,
    async run(trial, begin) {
      begin();
      const shown = await requestDeviceAuthorization(await connected(trial), { scopes: ['openid'] });
      const lifetime = Math.round((shown.expiresAt - Date.now()) / 10_000);
      return { ...shown, deviceCode: '', codeVerifier: '', expiresAt: lifetime };
    },
  },
  UserInfo: { endpoint: 'userInfo', forms: userInfoForms, run: signIn },
  introspection: { endpoint: 'introspect', forms: introspectionForms, run: signIn },
  keys: {
    endpoint: 'keys',
    forms: keyForms,
    inside: body => (body['keys'] as Json[])[0] ?? {},
    run: signIn,
  },
  'protected resource metadata': {
    endpoint: 'resource',
    forms: resourceForms,
    async run({ context, server }, begin) {
      begin();
      const { http, blemishes } = context.httpContext;
      const api = `${new URL(server.issuer).origin}/`;
      return findProtectedResource(http(policy), api, policy, blemishes.at(server.issuer));
    },
  },
  WebFinger: {
    endpoint: 'webFinger',
    forms: { rel: 'words', href: 'exact' },
    inside: body => (body['links'] as Json[])[0] ?? {},
    async run({ context, server }, begin) {
      begin();
      const { http, blemishes } = context.httpContext;
      const { host } = new URL(server.issuer);
      return findIssuer(http(policy), `alice@${host}`, policy, blemishes.at(server.issuer));
    },
  },
};
