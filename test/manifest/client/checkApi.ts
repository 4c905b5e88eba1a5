#!/usr/bin/env node
/** `check-api <url>`: whether a server refuses requests in the way that editors understand. */
import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';

interface Finding {
  /** What was tried. */
  readonly tried: string;
  /** Undefined: as it should be; else what is wrong, and what to do. */
  readonly problem: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly challenge: string;
}

const help = `check-api <url>

Sends requests to a server (http, https, ws, or wss) without a token, with a wrong one, and with yours, as an extension does.
Reports what to change in its responses. Sends only GET requests and WebSocket handshakes.

  --json   prints an array of { tried, problem }
  --help   prints this

The environment variable OIDC_TOKEN contains an access token that the server accepts. Without it, only refusals are checked.
Exit code: 0 if everything is correct, 1 if something must change, 2 if the server can't be reached.`;

const seconds = 10;

function ask(address: URL, token: string | undefined, upgrade: boolean): Promise<Answer> {
  const url = new URL(address);
  url.protocol = url.protocol.replace('ws', 'http');
  const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(upgrade && {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': btoa('0123456789abcdef'),
      }),
    },
    timeout: seconds * 1000,
  });
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      const challenge = response.headers['www-authenticate'] ?? '';
      resolve({ status: response.statusCode ?? 0, challenge });
      request.destroy();
    };
    request.on('response', answered).on('upgrade', answered);
    request.on('timeout', () => request.destroy(new Error(`no response within ${seconds} seconds`)));
    request.on('error', reject);
    request.end();
  });
}

const parameter = (challenge: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="?([^",]*)`, 'i').exec(challenge)?.[1];

const isBearer = (challenge: string): boolean => /(^|,)\s*bearer\b/i.test(challenge);

function problemWithoutToken({ status, challenge }: Answer): string | undefined {
  if (status === 101 || (status >= 200 && status < 300))
    return 'It accepts requests without a token. Respond with 401.';
  if (status >= 300 && status < 400) {
    return 'It redirects, as to a sign-in page. Respond with 401 to requests that accept no HTML, or use another URL for them.';
  }
  if (status === 426)
    return 'It responds with 426 before it checks the token. Respond with 401, as to the handshake.';
  if (status !== 401) return `It responds with ${status}. Respond with 401 and WWW-Authenticate: Bearer.`;
  if (!isBearer(challenge))
    return 'Its 401 has no challenge. Add WWW-Authenticate: Bearer (RFC 6750 section 3).';
  const error = parameter(challenge, 'error');
  return error === undefined
    ? undefined
    : `It names an error (${error}) although there was no token. Remove it (RFC 6750 section 3.1).`;
}

function problemWithWrongToken({ status, challenge }: Answer): string | undefined {
  if (status === 101 || (status >= 200 && status < 300))
    return 'It accepts a token that no provider issued. Verify each token.';
  if (status !== 401)
    return `It responds with ${status}. Respond with 401 and WWW-Authenticate: Bearer error="invalid_token".`;
  return isBearer(challenge) && parameter(challenge, 'error') === 'invalid_token'
    ? undefined
    : 'Its 401 doesn’t say that the token is invalid. Add error="invalid_token" to its challenge (RFC 6750 section 3.1).';
}

function problemWithToken({ status, challenge }: Answer, upgrade: boolean): string | undefined {
  const error = parameter(challenge, 'error');
  if (error === 'insufficient_user_authentication') {
    const asks = parameter(challenge, 'acr_values') ?? parameter(challenge, 'max_age');
    return asks === undefined
      ? 'It requires another sign-in, and doesn’t say which. Add acr_values or max_age (RFC 9470 section 3).'
      : undefined;
  }
  if (status === 401)
    return `It refuses the token${error === undefined ? ' and doesn’t say why' : ` (${error})`}.`;
  if (status === 403) {
    const isClear = isBearer(challenge) && error === 'insufficient_scope' && parameter(challenge, 'scope');
    return isClear
      ? undefined
      : 'Its 403 doesn’t say what is missing. Add WWW-Authenticate: Bearer error="insufficient_scope", scope="…" if more scopes help (RFC 6750 section 3.1).';
  }
  if (upgrade && status !== 101) return `It responds to the handshake with ${status}, not 101.`;
  if (!upgrade && status === 426) return undefined;
  return status >= 300 && status !== 426 ? `It responds with ${status}.` : undefined;
}

/** @throws Error if the server can't be reached. */
async function checkApi(address: URL, token: string | undefined): Promise<Finding[]> {
  const isSocket = address.protocol.startsWith('ws');
  const findings: Finding[] = [];
  for (const upgrade of isSocket ? [true, false] : [false]) {
    const what = upgrade ? 'a handshake' : isSocket ? 'a GET of the same URL' : 'a GET';
    const found = async (
      how: string,
      sent: string | undefined,
      judge: (answer: Answer, upgrade: boolean) => string | undefined,
    ): Promise<void> => {
      const answer = await ask(address, sent, upgrade);
      findings.push({ tried: `${what} ${how}`, problem: judge(answer, upgrade) });
    };
    await found('without a token', undefined, problemWithoutToken);
    await found('with a wrong token', 'not-a-token', problemWithWrongToken);
    if (token !== undefined) await found('with your token', token, problemWithToken);
  }
  return findings;
}

async function main(words: readonly string[]): Promise<number> {
  const [address] = words.filter(word => !word.startsWith('--'));
  if (words.includes('--help') || address === undefined) {
    console.log(help);
    return words.includes('--help') ? 0 : 2;
  }
  if (!URL.canParse(address) || !/^(https?|wss?):$/.test(new URL(address).protocol)) {
    console.error(`${address} isn't a URL with http, https, ws, or wss.`);
    return 2;
  }
  try {
    const token = process.env['OIDC_TOKEN'];
    const findings = await checkApi(new URL(address), token);
    if (words.includes('--json')) console.log(JSON.stringify(findings));
    else {
      for (const { tried, problem } of findings)
        console.log(problem === undefined ? `✔ ${tried}` : `✘ ${tried}: ${problem}`);
      if (token === undefined)
        console.log('– Not checked: with your token. Set OIDC_TOKEN to an access token.');
    }
    return findings.some(({ problem }) => problem !== undefined) ? 1 : 0;
  } catch (error) {
    console.error(`Couldn't reach the server: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
