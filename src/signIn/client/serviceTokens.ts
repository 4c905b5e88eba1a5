import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { requestServiceTokens, type ServiceTokenRequest } from '../../protocol/grants/serviceGrants.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { ServiceSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant, ServiceBinding } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';

/** A sign-in at another provider whose token can be exchanged. */
export interface Subject {
  readonly provider: Provider;
  /** With the tokens that are current; `undefined` if they have ended and cannot be renewed now. */
  readonly grants: readonly { readonly grant: Grant; readonly hasEnded: boolean }[];
}

/** The sign-ins at another provider, kept fresh; undefined if no provider has this id. */
export type FindSubject = (providerId: string) => Promise<Subject | undefined>;

/** How a sign-in by the client itself is asked for: as the settings say, and for whom. */
export interface ServiceRequest {
  readonly service: ServiceSignIn;
  /** Of a token exchange: the account whose token it is. Undefined: the only one there is. */
  readonly account?: string | undefined;
  readonly scopes: readonly string[];
  /** What was asked for, for the resources and the audience among it. */
  readonly asked: readonly string[];
  readonly beforeSending?: (() => void) | undefined;
}

/**
 * Gets tokens for a client that signs in by itself: for a new sign-in, and again whenever the token is about to
 * end.
 *
 * @throws Failure as {@link requestServiceTokens}; `subject-missing` or `subject-token-ended` if there is no token
 * that could be exchanged.
 */
export async function serviceTokens(
  connection: Connection,
  provider: Provider,
  findSubject: FindSubject,
  { service, account, scopes, asked, beforeSending }: ServiceRequest,
): Promise<{ tokens: Tokens; binding: ServiceBinding; subject: Grant | undefined }> {
  const { request, binding, subject } = await requestOf(provider, findSubject, service, account);
  const audience = askedAudience(asked) ?? provider.audience;
  const tokens = await requestServiceTokens(connection, request, {
    scopes,
    resources: resourcesOfToken(provider, asked),
    parameters: { ...provider.tokenParameters, ...(audience !== undefined && { audience }) },
    beforeSending,
  });
  return { tokens, binding, subject };
}

interface Prepared {
  readonly request: ServiceTokenRequest;
  readonly binding: ServiceBinding;
  readonly subject: Grant | undefined;
}

async function requestOf(
  provider: Provider,
  findSubject: FindSubject,
  service: ServiceSignIn,
  account: string | undefined,
): Promise<Prepared> {
  if (service.way !== 'token-exchange') return { request: service, binding: service, subject: undefined };
  const { way, from, subjectToken: subjectTokenType, requestedTokenType } = service;
  const found = await findSubject(from);
  const names = { source: found?.provider.label ?? from, provider: provider.label };
  const known = found?.grants.find(({ grant }) => account === undefined || grant.account.id === account);
  if (!known) throw new Failure('subject-missing', names);
  const { grant, hasEnded } = known;
  const subjectToken = grant.tokens[subjectTokenType === 'id_token' ? 'idToken' : 'accessToken'];
  if (!subjectToken) throw new Failure('subject-missing', names);
  // A server takes an ended token for a refusal for good, which it is not.
  if (hasEnded) throw new Failure('subject-token-ended', names);
  return {
    request: { way, subjectToken, subjectTokenType, requestedTokenType },
    binding: { ...service, account: grant.account.id },
    subject: grant,
  };
}
