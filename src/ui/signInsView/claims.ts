import { l10n } from '../../platform/shown.ts';
import type { Secret } from '../../platform/secret.ts';
import { isObject, parseServerObject, payloadOf } from '../../protocol/http/json.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { tokenTypeOf } from '../../sessions/grant/sessions.ts';

const withheld = (): string => l10n.t('(withheld)');
const none = (): string => l10n.t('none');

/**
 * What is known of a sign-in, to be read: claims, scopes, and what the tokens say, never the tokens themselves.
 * JSON with comments.
 */
export function claimsDocument(provider: Pick<Provider, 'label'>, grant: Grant): string {
  const { account, binding, claims, grantedScopes, sessions, tokens } = grant;
  const content = {
    issuer: binding.issuer,
    client: binding.clientId,
    account: account.id,
    claims: readableClaims(grant, claims),
    grantedScopes,
    sessions,
    idToken: tokens.idToken ? (contentOf(grant, tokens.idToken) ?? withheld()) : none(),
    tokenType: tokenTypeOf(grant),
    accessToken: contentOf(grant, tokens.accessToken) ?? withheld(),
    refreshToken: tokens.refreshToken ? withheld() : none(),
  };
  const head = [
    `${account.label} (${provider.label})`,
    '',
    ...wrapped(
      l10n.t(
        'claims: what the provider says about you. Extensions that you allow to use this account can read it.',
      ),
    ),
    ...wrapped(
      l10n.t(
        'idToken, accessToken: what these tokens contain. The access token is meant for servers and isn’t verified here.',
      ),
    ),
    ...(tokenTypeOf(grant) === 'Bearer'
      ? []
      : wrapped(
          l10n.t(
            'tokenType DPoP: the access token is bound to a key. Extensions have to send a proof with it.',
          ),
        )),
    ...wrapped(l10n.t('Tokens, and anything that could be used in their place, are {0}.', withheld())),
    l10n.t('Times beside numbers are UTC.'),
  ];
  const lines = JSON.stringify(content, null, 2).split('\n').map(withTime);
  return `${[...head.map(line => `// ${line}`.trimEnd()), ...lines].join('\n')}\n`;
}

/** A paragraph in lines that can be read at a glance, the further ones indented. */
function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length < 78) lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}

/** The claims as JSON, for the clipboard. */
export const claimsText = (grant: Grant): string =>
  `${JSON.stringify(readableClaims(grant, grant.claims), null, 2)}\n`;

const readableClaims = (grant: Grant, claims: object): unknown => redacted(claims, secretsOf(grant));

/** What a token contains if it is a JSON Web Token, without its signature. Undefined for any other token. */
function contentOf(grant: Grant, token: Secret): unknown {
  const text = token.reveal();
  const content = text.split('.').length === 3 ? parseServerObject(payloadOf(text)) : undefined;
  return content && redacted(content, secretsOf(grant));
}

const secretsOf = ({ tokens: { accessToken, refreshToken, idToken } }: Grant): string[] =>
  [accessToken, refreshToken, idToken].flatMap(token => (token ? [mark(token)] : []));

/** Names of properties that hold or represent a credential. */
const secretNames =
  /^(nonce|sid|jti|at_hash|c_hash|s_hash|code)$|token|secret|passw|credential|api_?key|assertion|cookie|session_?id/i;

/** True if a JSON Web Token stands anywhere in a text. Takes each character once: providers choose the text. */
const hasJsonWebToken = (text: string): boolean =>
  text.split(/[^\w.-]/).some(run => {
    const parts = run.split('.');
    return parts.some(
      (part, at) => /(?:^|-)ey[\w-]{10}/.test(part) && !!parts[at + 1] && parts[at + 2] !== undefined,
    );
  });

/** As much of a secret as tells it from other text. Searching for all of it takes the product of both lengths. */
const mark = (secret: Secret): string => secret.reveal().slice(0, 40);

function redacted(value: unknown, secrets: readonly string[], name = ''): unknown {
  if (typeof value === 'string') {
    const isSecret =
      secretNames.test(name) || hasJsonWebToken(value) || secrets.some(secret => value.includes(secret));
    return isSecret ? withheld() : value;
  }
  if (Array.isArray(value)) return value.map(entry => redacted(entry, secrets, name));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, entry]) => [
      member,
      // What is in a group of secrets is one, whatever it is called.
      redacted(entry, secrets, secretNames.test(name) ? name : member),
    ]),
  );
}

/** Adds a readable time to a number of seconds. */
function withTime(line: string): string {
  const seconds = /^\s*"(?:exp|iat|nbf|auth_time|updated_at)": (\d{9,10}),?$/.exec(line)?.[1];
  if (seconds === undefined) return line;
  return `${line} // ${new Date(Number(seconds) * 1000).toISOString().replace('T', ' ').slice(0, 19)}`;
}
