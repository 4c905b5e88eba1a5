import { l10n } from '../../platform/shown.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { requestIdentityAssertion } from '../../protocol/grants/identityAssertion.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SubjectSignIn } from '../../providers/settings/serviceSettings.ts';
import { isEndedByServer } from '../../sessions/grant/fate.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { connectFor } from './grantConnection.ts';
import type { Prepared, ServiceRequest } from './serviceRequest.ts';
import { findSignIn, withCurrentIdToken, type FoundSubject, type SubjectServices } from './subject.ts';

interface AssertedRequest extends Omit<ServiceRequest, 'service'> {
  readonly service: Extract<SubjectSignIn, { readonly way: 'identity-assertion' }>;
  readonly resources: readonly string[];
}

/**
 * Has the user's own server assert who they are to another one, for one token request: each assertion is used once. The
 * token that is shown for it goes to the server that issued it, by the connection of its sign-in, and to no other.
 *
 * @param connection to the server that takes the assertion.
 * @throws Failure as {@link requestIdentityAssertion}, of the sign-in `subject-missing`, `subject-token-ended`,
 * `subject-token-lacking` or `asserting-id-token-ended`, or `endpoint-changed` if its token would go elsewhere.
 */
export async function assertedRequest(
  services: SubjectServices,
  { client, metadata }: Connection,
  provider: Provider,
  { service, account, scopes, resources, signal, beforeSending }: AssertedRequest,
): Promise<Prepared> {
  const { from, subjectToken: subjectTokenType, audience = metadata.issuer } = service;
  const found = await findSignIn(services.findSubject, from, provider, account);
  // Its ID token can outlive it.
  if (isEndedByServer(found.grant)) throw new Failure('subject-missing', found.names);
  const grant = await withCurrentToken(services, found, subjectTokenType);
  const subjectToken = tokenOf(grant, found, subjectTokenType);
  const source = await connectFor(services, found.subject.provider, grant, signal);
  const endpoint = source.metadata.token_endpoint;
  if (endpoint === undefined) {
    const { namedTokenEndpoint = 'nothing' } = source;
    throw new Failure('endpoint-changed', { issuer: source.client.issuer, found: namedTokenEndpoint });
  }
  const assertion = await requestIdentityAssertion(source, {
    subjectToken,
    subjectTokenType,
    audience,
    audiences: [...new Set([metadata.issuer, audience])],
    clientId: client.id,
    resources,
    scopes,
    subject: subjectOf(found.subject.provider, grant),
    other: new URL(metadata.token_endpoint ?? metadata.issuer).host,
    names: found.names,
    beforeSending,
  });
  return {
    request: { way: service.way, assertion, asserter: new URL(endpoint).host },
    binding: {
      way: service.way,
      from,
      subjectToken: subjectTokenType,
      audience: service.audience,
      account: grant.account.id,
    },
    subject: grant,
  };
}

/**
 * A refresh token that another window has used since is worse than none: servers take it for stolen. So the one that
 * was just renewed is shown.
 */
async function withCurrentToken(
  { httpContext: { clock } }: SubjectServices,
  found: FoundSubject,
  type: 'id_token' | 'refresh_token',
): Promise<Grant> {
  const { grant, subject, names } = found;
  if (type === 'id_token') return withCurrentIdToken(found, clock, 'asserting-id-token-ended');
  if (!grant.tokens.refreshToken) return grant;
  const renewed = await subject.renew(grant);
  if (!renewed || renewed.tokens.serial === grant.tokens.serial)
    throw new Failure('subject-token-ended', names);
  return renewed;
}

function tokenOf(
  { tokens: { idToken, refreshToken } }: Grant,
  { names }: FoundSubject,
  type: 'id_token' | 'refresh_token',
): Secret {
  const [token, name, scope] =
    type === 'id_token'
      ? [idToken, l10n.t('ID token'), 'openid']
      : [refreshToken, l10n.t('refresh token'), 'offline_access'];
  if (!token) throw new Failure('subject-token-lacking', { ...names, token: name, scope });
  return token;
}

/** As the user's own server names them in the ID token. */
function subjectOf({ accountId }: Provider, { account, claims }: Grant): string | undefined {
  const { sub } = claims;
  if (typeof sub === 'string') return sub;
  return accountId === undefined ? account.id : undefined;
}
