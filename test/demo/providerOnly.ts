/**
 * `npm start -- --provider-only`: an identity provider to develop and test another extension against, with an API and a
 * WebSocket server that take its tokens. It needs no editor, and runs until Ctrl+C, or until whoever started it has
 * closed its standard input. With `--json` its first line is everything that a test has to know.
 */
import { spawnSync } from 'node:child_process';
import { startChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { startIdentityProvider } from '../servers/identityProvider/identityProvider.ts';
import { askedToEnd, loopback } from '../servers/listening.ts';
import { people } from '../servers/identityProvider/people.ts';
import { startWebSocketServer } from '../servers/resourceServers/webSocketServer.ts';

export interface ProviderOnlyOptions {
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** The name in the issuer; `idp.localhost` for an editor in a browser. */
  readonly host: string | undefined;
  readonly json: boolean;
}

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

export async function runProviderOnly({ port, host = loopback, json }: ProviderOnlyOptions): Promise<void> {
  const identityProvider = await startIdentityProvider({ port, host });
  const { issuer, address: issuerAddress } = identityProvider;
  const api = await startChallengingApi({ issuer, issuerAddress });
  const chat = await startWebSocketServer({ issuer, issuerAddress });
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
    api: api.url,
    webSocket: chat.url,
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
This computer does not know the name ${host}, so that an editor here cannot reach it.
Add this line to its hosts file (/etc/hosts):

127.0.0.1 ${host}`;

const described = ({ issuer, clientId, people, settings, api, webSocket }: ProvidedForTests): string =>
  `Issuer:     ${issuer}
Client id:  ${clientId}
People:     ${people.map(({ login, password }) => `${login} (password: ${password})`).join(', ')}
API:        ${api}/whoami, /write (needs api:write), /vault (needs a stronger sign-in)
WebSocket:  ${webSocket}

For the settings.json of the editor that your extension runs in:

${JSON.stringify(settings, null, 2)}`;
