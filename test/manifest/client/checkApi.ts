#!/usr/bin/env node
/** `check-api <url>`: whether a server refuses requests in the way that editors understand. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';

interface Finding {
  /** What was tried. */
  readonly tried: string;
  /** Undefined: as it should be; else what is wrong, and what to do. */
  readonly problem: string | undefined;
  /** What it takes. */
  readonly note?: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly challenge: string;
  /** `DPoP-Nonce` (RFC 9449 section 8). */
  readonly nonce: string | undefined;
}

interface Credentials {
  readonly authorization?: string;
  readonly dpop?: string;
}

/** What the environment of the command says. */
interface Own {
  readonly token: string | undefined;
  readonly proof: string | undefined;
}

const help = `check-api <url>

Sends requests to a server (http, https, ws, or wss) without a token, with a wrong one, and with yours, as an extension does.
Reports what to change in its responses. Sends only GET requests and WebSocket handshakes.

  --json   prints an array of { tried, problem, note }
  --help   prints this

The environment variable OIDC_TOKEN contains an access token that the server accepts. Without it, only refusals are checked.
If the token is bound to a key (DPoP), OIDC_PROOF contains a proof for a GET of this URL, as "vscode-oidc header" prints it.
Exit code: 0 if everything is correct, 1 if something must change, 2 if the server can't be reached.`;

const seconds = 10;

