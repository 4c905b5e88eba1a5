import { connect } from '../../protocol/client/client.ts';
import {
  pollForTokens,
  requestDeviceAuthorization,
  type DeviceAuthorization,
  type PollState,
} from '../../protocol/grants/deviceAuthorization.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfSignIn, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';
import { forgetIfDoubtful, withClient, type FoundClient } from '../client/client.ts';
import { inProviderTime, inTime, type SignInContext, type SignInRequest } from './context.ts';
import { giveBack, unlessLate } from '../client/lateTokens.ts';
import { newGrant } from '../identity/newGrant.ts';
import { requestedScopes } from './requestedScopes.ts';

/** What a person sees while they sign in with a device code. */
export interface DeviceScreen {
  /** @param why why it is a code, in a sentence; undefined if the person has chosen that. */
  open(provider: Provider, why: string | undefined): DeviceView;
}

export interface DeviceAttempt {
  readonly metadata: Metadata;
  /** See {@link DeviceScreen.open}. */
  readonly why: string | undefined;
}

export interface DeviceView {
  /** Shows a code to enter; it replaces one that was shown before. */
  showCode(authorization: DeviceAuthorization): void;
  showState(state: PollState): void;
  /** Says that the code has expired. Resolves when the person wants another one. */
  showExpired(): Promise<void>;
  close(): void;
}

/**
 * Signs a person in with a device code (RFC 8628), again with a new one whenever they ask for it after one has
 * expired. The code has been asked for by this person: nothing starts it by itself.
 *
 * @throws Failure
 */
export async function signInWithDeviceCode(
  context: SignInContext,
  request: SignInRequest,
  { metadata, why }: DeviceAttempt,
): Promise<Grant> {
  const { provider, scopes, signal } = request;
  const requested = requestedScopes(metadata, request);
  const signInRequest = { provider, metadata, redirectUri: undefined, scopes: requested, signal };
  const view = context.device.open(provider, why);
  try {
    for (;;) {
      const { found, authorization } = await withClient(context, signInRequest, found =>
        start(context, request, found, requested),
      );
      context.log.info('device code shown', {
        provider: provider.id,
        host: new URL(authorization.verificationUri).host,
        interval: authorization.interval,
      });
      view.showCode(authorization);
      request.progress('waiting-for-code', authorization);
      try {
        const lasting = await connect(context.httpContext, found.client);
        const tokens = await pollForTokens(lasting, authorization, {
          signal,
          onState: state => view.showState(state),
          onLate: late => void giveBack(lasting, provider, late, 'the sign-in was cancelled'),
        });
        request.progress('exchanging-code');
        return await inProviderTime(context, provider, signal, async within => {
          const connection = await connect(context.httpContext, found.client, within);
          return unlessLate(lasting, provider, within, Promise.resolve(tokens), () =>
            newGrant(connection, { provider, scopes, requested, tokens }),
          );
        });
      } catch (error) {
        await forgetIfDoubtful(context, provider, found, error);
        if (!(error instanceof Failure) || error.code !== 'device-code-expired') throw error;
        context.log.info('device code expired', { provider: provider.id });
        request.progress('code-expired');
        await inTime(
          context.httpContext.clock,
          context.timeouts.person,
          signal,
          view.showExpired(),
          () => error,
        );
      }
    }
  } finally {
    view.close();
  }
}

function start(
  context: SignInContext,
  { provider, scopes: asked, signal }: SignInRequest,
  found: FoundClient,
  scopes: readonly string[],
): Promise<{ found: FoundClient; authorization: DeviceAuthorization }> {
  const resources = resourcesOfSignIn(provider, asked);
  const tokenResources = resourcesOfToken(provider, asked);
  const audience = askedAudience(asked) ?? provider.audience;
  const parameters: Record<string, string> = audience === undefined ? {} : { audience };
  return inProviderTime(context, provider, signal, async within => {
    const connection = await connect(context.httpContext, found.client, within);
    const wanted = { scopes, resources, tokenResources, parameters };
    const authorization = await requestDeviceAuthorization(connection, wanted);
    return { found, authorization };
  });
}
