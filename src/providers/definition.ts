import * as v from 'valibot';
import { checkAddress } from '../protocol/address.ts';
import { Failure } from '../protocol/failure.ts';
import { redirectSettingsSchema, type RedirectSettings } from './redirectSettings.ts';
import { methods, type Method } from './signInMethods.ts';

/** The provider id that our manifest declares; the first provider a person adds gets it. */
export const firstProviderId = 'oidc';

/** Asked for when a provider's settings do not say: who it is, and to stay signed in. */
export const defaultScopes = ['openid', 'profile', 'email', 'offline_access'] as const;

const text = (description: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.nonEmpty('must not be empty'),
    v.maxLength(2000, 'is too long'),
    v.description(description),
  );

/** RFC 6749 section 3.3: printable ASCII without space, quotation mark and backslash. */
const scope = v.pipe(
  v.string(),
  v.regex(
    /^[\x21\x23-\x5B\x5D-\x7E]+$/,
    'must be a scope: printable characters without spaces, quotation marks and backslashes',
  ),
);

/** Parameters that the protocol itself sets; a setting must not replace them. */
const reserved =
  /^(response_type|response_mode|client_id|client_secret|redirect_uri|scope|state|nonce|code_challenge|code_challenge_method|code|code_verifier|grant_type|refresh_token|request|request_uri)$/;

const parameters = (description: string) =>
  v.pipe(
    v.record(
      v.pipe(
        v.string(),
        v.check(name => !reserved.test(name), 'is a parameter that the extension sets itself'),
      ),
      v.string(),
    ),
    v.description(description),
  );

/** RFC 8707 section 2: an absolute URI without a fragment. */
const isResource = (value: string): boolean => URL.canParse(value) && !value.includes('#');

/**
 * What a provider's entry in `oidc.providers` may say. The types, the schema that the settings editor checks
 * with, and the messages about a wrong entry all come from here.
 */
export const providerDefinitionSchema = v.strictObject({
  label: v.optional(text('The name shown in the Accounts menu. By default the host name of the issuer.')),
  issuer: text(
    'The issuer identifier of the provider, exactly as its metadata has it, for example `https://login.example.com/realms/staff`. The metadata is found from it.',
  ),
  clientId: v.optional(
    text(
      'The client id under which this editor is registered at the provider. Without one, the editor registers itself where the provider allows that.',
    ),
  ),
  scopes: v.optional(
    v.pipe(
      v.array(scope),
      v.description(
        'The scopes asked for at every sign-in, besides those that an extension asks for. By default `openid`, `profile`, `email` and, unless the provider says that it has no such scope, `offline_access`.',
      ),
    ),
  ),
  allowLoopbackHttp: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        'Allow addresses of this provider to be plain http if they are on this computer (localhost). For development only.',
      ),
    ),
  ),
  acceptsChangingRedirectUri: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        'The provider accepts redirect URIs by a pattern, so that the changing address of an editor in the browser (code-server, Codespaces) can be used.',
      ),
    ),
  ),
  signInMethod: v.optional(
    v.pipe(
      v.picklist(methods),
      v.description(
        'How to sign in to this provider, in place of `#oidc.signIn.method#`: `uri-handler`, `loopback`, `bridge` and `paste` use the browser and differ in how its answer comes back; `device-code` shows a code to enter in any browser.',
      ),
    ),
  ),
  redirect: v.optional(redirectSettingsSchema),
  prompt: v.optional(
    text('`prompt` of every authorization request, for example `select_account` or `consent`.'),
  ),
  maxAge: v.optional(
    v.pipe(
      v.number(),
      v.integer('must be a whole number'),
      v.minValue(0, 'must not be negative'),
      v.description('How long ago you may have signed in at the provider at most, in seconds (`max_age`).'),
    ),
  ),
  acrValues: v.optional(
    v.pipe(
      v.array(scope),
      v.description('The authentication context classes to ask for, the preferred first (`acr_values`).'),
    ),
  ),
  resource: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.check(isResource, 'must be an absolute address without a fragment (#…)'),
          v.maxLength(2000, 'is too long'),
        ),
      ),
      v.description('The resources that the access token is for (`resource`, RFC 8707).'),
    ),
  ),
  audience: v.optional(
    text('`audience` of every authorization request, for providers that ask for one (Auth0, Atlassian).'),
  ),
  authorizationParameters: v.optional(
    parameters('Further parameters of the authorization request, for example `{ "prompt": "consent" }`.'),
  ),
});