function ask(address: URL, credentials: Credentials, upgrade: boolean): Promise<Answer> {
  const url = new URL(address);
  url.protocol = url.protocol.replace('ws', 'http');
  const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    headers: {
      ...credentials,
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
      const nonce = response.headers['dpop-nonce'];
      resolve({ status: response.statusCode ?? 0, challenge, nonce: [nonce].flat()[0] });
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
const isDpop = (challenge: string): boolean => /(^|,)\s*dpop\b/i.test(challenge);
const isForToken = (challenge: string): boolean => isBearer(challenge) || isDpop(challenge);

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Proves a key of our own, as an extension does that of its token (RFC 9449 section 4.2). */
function proofFor(address: URL, token: string, nonce: string | undefined): string {
  const url = new URL(address.origin + address.pathname);
  url.protocol = url.protocol.replace('ws', 'http');
  const { kty, crv, x, y } = key.publicKey.export({ format: 'jwk' });
  const ath = createHash('sha256').update(token).digest('base64url');
  const claims = {
    jti: randomUUID(),
    htm: 'GET',
    htu: url.href,
    iat: Math.floor(Date.now() / 1000),
    ath,
    nonce,
  };
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const signed = [header, claims].map(part => base64url(JSON.stringify(part))).join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** True for an access token that says that it is bound to a key (RFC 9449 section 6.1). */
function isBound(token: string): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
    return JSON.stringify((claims as { cnf?: unknown }).cnf ?? {}).includes('"jkt"');
  } catch {
    return false;
  }
}

/** The algorithms that a key in the editor can have: ES256, unless the provider takes only others. */
const algorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519'];

function problemWithoutToken({ status, challenge }: Answer): string | undefined {
  if (status === 101 || (status >= 200 && status < 300))
    return 'It accepts requests without a token. Respond with 401.';
  if (status >= 300 && status < 400) {
    return 'It redirects, as to a sign-in page. Respond with 401 to requests that accept no HTML, or use another URL for them.';
  }
  if (status === 426)
    return 'It responds with 426 before it checks the token. Respond with 401, as to the handshake.';
  if (status !== 401) return `It responds with ${status}. Respond with 401 and WWW-Authenticate: Bearer.`;
  if (!isForToken(challenge))
    return 'Its 401 has no challenge. Add WWW-Authenticate: Bearer (RFC 6750 section 3), or DPoP for key-bound tokens.';
  const algs = isDpop(challenge) ? parameter(challenge, 'algs') : undefined;
  if (algs !== undefined && !algs.split(' ').some(name => algorithms.includes(name)))
    return `Its DPoP challenge names no algorithm of the editor’s keys (${algs}). Accept ES256.`;
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
  return isForToken(challenge) && parameter(challenge, 'error') === 'invalid_token'
    ? undefined
    : 'Its 401 doesn’t say that the token is invalid. Add error="invalid_token" to its challenge (RFC 6750 section 3.1).';
}

/** What an API's challenge says of the tokens that it takes. */
function noteOf({ challenge }: Answer): string | undefined {
  if (!isDpop(challenge)) return undefined;
  return isBearer(challenge)
    ? 'It takes bearer tokens and key-bound ones (DPoP).'
    : 'It takes only key-bound tokens (DPoP): users set "dpop" to "required". authorizedFetch and authorizedWebSocket prove the key, and proveSession makes a proof for requests of your own.';
}

function problemWithProof(answer: Answer): string | undefined {
  const { status, challenge } = answer;
  const error = parameter(challenge, 'error');
  if (error === 'use_dpop_nonce')
    return 'It demands a nonce even with the nonce that it has just sent. Accept the latest DPoP-Nonce (RFC 9449 section 9).';
  if (error === 'invalid_dpop_proof')
    return 'It refuses a correct proof (invalid_dpop_proof). Compare "htu" with the URL that clients use, without its query, and "htm" with the method. Behind a proxy, these are not your server’s own.';
  if (status >= 400 && !isDpop(challenge))
    return `It responds with ${status} and no DPoP challenge. Respond with 401 and WWW-Authenticate: DPoP error="invalid_token".`;
  return problemWithWrongToken(answer);
}

const problemAsBearer = ({ status }: Answer): string | undefined =>
  status === 101 || (status >= 200 && status < 300)
    ? 'It accepts a key-bound token (DPoP) without a proof, as whoever steals it would send it. Refuse tokens with "cnf" as bearer tokens (RFC 9449 section 7.2).'
    : undefined;

function problemWithOwnProof(answer: Answer, upgrade: boolean): string | undefined {
  const error = parameter(answer.challenge, 'error');
  if (error === 'use_dpop_nonce')
    return answer.nonce === undefined
      ? 'It demands a nonce, and sends none. Add DPoP-Nonce (RFC 9449 section 9).'
      : `It demands a nonce. Make the proof again with it: vscode-oidc header --nonce ${answer.nonce}`;
  if (error === 'invalid_dpop_proof')
    return 'It refuses the proof (invalid_dpop_proof). Make a new one for a GET of exactly this URL: a proof is good once, within seconds.';
  return problemWithToken(answer, upgrade);
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
async function checkApi(address: URL, { token, proof }: Own): Promise<Finding[]> {
  const isSocket = address.protocol.startsWith('ws');
  const findings: Finding[] = [];
  for (const upgrade of isSocket ? [true, false] : [false]) {
    const what = upgrade ? 'a handshake' : isSocket ? 'a GET of the same URL' : 'a GET';
    const found = async (
      how: string,
      credentials: Credentials,
      judge: (answer: Answer, upgrade: boolean) => string | undefined,
    ): Promise<Answer> => {
      const answer = await ask(address, credentials, upgrade);
      const note = credentials.authorization === undefined ? noteOf(answer) : undefined;
      findings.push({ tried: `${what} ${how}`, problem: judge(answer, upgrade), note });
      return answer;
    };
    const bearer = (sent: string): Credentials => ({ authorization: `Bearer ${sent}` });
    const { challenge } = await found('without a token', {}, problemWithoutToken);
    await found('with a wrong token', bearer('not-a-token'), problemWithWrongToken);
    if (isDpop(challenge)) {
      const wrong = (nonce?: string): Credentials => ({
        authorization: 'DPoP not-a-token',
        dpop: proofFor(address, 'not-a-token', nonce),
      });
      const { nonce } = await ask(address, wrong(), upgrade);
      await found('with a wrong token and a proof', wrong(nonce), problemWithProof);
    }
    if (token === undefined) continue;
    if (proof === undefined && !isBound(token))
      await found('with your token', bearer(token), problemWithToken);
    else await found('with your key-bound token, but no proof', bearer(token), problemAsBearer);
    // A proof is good once.
    if (proof !== undefined && upgrade === isSocket) {
      const credentials = { authorization: `DPoP ${token}`, dpop: proof };
      await found('with your token and proof', credentials, problemWithOwnProof);
    }
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
    const own: Own = { token: process.env['OIDC_TOKEN'], proof: process.env['OIDC_PROOF'] };
    const findings = await checkApi(new URL(address), own);
    if (words.includes('--json')) console.log(JSON.stringify(findings));
    else {
      for (const { tried, problem, note } of findings) {
        console.log(problem === undefined ? `✔ ${tried}` : `✘ ${tried}: ${problem}`);
        if (note !== undefined) console.log(`  ${note}`);
      }
      if (own.token === undefined)
        console.log('– Not checked: with your token. Set OIDC_TOKEN to an access token.');
      else if (own.proof === undefined && isBound(own.token))
        console.log('– Not checked: with a proof of your token’s key. Set OIDC_PROOF to one.');
    }
    return findings.some(({ problem }) => problem !== undefined) ? 1 : 0;
  } catch (error) {
    console.error(`Couldn't reach the server: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
