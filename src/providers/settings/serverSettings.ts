import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { flag, group, listOf, oneOf, someOf, text } from './fields.ts';

const endpoint = (what: string) => text(`The ${what}.`);

/** Endpoints that a user configures, for servers whose metadata lacks them or is wrong about them. */
export const endpointsSchema = group(
  'The provider’s endpoints. They override those in its metadata. Without `issuer` and `metadataUrl`, only these endpoints are used.',
  {
    authorization: endpoint('authorization endpoint, which opens in the browser'),
    token: endpoint('token endpoint'),
    keys: endpoint('URL of the keys that sign ID tokens (`jwks_uri`)'),
    userInfo: endpoint('UserInfo endpoint, or another one that identifies the owner of a token'),
    deviceAuthorization: endpoint('device authorization endpoint'),
    revocation: endpoint('revocation endpoint'),
    introspection: endpoint('introspection endpoint'),
    endSession: endpoint('end session endpoint'),
  },
);

const scopeName = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

const name = (pattern = /^\w{1,60}$/) =>
  v.pipe(
    v.string(),
    v.regex(pattern, () => l10n.t('must be a name')),
  );

const names = (description: string, theirs?: RegExp, ours?: RegExp) =>
  v.pipe(v.record(name(theirs), name(ours)), v.description(description));

/** How a server's responses differ from the standards. */
export const answersSchema = group(
  'How the provider’s responses differ from the standards. Defaults to no differences.',
  {
    errorsWithStatus200: flag(
      'Controls whether a response with status 200 counts as an error if it contains `error` or `"ok": false` (GitHub, Slack).',
    ),
    formEncoded: flag('Controls whether form-encoded responses are accepted although JSON was requested.'),
    names: names(
      'Properties with a nonstandard name in responses, as an object from the provider’s name to the standard one, for example `{ "verification_url": "verification_uri" }` (Google).',
    ),
    errors: names(
      'The provider’s own error codes, as an object from its code to the standard one, for example `{ "bad_refresh_token": "invalid_grant" }`.',
      /^[\w.-]{1,60}$/,
    ),
    errorList: flag(
      'Controls whether errors are read from an array `errors`, each with `code`, `title`, and `detail` (Qlik Cloud).',
    ),
    tokensIn: text(
      'The property of the token response that contains the user’s tokens, for example `authed_user` (Slack).',
    ),
    assumeBearer: flag(
      'Controls whether tokens count as bearer tokens if the token type is nonstandard (Slack).',
    ),
    scopeSeparator: oneOf(
      'The separator between scopes in responses, if it differs from the one in requests (GitHub).',
      [' ', ','],
    ),
    scopeNames: names(
      'Scopes with another name in responses, as an object from the provider’s name to the requested one, for example `{ "https://www.googleapis.com/auth/userinfo.email": "email" }` (Google).',
      scopeName,
      scopeName,
    ),
    keep: listOf(
      'Additional properties of token responses to keep among the claims, for example `instance_url` (Salesforce).',
      name(),
    ),
    emptyMeansAbsent: flag('Controls whether null values and empty strings are treated as missing.'),
  },
);

const claimName = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty(() => l10n.t('must not be empty')),
  v.maxLength(200, () => l10n.t('is too long')),
);

export const accountSchema = group(
  'The claims that identify and name the account. Use a dot for a claim inside an object.',
  {
    id: v.pipe(
      claimName,
      v.description(
        'The claim that permanently identifies the account. Defaults to `sub`. For providers without ID tokens, a property of the response of `endpoints.userInfo`, for example `id` (GitHub).',
      ),
    ),
    label: someOf(
      'The claims that name the account in the Accounts menu. The first one that exists is used. Defaults to `preferred_username`, `email`, `name`, and `sub`.',
      claimName,
    ),
  },
);

const wantedValue = v.union(
  [
    v.string(),
    v.number(),
    v.boolean(),
    v.pipe(
      v.array(v.string()),
      v.minLength(1, () => l10n.t('must not be empty')),
    ),
  ],
  () => l10n.t('must be a string, a number, a boolean, or an array of strings'),
);

export const requiredClaimsSchema = v.pipe(
  v.record(claimName, wantedValue),
  v.description(
    'What the claims of an account must contain, for example `{ "groups": "teams/developers" }`: the claim must be that value, or an array that contains it. If several values are listed, one is enough. Use a dot for a claim inside an object (`realm_access.roles`). A sign-in that doesn’t match is refused, and its tokens are revoked. The claims are checked again with each refresh: an account that no longer matches is kept, but no extension gets a session for it until it matches again.',
  ),
);

export const claimSources = ['userinfo', 'introspection'] as const;

export const claimSourcesSchema = listOf(
  'Where claims come from in addition to the ID token: `userinfo`, `introspection`. They are requested at sign-in and after each refresh. If not set, UserInfo is requested only if the ID token doesn’t name the account. Introspection also provides the expiry of a token if its response doesn’t.',
  v.picklist(claimSources),
);