/** An entry as a person writes it. */
export type ProviderDefinition = v.InferOutput<typeof providerDefinitionSchema>;

/** A provider id: what extensions pass to `getSession`, and a part of keys in storage. */
export const providerIdSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, hyphens or underscores',
  ),
);

/** A provider that can be signed in to. */
export interface Provider {
  readonly id: string;
  readonly label: string;
  readonly issuer: string;
  /** Undefined: this editor registers itself. */
  readonly clientId: string | undefined;
  /** Undefined: {@link defaultScopes}, as far as the server has them. */
  readonly scopes: readonly string[] | undefined;
  readonly allowLoopbackHttp: boolean;
  readonly acceptsChangingRedirectUri: boolean;
  /** Undefined: the overall setting decides. */
  readonly signInMethod: Method | undefined;
  readonly redirect: RedirectSettings;
  /** `resource` of every authorization and token request (RFC 8707 section 2). */
  readonly resources: readonly string[];
  readonly audience: string | undefined;
  /** In seconds. */
  readonly maxAge: number | undefined;
  /** Further parameters of the authorization request, those of `prompt`, `audience` and so on included. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
}

/** What is wrong with an entry, and where. */
export interface DefinitionProblem {
  readonly providerId: string;
  /** The field, or undefined if the entry as a whole is wrong. */
  readonly field: string | undefined;
  /** Why, as the rest of a sentence that starts with the field: "must not be empty". */
  readonly reason: string;
}

export type ParsedDefinition =
  | { readonly ok: true; readonly provider: Provider }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] };

/** Checks one entry. Never throws: what is wrong is returned, by field. */
export function parseDefinition(providerId: string, definition: unknown): ParsedDefinition {
  const id = v.safeParse(providerIdSchema, providerId);
  if (!id.success) {
    return {
      ok: false,
      problems: [{ providerId, field: undefined, reason: `The id ${id.issues[0].message}` }],
    };
  }
  const parsed = v.safeParse(providerDefinitionSchema, definition);
  if (!parsed.success) {
    return { ok: false, problems: parsed.issues.map(issue => problemOf(providerId, issue)) };
  }
  const { label, issuer, clientId, scopes, allowLoopbackHttp = false, ...rest } = parsed.output;
  const address = issuerProblem(issuer, allowLoopbackHttp);
  if (address !== undefined) {
    return { ok: false, problems: [{ providerId, field: 'issuer', reason: address }] };
  }
  return {
    ok: true,
    provider: {
      id: providerId,
      label: label ?? new URL(issuer).host,
      issuer,
      clientId,
      scopes,
      allowLoopbackHttp,
      acceptsChangingRedirectUri: rest.acceptsChangingRedirectUri ?? false,
      signInMethod: rest.signInMethod,
      redirect: rest.redirect ?? {},
      resources: rest.resource ?? [],
      audience: rest.audience,
      maxAge: rest.maxAge,
      authorizationParameters: {
        ...rest.authorizationParameters,
        ...(rest.prompt !== undefined && { prompt: rest.prompt }),
        ...(rest.acrValues && { acr_values: rest.acrValues.join(' ') }),
        ...(rest.audience !== undefined && { audience: rest.audience }),
      },
    },
  };
}

/** Why an issuer cannot be used, or undefined if it can (OpenID Connect Discovery 1.0 section 2). */
export function issuerProblem(issuer: string, allowLoopbackHttp: boolean): string | undefined {
  try {
    const url = checkAddress(issuer, { allowLoopbackHttp });
    return url.search === '' ? undefined : 'is not an issuer: it has a query (?…)';
  } catch (error) {
    if (error instanceof Failure) return `cannot be used. ${error.message}`;
    throw error;
  }
}

function problemOf(providerId: string, issue: v.BaseIssue<unknown>): DefinitionProblem {
  const field = v.getDotPath(issue) ?? undefined;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { providerId, field, reason: 'is not a setting of a provider' };
  }
  if (issue.received === 'undefined') return { providerId, field, reason: 'is missing' };
  if (issue.kind === 'schema') return { providerId, field, reason: `must be ${typeName(issue.type)}` };
  return { providerId, field, reason: issue.message };
}

const typeName = (type: string): string =>
  ({
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    record: 'an object',
    strict_object: 'an object',
    number: 'a number',
    picklist: 'one of the values that the settings editor offers',
  })[type] ?? type;
