import { Secret } from '../../platform/secret.ts';
import { connect, type Client, type Connection } from '../../protocol/client/client.ts';
import { generateProofKey } from '../../protocol/client/keys/proofKey.ts';
import type { AgreedEndpoints } from '../../protocol/server/secretEndpoints.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { createAuthorizationRequest, createState } from '../../protocol/grants/authorizationRequest.ts';
import { requestDeviceAuthorization } from '../../protocol/grants/deviceAuthorization.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import { endpointMembers } from '../../protocol/server/namedEndpoints.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { resourcesOfSignIn } from '../../sessions/grant/pseudoScopes.ts';
import type { RegisteredUri } from '../redirect/registeredUris.ts';
import {
  nextQuestion,
  type Answer,
  type Asked,
  type Inquiry,
  type Question,
  type RedirectCandidate,
} from './questions.ts';

/** Whom a diagnosis asks, and in whose name. */
export interface AskedServer {
  readonly httpContext: HttpContext;
  readonly provider: Provider;
  readonly client: Client;
  /** Where the accounts there are were signed in at. */
  readonly endpoints: AgreedEndpoints;
  readonly redirects: readonly RedirectCandidate[];
  readonly scopes: readonly string[];
}

/** What was asked, and whether anything could be. */
export interface Inquired {
  readonly inquiry: Inquiry;
  readonly asked: readonly Asked[];
  /** The hosts that a sign-in would send to, but that the user hasn't agreed to yet. */
  readonly withheld: readonly string[];
}

/**
 * Asks what needs no user: pushed authorization requests (RFC 9126) and device authorization requests (RFC 8628). No
 * browser opens what is pushed, and no device code is shown or polled: both expire within minutes, and nothing else is
 * left on the server.
 *
 * Everything passes through the gate, and goes to the issuer, to endpoints of the settings and to endpoints of existing
 * sign-ins. A diagnosis is no agreement to more.
 *
 * @throws Failure if the server's metadata can't be read.
 */
export async function askServer(server: AskedServer): Promise<Inquired> {
  const { httpContext, provider, redirects, scopes } = server;
  const agreement = { ...endpointMembers(provider.endpoints), ...server.endpoints };
  const { metadata: named } = await httpContext.metadata.get(provider.issuer, provider);
  const client = provider.dpop
    ? { ...server.client, proofKey: await generateProofKey(provider.dpop, named) }
    : server.client;
  const connection = await connect(httpContext, client, agreement);
  const endpoints = {
    pushed: 'pushed_authorization_request_endpoint',
    device: 'device_authorization_endpoint',
  } as const;
  const offered = (['pushed', 'device'] as const).filter(request => named[endpoints[request]] !== undefined);
  const isOpen = (request: Question['request']): boolean =>
    connection.metadata[endpoints[request]] !== undefined;
  const stranger = strangerLike(client);
  const inquiry: Inquiry = {
    requests: offered.filter(isOpen),
    redirects,
    scopes,
    comparable: stranger !== undefined,
  };
  const asked: Asked[] = [];
  const asStranger = stranger && (await connect(httpContext, stranger, agreement));
  for (;;) {
    const question = nextQuestion(inquiry, asked);
    if (!question) break;
    const asking = question.asStranger && asStranger ? asStranger : connection;
    asked.push({ ...question, answer: await answerOf(asking, provider, question) });
  }
  const withheld = offered
    .filter(request => !isOpen(request))
    .map(request => named[endpoints[request]] ?? '');
  return { inquiry, asked, withheld: [...new Set(withheld.map(address => new URL(address).host))] };
}

async function answerOf(connection: Connection, provider: Provider, question: Question): Promise<Answer> {
  const { request, scopes, redirectUri = '' } = question;
  const resources = resourcesOfSignIn(provider, []);
  try {
    if (request === 'device') {
      const { audience } = provider;
      const parameters: Record<string, string> = audience === undefined ? {} : { audience };
      await requestDeviceAuthorization(connection, { scopes, resources, parameters });
      return 'accepted';
    }
    const { url } = await createAuthorizationRequest(connection, {
      state: createState(),
      redirectUri,
      scopes,
      resources,
      maxAge: provider.maxAge,
      parameters: provider.authorizationParameters,
    });
    return new URL(url.reveal()).searchParams.has('request_uri') ? 'accepted' : 'silent';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const says = error.oauthError !== undefined || error.code === 'redirect-refused';
    return error.passing || !(says || error.code.endsWith('-refused')) ? 'silent' : error;
  }
}

/** A client that can't have been registered, and that authenticates like this one. Undefined if that requires a key. */
function strangerLike(client: Client): Client | undefined {
  const { authentication } = client;
  const stranger = { ...client, id: `unregistered-${crypto.randomUUID()}` };
  if (authentication.method === 'none') return stranger;
  const secret = new Secret(crypto.randomUUID());
  return 'secret' in authentication
    ? { ...stranger, authentication: { ...authentication, secret } }
    : undefined;
}

/** An arbitrary port, for a redirect URI that can have any. */
const anyPort = 49_521;

/** What to find out about the redirect URIs that are to be registered, in the forms in which a sign-in sends them. */
export function redirectCandidates(
  uris: readonly Pick<RegisteredUri, 'uri'>[],
  { redirect }: Pick<Provider, 'redirect'>,
): RedirectCandidate[] {
  return uris.map(({ uri }) => {
    const url = new URL(uri);
    const isLoopback = url.protocol === 'http:' && url.hostname === '127.0.0.1';
    const hasPort = url.protocol !== 'http:' || url.port !== '';
    const withPort = hasPort ? uri : uri.replace(url.host, `${url.hostname}:${anyPort}`);
    return {
      uri,
      forms: [
        { uri: withPort, kind: 'as-sent' },
        // A sign-in takes it where the other one is refused, unless the settings name the host.
        ...(isLoopback && redirect.loopbackHost === undefined
          ? [{ uri: withPort.replace('127.0.0.1', 'localhost'), kind: 'localhost' } as const]
          : []),
        ...(hasPort ? [] : [{ uri, kind: 'without-port' } as const]),
      ],
    };
  });
}
