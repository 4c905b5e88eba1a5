import { clockTolerance, secondsNow, type Clock } from '../../platform/clock.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { requestServiceTokens, type ServiceTokenRequest } from '../../protocol/grants/serviceGrants.ts';
import { claimsOfVerified } from '../../protocol/tokens/idToken.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { ServiceSignIn } from '../../providers/settings/serviceSettings.ts';
import type { Grant, ServiceBinding } from '../../sessions/grant/grant.ts';
import { askedAudience, resourcesOfToken } from '../../sessions/grant/pseudoScopes.ts';

/** A sign-in at another provider whose token can be exchanged. */
export interface Subject {
  readonly provider: Provider;
  /** With their current tokens. `undefined` if these have expired and can't be refreshed now. */
  readonly grants: readonly { readonly grant: Grant; readonly hasEnded: boolean }[];
  /** Gets new tokens even if the access token works. @returns the unchanged grant if that isn't possible now. */
  renew(grant: Grant): Promise<Grant | undefined>;
}

/** The sign-ins to another provider, kept current. Undefined if no provider has this ID. */
export type FindSubject = (providerId: string) => Promise<Subject | undefined>;

/** How a service sign-in is requested: as the settings say, and for which user. */
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
 * Gets tokens for a service client: for a new sign-in, and again whenever the token is about to expire.
 *
 * @throws Failure as {@link requestServiceTokens}, or `subject-missing`, `subject-token-ended` or
 * `subject-id-token-ended` if there is no token that could be exchanged.
 */
export async function serviceTokens(
  connection: Connection,
  provider: Provider,
  findSubject: FindSubject,
  { service, account, scopes, asked, beforeSending }: ServiceRequest,
): Promise<{ tokens: Tokens; binding: ServiceBinding; subject: Grant | undefined }> {
  const { request, binding, subject } = await requestOf(connection, provider, findSubject, service, account);
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
  { httpContext: { clock } }: Connection,
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
  if (!found || !known) throw new Failure('subject-missing', names);
  // A server refuses an expired token like a permanently invalid one, which it isn't.
  if (known.hasEnded) throw new Failure('subject-token-ended', names);
  const isIdToken = subjectTokenType === 'id_token';
  const grant = isIdToken ? await withCurrentIdToken(found, known.grant, clock, names) : known.grant;
  const subjectToken = isIdToken ? grant.tokens.idToken : grant.tokens.accessToken;
  if (!subjectToken) throw new Failure('subject-missing', names);
  return {
    request: { way, subjectToken, subjectTokenType, requestedTokenType },
    binding: { way, from, subjectToken: subjectTokenType, requestedTokenType, account: grant.account.id },
    subject: grant,
  };
}

/** An ID token ends when it likes, and a refresh that brings none keeps the one before. */
async function withCurrentIdToken(
  subject: Subject,
  grant: Grant,
  clock: Clock,
  names: { readonly source: string; readonly provider: string },
): Promise<Grant> {
  if (!endsSoon(grant, clock)) return grant;
  const renewed = (await subject.renew(grant)) ?? grant;
  if (!endsSoon(renewed, clock)) return renewed;
  const isNew = renewed.tokens.serial !== grant.tokens.serial;
  throw new Failure(isNew ? 'subject-id-token-ended' : 'subject-token-ended', names);
}

function endsSoon({ tokens: { idToken, clockOffset = 0 } }: Grant, clock: Clock): boolean {
  const end = idToken && claimsOfVerified(idToken)?.exp;
  return end !== undefined && end <= secondsNow(clock) + clockOffset + clockTolerance;
}
