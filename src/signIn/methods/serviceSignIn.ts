import { connect } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { ServiceSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askPersonWithin } from '../client/askingPerson.ts';
import { forgetIfDoubtful, withClient } from '../client/client.ts';
import type { SignInContext, SignInRequest } from './context.ts';
import { serviceTokens } from '../client/serviceTokens.ts';
import { newGrant } from '../identity/newGrant.ts';
import { requestedScopes } from './requestedScopes.ts';
import { inProviderTime } from './timing.ts';

/**
 * Signs a client in by itself (RFC 6749 section 4.4, RFC 8693, Qlik Cloud's impersonation): nobody is asked for more
 * than the client's secret or key, once. Its tokens are kept and renewed as those of a person are.
 *
 * @throws Failure
 */
export async function signInAsService(
  context: SignInContext,
  request: SignInRequest,
  metadata: Metadata,
): Promise<Grant> {
  const { provider, scopes, signal } = request;
  const { service } = provider;
  if (!service) throw new Error(`The client of ${provider.id} is not set to sign in by itself.`);
  const requested = requestedScopes(metadata, request);
  const account =
    service.way === 'token-exchange' ? await chooseSubject(context, service, request) : undefined;
  request.progress('asking-for-token');
  const signInRequest = { provider, metadata, redirectUri: undefined, scopes: requested, signal };
  return withClient(context, signInRequest, found =>
    inProviderTime(context, provider, signal, async within => {
      try {
        const connection = await connect(context.httpContext, found.client, within);
        const { tokens, binding, subject } = await serviceTokens(connection, provider, context.findSubject, {
          service,
          account,
          scopes: requested,
          asked: scopes,
        });
        return await newGrant(connection, {
          provider,
          scopes,
          requested,
          tokens,
          service: { binding, subject: subject?.account },
        });
      } catch (error) {
        await forgetIfDoubtful(context, provider, found, error);
        throw error;
      }
    }),
  );
}

/**
 * Whose token is exchanged: the account that was named, else the only one that is signed in, else the one that the
 * person picks.
 */
async function chooseSubject(
  { findSubject, chooseAccount, timeouts, httpContext }: SignInContext,
  { from }: Extract<ServiceSignIn, { readonly way: 'token-exchange' }>,
  { provider, loginHint, signal }: SignInRequest,
): Promise<string | undefined> {
  const subject = await findSubject(from);
  const accounts = (subject?.grants ?? []).map(({ grant }) => grant.account);
  const named = accounts.find(({ label }) => label === loginHint);
  if (!subject || named || accounts.length <= 1) return (named ?? accounts[0])?.id;
  const person = askPersonWithin(httpContext.clock, timeouts.person, signal);
  const chosen = await person(takenBack => chooseAccount(subject.provider, accounts, takenBack));
  if (chosen === undefined) {
    throw new Failure('subject-missing', { source: subject.provider.label, provider: provider.label });
  }
  return chosen.id;
}
