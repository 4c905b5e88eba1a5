import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mock } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createExports, describeHeld } from '../../../src/authentication/exports.ts';
import type * as Client from '../../../src/client/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { until } from '../../protocol/signingIn.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { startChallengingApi, type ChallengingApi } from '../../servers/resourceServers/challengingApi.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../../servers/resourceServers/webSocketServer.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';

const scopes = ['openid', 'profile'];
const id = 'vscode-oidc.oidc-authentication';

/** What a version of the extension gives other extensions beside sessions, as far as the versions differ. */
interface ExtensionVersion {
  readonly what: string;
  /** Whether its sessions say when they expire. */
  readonly saysExpiry: boolean;
  readonly hasCommand: boolean;
  /** What it exports, where its exports can be reached. */
  exported(current: ReturnType<typeof createExports>): object | undefined;
}

const elsewhere = () => undefined;
/** The first one said less about a session, and nothing about what became of one. */
const first = (current: ReturnType<typeof createExports>) => ({
  version: 1,
  async describe(session: Parameters<typeof current.describe>[0]) {
    const known = await current.describe(session).catch(() => undefined);
    if (!known) throw new Error('This session has been renewed or ended.');
    const { account, provider, grantedScopes, receivedAt, expiresAt, claims } = known;
    return { account, provider, grantedScopes, receivedAt, expiresAt, claims };
  },
});
const extensionVersions: readonly ExtensionVersion[] = [
  { what: 'this extension', saysExpiry: true, hasCommand: true, exported: current => current },
  { what: 'this extension in another host', saysExpiry: true, hasCommand: true, exported: elsewhere },
  { what: 'the first extension', saysExpiry: false, hasCommand: false, exported: first },
  { what: 'the first extension in another host', saysExpiry: false, hasCommand: false, exported: elsewhere },
];

describe('a client and an extension of other versions', () => {
  let surroundings: SignedInEditor;
  let api: ChallengingApi;
  let chat: TokenWebSocketServer;
  let standIn: typeof EditorStandIn;
  let folder: TemporaryFolder;
  const clients = new Map<string, typeof Client>();

  before(async () => {
    surroundings = await openSignedInEditor();
    const { issuer } = surroundings.identityProvider;
    api = await startChallengingApi({ issuer });
    chat = await startWebSocketServer({ issuer });
    standIn = await import('../../standIns/editor/vscode.ts');
    folder = await temporaryFolder('first-client');
    const recorded = JSON.parse(await readFile(join(import.meta.dirname, 'firstClient.json'), 'utf8')) as {
      code: string;
    };
    const file = join(folder.path, 'firstClient.mjs');
    await writeFile(file, recorded.code);
    clients.set('the first client', (await import(pathToFileURL(file).href)) as typeof Client);
    clients.set('this client', await import('../../../src/client/index.ts'));
  });
  after(async () => {
    standIn.editor.exported = {};
    await chat.close();
    await api.close();
    await surroundings.close();
    await folder.remove();
  });
  beforeEach(() => surroundings.reset());
  afterEach(() => mock.reset());

  function install(version: ExtensionVersion): { dispose(): unknown } {
    const context = surroundings.exportsContext();
    const exported = version.exported(createExports(context));
    standIn.editor.exported = exported ? { [id]: exported } : {};
    if (!version.saysExpiry) {
      const { getSession } = standIn.authentication;
      mock.method(standIn.authentication, 'getSession', async (...asked: Parameters<typeof getSession>) => {
        const session: Client.ExpiringSession | undefined = await getSession(...asked);
        if (!session) return undefined;
        const { expiresAt: _, ...its } = session;
        return its;
      });
    }
    return version.hasCommand
      ? standIn.commands.registerCommand('oidc.describeSession', (held, digest) =>
          describeHeld(context, held, digest),
        )
      : { dispose: () => undefined };
  }

  for (const which of ['the first client', 'this client']) {
    for (const version of extensionVersions) {
      it(`work together: ${which}, and ${version.what}`, async () => {
        const client = clients.get(which);
        assert.ok(client);
        const installed = install(version);
        const call = client.authorizedFetch('oidc', scopes);
        assert.equal((await call(`${api.url}/whoami`)).status, 200);
        assert.equal((await call(`${api.url}/vault`)).status, 200, 'a stronger sign-in');
        assert.equal((await call(`${api.url}/write`)).status, 200, 'and one for more');
        const session = await client.requireSession('oidc', scopes);
        const info = await client.describeSession(session);
        const canTell = version.exported !== elsewhere || (version.hasCommand && which === 'this client');
        assert.equal(info?.account.label, canTell ? people.alice.login : undefined);
        assert.equal(session.expiresAt !== undefined, version.saysExpiry);
        const socket = await client.authorizedWebSocket('oidc', scopes, chat.url);
        const heard: unknown[] = [];
        socket.onDidReceive(data => heard.push(data));
        socket.send('hello');
        await until(() => heard.includes('hello'));
        socket.dispose();
        installed.dispose();
        await surroundings.signOut();
        await assert.rejects(
          client.authorizedFetch('oidc', scopes, { signIn: 'never' })(`${api.url}/whoami`),
          {
            name: 'SignInDeclined',
          },
        );
      });
    }
  }
});
