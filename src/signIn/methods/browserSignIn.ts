import { l10n, type Shown } from '../../platform/shown.ts';
import { untilDeadline } from '../../platform/deadline.ts';
import { anyOf } from '../../platform/language.ts';
import {
  createAuthorizationRequest,
  createState,
  type AuthorizationRequest,
} from '../../protocol/grants/authorizationRequest.ts';
import { connect } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { exchangeAuthorizationCode } from '../../protocol/grants/codeAndRefresh.ts';
import { documentPath } from '../../protocol/grants/clientDocument.ts';
import { expectSignature } from '../../protocol/tokens/keys.ts';
import type { BrowserMethod } from '../../providers/settings/signInMethods.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfSignIn, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';
import {
  explained,
  forgetIfDoubtful,
  registeredScopes,
  withClient,
  type FoundClient,
} from '../client/client.ts';
import type { AttemptRequest, SignInContext } from './context.ts';
import { keepOrGiveBack } from '../client/lateTokens.ts';
import { newGrant } from '../identity/newGrant.ts';
import { namer } from './accountName.ts';
import { promptForAnother } from './promptForAnother.ts';
import { readPasted } from './pastedResponse.ts';
import type { OnStray, StrayReason } from '../redirect/pendingResponses.ts';
import type { OpenRedirect } from '../redirect/redirect.ts';
import { documentHost, lists } from '../plan/documentMethods.ts';
import { redirectPath, sharedRedirect, takesBareCode } from '../plan/redirectUri.ts';
import { inProviderTime } from './timing.ts';

export interface BrowserAttempt {
  readonly method: BrowserMethod;
  /** Receives the redirect URI. */
  onRedirect(redirectUri: string): void;
  /** Receives the function that takes what a user pastes, once the browser is open. */
  onPaste(take: (text: string) => Shown | undefined): void;
}

/**
 * Signs a user in with the browser: authorization code with PKCE (RFC 8252). It always settles: with a grant, a
 * failure, the signal's reason, or a time-out. It leaves nothing behind then.
 *
 * @throws Failure
 */
export async function signInWithBrowser(
  context: SignInContext,
  request: AttemptRequest,
  attempt: BrowserAttempt,
): Promise<Grant> {
  const { provider, metadata, signal } = request;
  const shared = sharedRedirect({
    method: attempt.method,
    ui: context.surroundings.ui,
    metadata,
    provider,
    providers: context.providers(),
  });
  // No plan offers this method now. The user might have chosen it from an older plan.
  if (shared !== undefined) throw new Failure('redirect-shared', { why: shared });
  const redirect = await context.redirects(attempt.method, provider);
  const found = request.document?.kind === 'usable' ? request.document.document : undefined;
  const document = lists(attempt.method, { document: found, provider, surroundings: context.surroundings })
    ? found
    : undefined;
  const registered =
    provider.clientId === undefined && !document ? await context.registrations.redirectUris(provider) : [];
  const path = document ? documentPath : redirectPath(metadata, provider);
  const { loopbackHost: host } = request;
  const strays = createStrays(context, provider);
  const open = await redirect.open({
    onStray: strays.add,
    nonce: createState(),
    path,
    provider,
    loopbackHost: (document && documentHost(document, provider, host)) ?? host,
    registered,
  });
  try {
    signal.throwIfAborted();
    const { redirectUri } = open;
    attempt.onRedirect(redirectUri);
    const clientRequest = { ...request, scopes: request.requested, redirectUri };
    const { found, authorization } = await withClient(context, clientRequest, found =>
      prepare(context, request, found, open),
    );
    try {
      const response = await askPerson(context, request, attempt, open, { found, authorization }, strays);
      request.progress('exchanging-code');
      return await inProviderTime(context, provider, signal, within =>
        finish(context, request, found, authorization, response, within),
      );
    } catch (error) {
      await forgetIfDoubtful(context, request, found, error);
      throw explained(error, found);
    }
  } finally {
    open.close();
  }
}

async function finish(
  context: SignInContext,
  request: AttemptRequest,
  { client }: FoundClient,
  authorization: AuthorizationRequest,
  response: URLSearchParams,
  within: AbortSignal,
): Promise<Grant> {
  const { provider } = request;
  const connection = await connect(context.httpContext, client, request.consent, within);
  const lasting = await connect(context.httpContext, client, request.consent);
  const { redirectUri, scopes: requested } = authorization;
  return keepOrGiveBack(lasting, provider, within, async () => {
    const further = provider.tokenParameters;
    const tokens = await exchangeAuthorizationCode(lasting, authorization, response, further);
    within.throwIfAborted();
    return newGrant(connection, {
      ...request,
      requested,
      tokens,
      redirectUri,
      nameAccount: namer(context, request),
    });
  });
}

async function prepare(
  context: SignInContext,
  request: AttemptRequest,
  found: FoundClient,
  { state, redirectUri }: OpenRedirect,
): Promise<{ found: FoundClient; authorization: AuthorizationRequest }> {
  const { provider, scopes: asked, loginHint, signal } = request;
  const { maxAge } = provider;
  const scopes = registeredScopes(found, request);
  const audience = askedAudience(asked);
  const parameters = {
    ...provider.authorizationParameters,
    ...(audience !== undefined && { audience }),
    ...(request.asksWho && { prompt: promptForAnother(request.metadata, provider, scopes) }),
  };
  const resources = resourcesOfSignIn(provider, asked);
  const tokenResources = resourcesOfToken(provider, asked);
  const authorization = await inProviderTime(context, provider, signal, async within => {
    const connection = await connect(context.httpContext, found.client, request.consent, within);
    return createAuthorizationRequest(connection, {
      state,
      redirectUri,
      scopes,
      loginHint,
      resources,
      tokenResources,
      maxAge,
      parameters,
    });
  });
  // The user's time in the browser suffices to fetch the keys that will verify the response. They end with the sign-in.
  if (scopes.includes('openid'))
    expectSignature(await connect(context.httpContext, found.client, request.consent, signal));
  return { found, authorization };
}

