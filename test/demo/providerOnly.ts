/**
 * `npm start -- --provider-only`, and `oidc-test-provider` of the package that `npm run package:client` makes of it: an
 * identity provider to develop and test another extension against, with an API and a WebSocket server that take its tokens.
 * It needs no editor, and runs until Ctrl+C, or until its standard input is closed.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { startIdentityProvider } from '../servers/identityProvider/identityProvider.ts';
import { askedToEnd, loopback } from '../servers/listening.ts';
import { people } from '../servers/identityProvider/people.ts';
import { startWebSocketServer } from '../servers/resourceServers/webSocketServer.ts';

/** What there is, as `--json` prints it. */
export interface ProvidedForTests {
  readonly issuer: string;
  readonly clientId: string;
  readonly people: readonly { readonly login: string; readonly password: string }[];
  /** For the `settings.json` of the editor under test. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Answers `/whoami`; `/write` needs the scope `api:write`, `/vault` a stronger sign-in. */
  readonly api: string;
  /** Echoes. */
  readonly webSocket: string;
}

const help = `An identity provider on this computer, with an API and a WebSocket server that accept its tokens.

  --port <number>             of the provider; the API has the next one, the WebSocket server the one after that.
                              Defaults to ports that the operating system chooses
  --host <name>               in the issuer's URL; idp.localhost is for an editor in a browser. Defaults to ${loopback}
  --token-lifetime <seconds>  of access tokens. Defaults to 3600. With less than 10, they expire before they are refreshed
  --refuse <what>             how the API (/whoami) and the WebSocket server refuse valid tokens:
                              401  invalid_token, whatever is sent
                              403  insufficient_scope, until the token has the scope api:write
                              acr  insufficient_user_authentication, until the sign-in is stronger
  --json                      prints what there is as JSON, in one line
  --help                      prints this`;

/** The place of the API that refuses in that way. */
const refusing: Readonly<Record<string, string>> = { '401': '/never', '403': '/write', acr: '/vault' };

/** A whole number, or an error that says what is wrong. */
function numberIn(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`--${option} takes a number from ${least} to ${most}, not "${text}"`);
}

function readOptions(words: readonly string[]) {
  const { values } = parseArgs({
    args: [...words],
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: loopback },
      'token-lifetime': { type: 'string', default: '3600' },
      refuse: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const place = refusing[values.refuse ?? ''];
  if (values.refuse !== undefined && place === undefined) {
    throw new Error(`--refuse takes ${Object.keys(refusing).join(', ')}, not "${values.refuse}"`);
  }
  return {
    ...values,
    port: numberIn('port', values.port, 0, 65_533),
    lifetime: numberIn('token-lifetime', values['token-lifetime'], 1, 1_000_000_000),
    place,
  };
}

/**
 * Runs until it is asked to end.
 *
 * @throws Error if an option is wrong, or a port is taken.
 */
export async function runProviderOnly(words: readonly string[]): Promise<void> {
  const { port, host, lifetime, place, json, help: asksForHelp } = readOptions(words);
  if (asksForHelp) {
    console.log(help);
    return;
  }
  const identityProvider = await startIdentityProvider({ port, host, accessTokenLifetime: lifetime });
  const { issuer, address: issuerAddress } = identityProvider;
  const portAfter = (count: number): number => (port === 0 ? 0 : port + count);
  const api = await startChallengingApi({ issuer, issuerAddress, place, port: portAfter(1) });
  const chat = await startWebSocketServer({ issuer, issuerAddress, place, port: portAfter(2) });
  // Of plain http, VS Code's web worker reaches this name alone.
  const named = (url: string): string => (host === loopback ? url : url.replace(loopback, 'localhost'));
  const { clientId } = identityProvider.clients.editorWeb;
  const provided: ProvidedForTests = {
    issuer,
    clientId,
    people: Object.values(people).map(({ login, password }) => ({ login, password })),
    settings: {
      'oidc.providers': {
        oidc: { label: 'Test', issuer, clientId, allowLoopbackHttp: true, acceptsChangingRedirectUri: true },
      },
    },
    api: named(api.url),
    webSocket: named(chat.url),
  };
  if (json) console.log(JSON.stringify(provided));
  else {
    console.log(described(provided));
    if (!isKnownHere(host)) console.log(unknownName(host));
    console.log('\nCtrl+C ends it.');
  }
  await askedToEnd();
  await chat.close();
  await api.close();
  await identityProvider.close();
  process.stdin.destroy();
}

/**
 * Browsers know every name below `localhost`; what else runs on a computer asks the operating system. So is done here
 * by another process, as this one knows them too.
 */
const isKnownHere = (host: string): boolean => {
  const lookUp = `require('node:dns').lookup(process.argv[1], error => process.exit(error ? 1 : 0))`;
  return spawnSync(process.execPath, ['-e', lookUp, host]).status === 0;
};

const unknownName = (host: string): string => `
This computer doesn't know the name ${host}, so an editor here can't reach it.
Add this line to its hosts file (/etc/hosts):

127.0.0.1 ${host}`;

const described = ({ issuer, clientId, people, settings, api, webSocket }: ProvidedForTests): string =>
  `Issuer:     ${issuer}
Client ID:  ${clientId}
Users:      ${people.map(({ login, password }) => `${login} (password: ${password})`).join(', ')}
API:        ${api}/whoami, /write (needs api:write), /vault (needs a stronger sign-in)
WebSocket:  ${webSocket}

For the settings.json of the editor in which you try your extension:

${JSON.stringify(settings, null, 2)}`;
