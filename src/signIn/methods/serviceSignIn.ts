import { connect } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { SubjectSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { askPersonWithin } from '../client/askingPerson.ts';
import { withClient } from '../client/client.ts';
import { keepOrGiveBack } from '../client/lateTokens.ts';
import type { AttemptRequest, SignInContext, SignInRequest } from './context.ts';
import { serviceTokens } from '../client/serviceTokens.ts';
import { newGrant } from '../identity/newGrant.ts';
import { inProviderTime } from './timing.ts';

/**
 * Signs in a service client (RFC 6749 section 4.4, RFC 8693, Qlik Cloud's impersonation). Asks only for the client's
 * secret or key, once. Its tokens are kept and refreshed like a user's.
 *
 * @throws Failure
 */
export async function signInAsService(context: SignInContext, request: AttemptRequest): Promise<Grant> {
  const { provider, scopes, requested, signal } = request;
  const { service } = provider;
  if (!service) throw new Error(`The client of ${provider.id} is not set to sign in by itself.`);
  const account = 'from' in service ? await chooseSubject(context, service, request) : undefined;
  request.progress('asking-for-token');
  return withClient(context, { ...request, scopes: request.requested, redirectUri: undefined }, found =>
    inProviderTime(context, provider, signal, async within => {
      const connection = await connect(context.httpContext, found.client, request.consent, within);
      return keepOrGiveBack(connection, provider, within, async () => {
        const asking = { service, account, scopes: requested, asked: scopes, signal: within };
        const { tokens, binding, subject } = await serviceTokens(context, connection, provider, asking);
        const signedIn = { binding, subject: subject?.account };
        return newGrant(connection, { ...request, tokens, service: signedIn });
      });
    }),
  );
}

/**
 * Selects whose sign-in is used: that of the only account, or of the one the user picks. A named account needs the
 * user's consent, too, because another extension can name it.
 */
async function chooseSubject(
  { findSubject, chooseAccount, timeouts, httpContext }: SignInContext,
  { from }: SubjectSignIn,
  { provider, loginHint, signal }: SignInRequest,
): Promise<string | undefined> {
  const subject = await findSubject(from);
  const accounts = (subject?.grants ?? []).map(({ grant }) => grant.account);
  const named = accounts.find(({ label }) => label === loginHint);
  if (!subject || accounts.length <= 1) return accounts[0]?.id;
  const person = askPersonWithin(httpContext.clock, timeouts.person, signal);
  const chosen = await person(takenBack =>
    chooseAccount(subject.provider, named ? [named] : accounts, provider, takenBack),
  );
  if (chosen === undefined) {
    throw new Failure('subject-missing', { source: subject.provider.label, provider: provider.label });
  }
  return chosen.id;
}