/** Opens the browser and waits for its response, on any path. */
async function askPerson(
  { httpContext, log, timeouts, openBrowser, providers, surroundings }: SignInContext,
  { provider, signal, progress }: AttemptRequest,
  { method, onPaste }: BrowserAttempt,
  { redirectUri, state, response }: OpenRedirect,
  { found, authorization }: { readonly found: FoundClient; readonly authorization: AuthorizationRequest },
  strays: Strays,
): Promise<URLSearchParams> {
  const { issuer } = provider;
  const pasted = Promise.withResolvers<URLSearchParams>();
  onPaste(text => {
    const takesCode =
      redirectUri === provider.redirect.paste && takesBareCode({ provider, providers: providers() });
    const read = readPasted(text, { state, issuer, redirectUri, takesBareCode: takesCode });
    if (read.kind === 'problem') return read.problem;
    pasted.resolve(read.parameters);
    return undefined;
  });

  progress('opening-browser');
  log.info('opening the browser', { provider: provider.id, method, scopes: authorization.scopes });
  const notOpened = (): Failure => new Failure('browser-not-opened', { host: new URL(issuer).host });
  const answered = Promise.race([response, pasted.promise]);
  // A user who opens the URL themselves can be faster than the editor's questions.
  const opening = Promise.race([openBrowser(authorization.url, signal), answered.then(() => true)]);
  const { clock } = httpContext;
  const toOpen = { clock, seconds: timeouts.browser, signal, late: notOpened };
  if (!(await untilDeadline(toOpen, () => opening))) throw notOpened();

  progress(method === 'paste' ? 'waiting-for-paste' : 'waiting-for-person');
  const hint = (): void => progress('waiting-for-person-long');
  const withdrawHint = method === 'paste' ? () => undefined : clock.after(patience * 1000, hint);
  let isWaiting = true;
  // An editor in the browser takes one response for a URL, from any sender (redirect/uriHandlerAddress.ts).
  if (surroundings.ui === 'web' && method !== 'paste' && method !== 'loopback')
    void strays.first.then(() => {
      if (!isWaiting) return;
      withdrawHint();
      progress('waiting-for-paste-alone');
    });
  const late = (): Failure => {
    const time = inWords(timeouts.person);
    return (
      strays.failure(time) ??
      new Failure('no-response', { time, hint: hintAbout(redirectUri, provider, found) })
    );
  };
  try {
    return await untilDeadline({ clock, seconds: timeouts.person, signal, late }, () => answered);
  } finally {
    isWaiting = false;
    withdrawHint();
  }
}

/** Names the redirect URI to register, unless it changes with each sign-in. A port changes, too, if none is configured. */
function hintAbout(redirectUri: string, { issuer, redirect }: Provider, { client }: FoundClient): string {
  if (client.isDocument)
    return l10n.t(
      'If the browser showed an error, {0} might not be able to read the client ID metadata document {1}, or not trust its host. Ask its administrator.',
      new URL(issuer).host,
      client.id,
    );
  if (/[?&]vscode-reqid=/.test(redirectUri))
    return l10n.t('If the browser showed an error, check the redirect URIs registered with the provider.');
  const uri = redirect.loopbackPorts ? redirectUri : redirectUri.replace(/^(http:\/\/[^/]+):\d+\//, '$1/');
  return l10n.t(
    'If the browser showed an error, make sure the redirect URI {0} is registered with the provider.',
    uri,
  );
}

/** After this time, in seconds, the browser might show an error page of the server, which doesn't come back. */
const patience = 20;

/** The responses that came and belong to no sign-in. */
interface Strays {
  readonly add: OnStray;
  /** Resolves when one has come. */
  readonly first: Promise<void>;
  /** Undefined if there were none. */
  failure(time: string): Failure | undefined;
}

/** Any page can send as many as it likes: the log holds no more than these. */
const mostLogged = 5;

function createStrays({ log }: SignInContext, { id }: Provider): Strays {
  let count = 0;
  const reasons = new Set<StrayReason>();
  const { promise: first, resolve } = Promise.withResolvers<void>();
  return {
    first,
    add(reason) {
      count++;
      resolve();
      reasons.add(reason);
      if (count <= mostLogged)
        log.warn('a response belongs to no sign-in, and is ignored', { provider: id, reason });
    },
    failure: time =>
      count === 0
        ? undefined
        : new Failure('responses-astray', { time, count, why: anyOf([...reasons].map(inFewWords)) }),
  };
}

function inFewWords(reason: StrayReason): string {
  switch (reason) {
    case 'no-state':
      return l10n.t('without "state"');
    case 'another-state':
      return l10n.t('with another "state"');
    case 'malformed':
      return l10n.t('malformed');
  }
}

/** A time-out in words. */
const inWords = (seconds: number): string =>
  seconds < 120
    ? l10n.t('{0} seconds', Math.round(seconds))
    : l10n.t('{0} minutes', Math.round(seconds / 60));
