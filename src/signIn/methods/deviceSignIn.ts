import { untilDeadline } from '../../platform/deadline.ts';
import { connect } from '../../protocol/client/client.ts';
import {
  pollForTokens,
  requestDeviceAuthorization,
  type DeviceAuthorization,
  type PollState,
} from '../../protocol/grants/deviceAuthorization.ts';
import { Failure } from '../../protocol/failures/failure.ts';
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
import type { DeviceView } from './deviceScreen.ts';
import { newGrant } from '../identity/newGrant.ts';
import { namer } from './accountName.ts';
import { inProviderTime } from './timing.ts';

export interface DeviceAttempt {
  /** See `DeviceScreen.open`. */
  readonly why: string | undefined;
}

/**
 * Signs a user in with a device code (RFC 8628), and with a new one whenever they request it after expiry. Only this
 * user's own request starts it: it never starts automatically.
 *
 * @throws Failure
 */
export async function signInWithDeviceCode(
  context: SignInContext,
  request: AttemptRequest,
  { why }: DeviceAttempt,
): Promise<Grant> {
  const { provider, signal } = request;
  // Opened with the first code: a refusal leads to another method, and shows nothing.
  let view: DeviceView | undefined;
  try {
    for (;;) {
      const { found, authorization } = await withClient(
        context,
        { ...request, scopes: request.requested, redirectUri: undefined },
        found => start(context, request, found),
      );
      context.log.info('device code shown', {
        provider: provider.id,
        host: new URL(authorization.verificationUri).host,
        interval: authorization.interval,
      });
      const shown = (view ??= context.device.open(provider, why));
      shown.showCode(authorization);
      request.progress('waiting-for-code', authorization);
      try {
        const lasting = await connect(context.httpContext, found.client, request.consent);
        return await keepOrGiveBack(lasting, provider, signal, async () => {
          const onState = (state: PollState): void => shown.showState(state);
          const tokens = await pollForTokens(lasting, authorization, { signal, onState });
          signal.throwIfAborted();
          request.progress('exchanging-code');
          return inProviderTime(context, provider, signal, async within => {
            const connection = await connect(context.httpContext, found.client, request.consent, within);
            const requested = registeredScopes(found, request);
            const nameAccount = namer(context, request);
            return newGrant(connection, { ...request, requested, tokens, nameAccount });
          });
        });
      } catch (error) {
        await forgetIfDoubtful(context, request, found, error);
        if (!(error instanceof Failure) || error.code !== 'device-code-expired')
          throw explained(error, found);
        context.log.info('device code expired', { provider: provider.id });
        request.progress('code-expired');
        const { clock } = context.httpContext;
        const deadline = { clock, seconds: context.timeouts.person, signal, late: () => error };
        await untilDeadline(deadline, () => shown.showExpired());
      }
    }
  } finally {
    view?.close();
  }
}

function start(
  context: SignInContext,
  request: AttemptRequest,
  found: FoundClient,
): Promise<{ found: FoundClient; authorization: DeviceAuthorization }> {
  const { provider, scopes: asked, signal } = request;
  const scopes = registeredScopes(found, request);
  const resources = resourcesOfSignIn(provider, asked);
  const tokenResources = resourcesOfToken(provider, asked);
  const audience = askedAudience(asked) ?? provider.audience;
  const parameters: Record<string, string> = audience === undefined ? {} : { audience };
  return inProviderTime(context, provider, signal, async within => {
    const connection = await connect(context.httpContext, found.client, request.consent, within);
    const wanted = { scopes, resources, tokenResources, parameters };
    const authorization = await requestDeviceAuthorization(connection, wanted);
    return { found, authorization };
  });
}
