import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Client } from '../../../src/protocol/client/client.ts';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { gated, type Destinations, type GateOptions } from '../../../src/protocol/client/gate.ts';
import { registerClient, type RegistrationRequest } from '../../../src/protocol/client/registration.ts';
import type { PublicHttp } from '../../../src/protocol/http/http.ts';
import { createHttpContext, type HttpContext } from '../../../src/protocol/server/httpContext.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import type { SignInRequest } from '../../../src/signIn/signIn.ts';

const sources = join(import.meta.dirname, '..', '..', '..', 'src');

/** The files of the sources in which something matches. */
const matching = (pattern: RegExp): string[] =>
  globSync('**/*.ts', { cwd: sources })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => !file.startsWith('client/') && pattern.test(readFileSync(join(sources, file), 'utf8')))
    .sort();

describe('what sends a secret', () => {
  it('has no type without a destination that somebody agreed to', () => {
    const written = [
      // @ts-expect-error the client for what is public takes no credentials
      (http: PublicHttp) => http('', { headers: { accept: '', authorization: '' } }),
      // @ts-expect-error nor a form that can hold one
      (http: PublicHttp) => http('', { method: 'POST', body: new URLSearchParams({ token: '' }) }),
      // @ts-expect-error a connection is made with an agreement
      (context: HttpContext, client: Client) => connect(context, client),
      // @ts-expect-error which nobody writes down
      (context: HttpContext, client: Client) => connect(context, client, { issuer: client.issuer }),
      // @ts-expect-error the gate opens to what passed the agreement
      (context: HttpContext, to: Metadata, options: GateOptions) => gated(context, to, options),
      // @ts-expect-error not to a list of addresses
      (): Destinations => ({ token_endpoint: 'https://other.example' }),
      (context: HttpContext, request: Omit<RegistrationRequest, 'consent'>) =>
        // @ts-expect-error a registration is part of a sign-in that somebody agreed to
        registerClient(context, request),
      // @ts-expect-error and so is a sign-in
      (request: Omit<SignInRequest, 'consent'>): SignInRequest => request,
    ];
    assert.equal(written.length, 8);
  });

  it('gets a client for it from the gate alone', () => {
    assert.deepEqual(matching(/\bungated\b/), ['protocol/client/gate.ts', 'protocol/server/httpContext.ts']);
    assert.deepEqual(matching(/\bcreateHttpClient\(/), [
      'protocol/http/http.ts',
      'protocol/server/httpContext.ts',
    ]);
    assert.deepEqual(matching(/\bas (?:unknown as )?(?:Destinations|AgreedMetadata|Consent|PublicForm)\b/), [
      'protocol/client/consent.ts',
      'protocol/client/gate.ts',
      'protocol/http/http.ts',
    ]);
  });

  it('has the consent of a person, which one place makes of their answer', () => {
    assert.deepEqual(matching(/\bconsentTo\(/), ['protocol/client/consent.ts', 'signIn/trust.ts']);
  });

  it('is nowhere but in a client that counts and checks each request', () => {
    const others =
      /\bfetch\(|\bXMLHttpRequest\b|\bsendBeacon\b|\bEventSource\b|from 'node:(?:https?|http2|dgram)'/;
    assert.deepEqual(matching(others), [
      'environment.ts',
      'protocol/client/mutualTls.ts',
      'protocol/client/nodeFetch.ts',
      'protocol/http/browserFetch.ts',
      'protocol/http/clientCertificate.ts',
      'protocol/http/http.ts',
      'protocol/server/httpContext.ts',
      'signIn/redirect/loopback.ts',
    ]);
  });

  it('is compared in constant time where a page can try states', () => {
    const text = readFileSync(join(sources, 'signIn', 'redirect', 'pendingResponses.ts'), 'utf8');
    for (const [line] of text.matchAll(/^.*\.reveal\(\).*$/gm)) assert.match(line, /equalInConstantTime\(/);
  });

  it('takes secrets out of their wrapping in known places', () => {
    assert.deepEqual(
      matching(/\.reveal\(\)/),
      [
        // For a request, through the gate.
        ...[
          'protocol/client/clientProof.ts',
          'protocol/client/keys/clientKey.ts',
          'protocol/client/keys/proofKey.ts',
          'protocol/client/mutualTls.ts',
        ],
        ...['protocol/client/registration.ts', 'protocol/client/secretForms.ts'],
        'protocol/grants/authorizationRequest.ts',
        'protocol/grants/authorizationResponse.ts',
        ...['protocol/grants/codeAndRefresh.ts', 'protocol/grants/deviceAuthorization.ts'],
        'protocol/grants/identityAssertion.ts',
        'protocol/grants/serviceGrants.ts',
        ...['protocol/tokens/idToken.ts', 'protocol/tokens/introspection.ts', 'protocol/tokens/logout.ts'],
        ...[
          'protocol/tokens/revocation.ts',
          'protocol/tokens/userEndpoint.ts',
          'protocol/tokens/userInfo.ts',
        ],
        // For the browser: addresses with a state, or with an ID token.
        ...['signIn/after/endSession.ts', 'signIn/diagnosis/asking.ts', 'signIn/redirect/editorAddress.ts'],
        ...['ui/signIn/signIns.ts'],
        // For its hash.
        'protocol/client/keys/signProof.ts',
        // To compare.
        ...['sessions/grant/step.ts', 'sessions/store/addGrant.ts', 'signIn/methods/pastedResponse.ts'],
        ...[
          'signIn/redirect/pendingResponses.ts',
          'authentication/heldSession.ts',
          'challenges/candidates.ts',
        ],
        // To read what it says.
        ...['challenges/answers.ts', 'challenges/resource.ts', 'ui/signInsView/claims.ts'],
        // For the secret storage and the windows of the same person.
        ...[
          'sessions/store/storedGrant.ts',
          'signIn/client/clientSecrets.ts',
          'signIn/client/registrationStore.ts',
        ],
        // For an extension, after the editor has asked.
        'authentication/provider.ts',
      ].sort(),
    );
  });

  it('is not sent on a consent that was made up', async () => {
    const found = { issuer: 'https://login.example.com', token_endpoint: 'https://other.example/token' };
    const context = createHttpContext({
      fetch: () => Promise.resolve(Response.json(found)),
      clock: { now: () => 0, after: () => () => undefined },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const policy = { allowLoopbackHttp: false };
    const client = {
      issuer: found.issuer,
      id: 'editor',
      authentication: { method: 'none' },
      policy,
    } as const;
    const madeUp = { issuer: found.issuer } as unknown as ReturnType<typeof consentTo>;
    assert.equal((await connect(context, client, madeUp)).metadata.token_endpoint, undefined);
    const given = await connect(context, client, consentTo(found.issuer));
    assert.equal(given.metadata.token_endpoint, found.token_endpoint);
  });
});
