import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { requestServiceTokens } from '../../protocol/grants/serviceGrants.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SubjectSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant, ServiceBinding } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';
import { assertedRequest } from './assertedRequest.ts';
import type { Prepared, ServiceRequest } from './serviceRequest.ts';
import { findSignIn, withCurrentIdToken, type SubjectServices } from './subject.ts';

/**
 * Gets tokens for a service client: for a new sign-in, and again whenever the token is about to expire.
 *
 * @throws Failure as {@link requestServiceTokens}, or those of the other sign-in that it is made of: `subject-missing`,
 * `subject-token-ended`, `subject-id-token-ended`, and with an assertion those of `assertedRequest`.
 */
export async function serviceTokens(
  services: SubjectServices,
  connection: Connection,
  provider: Provider,
  asking: ServiceRequest,
): Promise<{ tokens: Tokens; binding: ServiceBinding; subject: Grant | undefined }> {
  const { service, scopes, asked, beforeSending } = asking;
  const resources = resourcesOfToken(provider, asked);
  const { request, binding, subject } = await prepared(services, connection, provider, asking, resources);
  const audience = askedAudience(asked) ?? provider.audience;
  const tokens = await requestServiceTokens(connection, request, {
    scopes,
    // An assertion names them, and servers refuse them beside it.
    resources: service.way === 'identity-assertion' ? [] : resources,
    parameters: { ...provider.tokenParameters, ...(audience !== undefined && { audience }) },
    beforeSending,
  });
  const isAsserted = service.way === 'identity-assertion';
  return { tokens: isAsserted ? ofAsserted(tokens, scopes) : tokens, binding, subject };
}

/**
 * Leaves out scopes that the server adds on its own, as Keycloak does with its default ones: the next assertion is
 * requested for what was granted, and the user's own server can refuse to assert more than it was asked for at first.
 */
function ofAsserted(tokens: Tokens, asked: readonly string[]): Tokens {
  const granted = tokens.grantedScopes?.filter(scope => asked.includes(scope));
  const isNamed = granted && (granted.length > 0 || asked.length === 0);
  return isNamed ? { ...tokens, grantedScopes: granted } : tokens;
}

async function prepared(
  services: SubjectServices,
  connection: Connection,
  provider: Provider,
  asking: ServiceRequest,
  resources: readonly string[],
): Promise<Prepared> {
  const { service, account } = asking;
  switch (service.way) {
    case 'client-credentials':
    case 'impersonation':
      return { request: service, binding: service, subject: undefined };
    case 'token-exchange':
      return exchangedRequest(services, provider, service, account);
    case 'identity-assertion': {
      return assertedRequest(services, connection, provider, { ...asking, service, resources });
    }
  }
}

async function exchangedRequest(
  { findSubject, httpContext: { clock } }: SubjectServices,
  provider: Provider,
  {
    way,
    from,
    subjectToken: subjectTokenType,
    requestedTokenType,
  }: Extract<SubjectSignIn, { readonly way: 'token-exchange' }>,
  account: string | undefined,
): Promise<Prepared> {
  const found = await findSignIn(findSubject, from, provider, account);
  const isIdToken = subjectTokenType === 'id_token';
  const grant = isIdToken ? await withCurrentIdToken(found, clock, 'subject-id-token-ended') : found.grant;
  const subjectToken = isIdToken ? grant.tokens.idToken : grant.tokens.accessToken;
  if (!subjectToken) throw new Failure('subject-missing', found.names);
  return {
    request: { way, subjectToken, subjectTokenType, requestedTokenType },
    binding: { way, from, subjectToken: subjectTokenType, requestedTokenType, account: grant.account.id },
    subject: grant,
  };
}
