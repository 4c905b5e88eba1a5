import { textFromBase64url } from '../../platform/base64url.ts';
import { parseServerObject, payloadOf } from '../http/json.ts';
import { isFromIssuer } from '../server/tenantIssuer.ts';

/** What an assertion has to be made for. */
export interface AssertedFor {
  /** The other server, by its issuer and by what was sent as `audience`. */
  readonly audiences: readonly string[];
  /** The client at the other server. */
  readonly clientId: string;
  /** The resources that were asked for. If empty, the server decides. */
  readonly resources: readonly string[];
  /** The user by the ID token of the sign-in. Undefined: there is none. */
  readonly subject: string | undefined;
}

/** Who makes it. */
export interface AssertedBy {
  readonly issuer: string;
  readonly allowedTenants: readonly string[] | undefined;
  /** True if its name for the user can differ from one client to another (OpenID Connect Core 1.0 section 8). */
  readonly isPairwise: boolean;
}

/** A part of an assertion that isn't as it must be. `found` is the server's text. */
export interface AssertionProblem {
  readonly name: string;
  readonly found: unknown;
  readonly wanted: string;
}

/** The media type of an ID-JAG, which is written without `application/` as a rule (RFC 7515 section 4.1.9). */
const mediaType = /^(?:application\/)?oauth-id-jag\+jwt$/i;

/**
 * Compares the header and the claims of an assertion with what it was requested for
 * (draft-ietf-oauth-identity-assertion-authz-grant section 3). Doesn't verify the signature, which is for the other
 * server.
 *
 * @returns the first difference, `unreadable` for anything but a signed JSON Web Token, or undefined.
 */
export function assertionProblem(
  assertion: string,
  { audiences, clientId, resources, subject }: AssertedFor,
  by: AssertedBy,
): AssertionProblem | 'unreadable' | undefined {
  const header = parseServerObject(textFromBase64url(assertion.split('.')[0] ?? ''));
  const claims = parseServerObject(payloadOf(assertion));
  const isSigned = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion);
  if (!isSigned || !header || !claims) return 'unreadable';
  const { iss, aud, sub, client_id: client, resource } = claims;
  const isIssuer = typeof iss === 'string' && isFromIssuer(by.issuer, iss, by.allowedTenants);
  const named = listOf(aud);
  const isAudience = named.length === 1 && audiences.some(audience => audience === named[0]);
  // A server needn't know of resources. One that it names was asked for, or the token would be good for another API.
  const strange = resources.length > 0 && listOf(resource).some(one => !resources.some(own => own === one));
  const isSubject = typeof sub === 'string' && (by.isPairwise || subject === undefined || sub === subject);
  const checks: readonly (readonly [isRight: boolean, name: string, found: unknown, wanted: string])[] = [
    [mediaType.test(String(header['typ'])), 'typ', header['typ'], 'oauth-id-jag+jwt'],
    [isIssuer, 'iss', iss, by.issuer],
    [isAudience, 'aud', aud, audiences.join(' / ')],
    [client === clientId, 'client_id', client, clientId],
    [!strange, 'resource', resource, resources.join(' ')],
    [isSubject, 'sub', sub, subject ?? ''],
  ];
  const wrong = checks.find(([isRight]) => !isRight);
  return wrong && { name: wrong[1], found: wrong[2], wanted: wrong[3] };
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
