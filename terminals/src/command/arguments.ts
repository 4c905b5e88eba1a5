/** What was typed after `vscode-oidc`. */
export interface Arguments {
  readonly verb: Verb;
  /** What has no name: the account, and what a tool adds. */
  readonly words: readonly string[];
  /** After `--`. */
  readonly command: readonly string[];
  readonly provider: string | undefined;
  readonly account: string | undefined;
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
  readonly audience: string | undefined;
  /** Seconds. */
  readonly minValid: number;
  readonly isJson: boolean;
  /** The variable that `exec` sets. */
  readonly variable: string;
  /** The request that `header` is for: a token that is bound to a key needs a proof of it. */
  readonly url: string | undefined;
  readonly method: string | undefined;
  readonly nonce: string | undefined;
}

export const verbs = [
  'token',
  'header',
  'exec',
  'accounts',
  'git-credential',
  'kubernetes',
  'docker-credential',
  'goauth',
  'keyring',
] as const;
export type Verb = (typeof verbs)[number];

export const usage = `usage: vscode-oidc COMMAND [ACCOUNT] [OPTION]...

  token              print an access token
  header             print an Authorization header, and with --url the DPoP header that a bound token needs
  exec -- PROGRAM    run a program with the token in ACCESS_TOKEN
  accounts           list the accounts of the setting oidcTerminals.accounts
  git-credential get, kubernetes, docker-credential get, goauth PREFIX, keyring get SERVICE USER
                     answer these tools in their own protocols

  --account NAME     an account of oidcTerminals.accounts; with --provider, the account's label
  --provider ID      an identity provider; you are asked each time
  --scope SCOPE      can be repeated
  --resource URL     what the token is for (RFC 8707)
  --audience NAME    what the token is for
  --min-valid N      seconds that the token has to be valid for; default: 60
  --url URL          the request that header is for
  --method METHOD    its method; default: GET
  --nonce NONCE      the DPoP-Nonce of the server's last response
  --env NAME         the variable that exec sets
  --json             print a JSON object
`;

/** What was typed can't be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const isVerb = (word: string | undefined): word is Verb => verbs.some(verb => verb === word);
const options = [
  ...['account', 'provider', 'scope', 'resource', 'audience', 'min-valid', 'env'],
  ...['url', 'method', 'nonce'],
];

/** @throws UsageError */
export function readArguments(typed: readonly string[]): Arguments {
  const [verb, ...rest] = typed;
  if (!isVerb(verb)) throw new UsageError(verb === undefined ? 'no command' : `unknown command ${verb}`);
  const end = rest.indexOf('--');
  const before = end < 0 ? rest : rest.slice(0, end);
  const values = new Map<string, string[]>();
  const words: string[] = [];
  let isJson = false;
  for (let at = 0; at < before.length; at += 1) {
    const word = before[at] ?? '';
    const [, name, own] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      if (word.startsWith('-')) throw new UsageError(`unknown option ${word}`);
      words.push(word);
    } else if (name === 'json' && own === undefined) isJson = true;
    else if (options.some(option => option === name)) {
      const value = own ?? before[(at += 1)];
      if (value === undefined || value === '') throw new UsageError(`--${name} lacks a value`);
      values.set(name, [...(values.get(name) ?? []), value]);
    } else throw new UsageError(`unknown option --${name}`);
  }
  const one = (name: string): string | undefined => {
    const [value, ...others] = values.get(name) ?? [];
    if (others.length > 0) throw new UsageError(`--${name} is given twice`);
    return value;
  };
  const minValid = one('min-valid') ?? '60';
  if (!/^-?\d{1,9}$/.test(minValid)) throw new UsageError('--min-valid takes a number of seconds');
  const [url, method, nonce] = [one('url'), one('method'), one('nonce')];
  if ((url ?? method ?? nonce) !== undefined && verb !== 'header')
    throw new UsageError(`--url, --method and --nonce are for header, not ${verb}`);
  if (url === undefined ? (method ?? nonce) !== undefined : !URL.canParse(url))
    throw new UsageError('--url takes the URL of the request');
  const variable = one('env') ?? 'ACCESS_TOKEN';
  if (!/^[A-Za-z_]\w*$/.test(variable)) throw new UsageError('--env takes the name of a variable');
  return {
    verb,
    words,
    command: end < 0 ? [] : rest.slice(end + 1),
    provider: one('provider'),
    account: one('account'),
    scopes: (values.get('scope') ?? []).flatMap(value => value.split(/\s+/)).filter(scope => scope !== ''),
    resource: one('resource'),
    audience: one('audience'),
    minValid: Number(minValid),
    isJson,
    variable,
    url,
    method,
    nonce,
  };
}
