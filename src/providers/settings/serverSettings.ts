import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { flag, group, listOf, oneOf, someOf, text } from './fields.ts';

const endpoint = (what: string) => text(`The ${what}.`);

/** Endpoints that a person names, for servers whose metadata lacks them or is wrong about them. */
export const endpointsSchema = group(
  'Endpoints of the provider. They go before those of its metadata; without `issuer` and `metadataUrl`, they are all that is used.',
  {
    authorization: endpoint('authorization endpoint, which the browser opens'),
    token: endpoint('token endpoint'),
    keys: endpoint('address of the keys that ID tokens are signed with (`jwks_uri`)'),
    userInfo: endpoint('UserInfo endpoint, or another one that says who the token belongs to'),
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

/** In what the answers of a server depart from the standards. */
export const answersSchema = group(
  'In what the answers of the provider depart from the standards. By default in nothing.',
  {
    errorsWithStatus200: flag(
      'Errors come with status 200: an answer with `error`, or with `"ok": false`, is one (GitHub, Slack).',
    ),
    formEncoded: flag('Answers may be form-encoded though JSON was asked for.'),
    names: names(
      'Members of answers that have another name, from the provider’s name to the standard one, for example `{ "verification_url": "verification_uri" }` (Google).',
    ),
    errors: names(
      'Error codes of the provider’s own, and the standard ones that they mean, for example `{ "bad_refresh_token": "invalid_grant" }`.',
      /^[\w.-]{1,60}$/,
    ),
    errorList: flag('Errors come as a list `errors`, each with `code`, `title` and `detail` (Qlik Cloud).'),
    tokensIn: text(
      'The member of the token answer that holds the tokens of the person, for example `authed_user` (Slack).',
    ),
    assumeBearer: flag(
      'The token type is missing or has a name of its own, though the tokens are bearer tokens (Slack).',
    ),
    scopeSeparator: oneOf(
      'What stands between scopes in answers, if it is not what stands there in requests (GitHub).',
      [' ', ','],
    ),
    scopeNames: names(
      'Scopes that have another name in answers, from the provider’s name to the one that is asked for, for example `{ "https://www.googleapis.com/auth/userinfo.email": "email" }` (Google).',
      scopeName,
      scopeName,
    ),
    keep: listOf(
      'Further members of token answers, to be kept among the claims, for example `instance_url` (Salesforce).',
      name(),
    ),
    emptyMeansAbsent: flag('Members that are null or empty text count as absent.'),
  },
);

const claimName = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty(() => l10n.t('must not be empty')),
  v.maxLength(200, () => l10n.t('is too long')),
);

export const accountSchema = group(
  'Which claims name the account. A dot leads into a claim that is an object.',
  {
    id: v.pipe(
      claimName,
      v.description(
        'The claim that identifies the account for good. By default `sub`. For providers without ID tokens, a member of the answer of `endpoints.userInfo`, for example `id` (GitHub).',
      ),
    ),
    label: someOf(
      'The claims that name the account in the Accounts menu; the first one that there is counts. By default `preferred_username`, `email`, `name` and `sub`.',
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
  () => l10n.t('must be text, a number, true or false, or a list of texts'),
);

export const requiredClaimsSchema = v.pipe(
  v.record(claimName, wantedValue),
  v.description(
    'What the claims of an account must say, for example `{ "groups": "teams/developers" }`: the claim must be that value or a list that contains it; of several values, one is enough. A dot leads into a claim that is an object (`realm_access.roles`). A sign-in that lacks it is refused, and its tokens are given back. It is checked again with each refresh: an account that lacks it then is kept, but no extension gets a session of it until it has it again.',
  ),
);

export const claimSources = ['userinfo', 'introspection'] as const;

export const claimSourcesSchema = listOf(
  'Where claims come from besides the ID token: `userinfo`, `introspection`. They are asked at the sign-in and after each refresh. By default UserInfo is asked only if the ID token has no name for the account. Introspection also tells when a token ends whose answer does not say.',
  v.picklist(claimSources),
);
