import { untilDeadline } from '../../platform/deadline.ts';
import { connect } from '../../protocol/client/client.ts';
import {
  pollForTokens,
  requestDeviceAuthorization,
  type DeviceAuthorization,
} from '../../protocol/grants/deviceAuthorization.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfSignIn, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';
import { forgetIfDoubtful, withClient, type FoundClient } from '../client/client.ts';
import type { SignInContext, SignInRequest } from './context.ts';
import { giveBack, unlessLate } from '../client/lateTokens.ts';
import { newGrant } from '../identity/newGrant.ts';
import { requestedScopes } from './requestedScopes.ts';
import { inProviderTime } from './timing.ts';

export interface DeviceAttempt {
  readonly metadata: Metadata;
  /** See `DeviceScreen.open`. */
  readonly why: string | undefined;
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
        const { clock } = context.httpContext;
        const deadline = { clock, seconds: context.timeouts.person, signal, late: () => error };
        await untilDeadline(deadline, () => view.showExpired());
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
