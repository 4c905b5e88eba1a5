import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import type { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { revokeGrant } from '../../../../src/signIn/after/keepGrant.ts';
import { assertFailure, browser, failureOf, signIn, type Trial } from '../../../conformance/trial.ts';
import { paths } from '../../../servers/hostile/authorizationServer.ts';
import type { Departure, Json } from '../../../servers/hostile/departure.ts';
import { json, type Answer } from '../../../servers/hostile/replies.ts';
import type { signInTrial } from '../../signingIn.ts';

/** What one real server does, and what must come of it. */
export interface ServerRow {
  /** For `npm start -- --add-provider --server <name>`. */
  readonly name: string;
  readonly server: string;
  /** What it does that others do not. */
  readonly does: string;
  readonly departure: Departure;
  /** Where it departs only after somebody has signed in. */
  readonly later?: Departure;
  /** What is said then; by default nothing, as they stay signed in. */
  readonly laterSays?: RegExp;
  /** What is said to somebody who has only its address and cannot sign in; by default they are signed in. */
  readonly ends?: RegExp;
  readonly person?: Parameters<typeof signInTrial>[0];
  /** What must come of it. */
  run(trial: Trial): Promise<unknown>;
}

export const unregistered = { clientId: '' } as const;

export const refusing = (
  endpoint: keyof NonNullable<Departure['replies']>,
  answer: Answer,
  when: (right: Json, parameters: URLSearchParams) => boolean = () => true,
): Departure => ({
  replies: {
    [endpoint]: (right: Answer, { parameters }: { readonly parameters: URLSearchParams }) =>
      right.status < 400 && when(readable(right), parameters) ? answer : right,
  },
});

export const readable = ({ body }: Answer): Json => {
  try {
    return JSON.parse(String(body)) as Json;
  } catch {
    return {};
  }
};

export const describing = (more: (issuer: string) => Json): Departure => ({
  metadata: (document, { issuer }) => ({ ...document, ...more(issuer) }),
});

export const pushing = describing(issuer => ({
  pushed_authorization_request_endpoint: `${issuer}${paths.pushed}`,
}));

/** Error of an authorization server in the form of RFC 6749. */
export const error = (code: string, words: string, status = 400): Answer =>
  json({ error: code, error_description: words }, status);

export const signsIn =
  (
    settings: Partial<ProviderDefinition> = {},
    also: (trial: Trial, grant: Grant) => unknown = () => undefined,
  ) =>
  async (trial: Trial): Promise<void> => {
    const grant = await signIn(trial, settings);
    assert.equal(grant.account.id, 'alice-1');
    await also(trial, grant);
  };

export const fails =
  (
    code: Failure['code'],
    words: RegExp,
    settings: Partial<ProviderDefinition> = {},
    also: (trial: Trial) => unknown = () => undefined,
  ) =>
  async (trial: Trial): Promise<void> => {
    assertFailure(await failureOf(trial, signIn(trial, settings)), code, words);
    await also(trial);
  };

export const registrations = ({ server }: Trial): Json[] =>
  server
    .requestsTo('register')
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => body as Json);

export const noBrowser = ({ opened }: Trial): void => assert.deepEqual(opened, [], 'no browser was opened');

/** Plain OAuth 2.0, as the authorization servers of MCP: nothing of OpenID Connect. */
export const plainOAuth: Departure = {
  metadata: ({
    jwks_uri: _,
    userinfo_endpoint: __,
    id_token_signing_alg_values_supported: ___,
    userinfo_signing_alg_values_supported: ____,
    ...rest
  }) => rest,
  token: ({ id_token: _, ...rest }) => rest,
};

export const secretWith = (value: string): NonNullable<ServerRow['person']> => ({
  browser,
  clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret(value) }),
});

export const confidential = { clientAuthentication: 'client_secret_basic' } as const;

/** Signs out, as far as the server is told of it. */
export const revoke = (
  { context, provider, server }: Trial,
  grant: Grant,
  settings: Partial<ProviderDefinition> = {},
): Promise<string> => revokeGrant(context, provider({ issuer: server.issuer, ...settings }), grant);
