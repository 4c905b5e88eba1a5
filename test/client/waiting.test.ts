import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { createExports, describeHeld } from '../../src/authentication/exports.ts';
import { startChallengingApi, type ChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../servers/resourceServers/webSocketServer.ts';
import type * as Client from '../../src/client/index.ts';
import { until } from '../protocol/signingIn.ts';
import { settled } from '../standIns/manualClock.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

const scopes = ['openid', 'profile'];

/** Of the tokens, in seconds: shorter than a sign-in waits for the person. */
const lifetime = 58;

describe('while somebody signs in for another extension', () => {
  let surroundings: SignedInEditor;
  let api: ChallengingApi;
  let chat: TokenWebSocketServer;
  let client: typeof Client;
  let standIn: typeof EditorStandIn;
  let warnings: string[];
  let comeBack: () => void;
  let other: Promise<unknown>;

  beforeEach(async () => {
    surroundings = await openSignedInEditor();
    const { issuer } = surroundings.identityProvider;
    const now = () => surroundings.clock.now();
    api = await startChallengingApi({ issuer, now });
    chat = await startWebSocketServer({ issuer, now });
    client = await import('../../src/client/index.ts');
    standIn = await import('../standIns/editor/vscode.ts');
    await surroundings.reset();
    surroundings.identityProvider.settings.accessTokenLifetime = lifetime;
    standIn.editor.exported = {
      'vscode-oidc.oidc-authentication': createExports(surroundings.exportsContext()),
    };
    warnings = [];
    mock.method(console, 'warn', (text: string) => void warnings.push(text));
    await client.requireSession('oidc', scopes);
    const opened = surroundings.trial.opened.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    [surroundings.away, comeBack] = [promise, resolve];
    other = standIn.authentication.getSession('oidc', ['openid', 'groups'], { forceNewSession: true });
    await until(() => surroundings.trial.opened.length > opened);
  });
  afterEach(async () => {
    comeBack();
    await other;
    mock.reset();
    standIn.editor.exported = {};
    await chat.close();
    await api.close();
    await surroundings.close();
  });

  const silently = () => standIn.authentication.getSession('oidc', scopes, { silent: true });
  const whoAmI = () => client.authorizedFetch('oidc', scopes)(`${api.url}/whoami`);
  /** Runs with the editor's silence having lasted long enough. */
  async function impatiently<T>(run: () => Promise<T>): Promise<T> {
    mock.timers.enable({ apis: ['setTimeout'] });
    const running = run();
    mock.timers.tick(1000);
    mock.timers.reset();
    return running;
  }
  const isPending = async (asked: PromiseLike<unknown>): Promise<boolean> => {
    const pending = Symbol();
    await settled();
    return (await Promise.race([asked, Promise.resolve(pending)])) === pending;
  };

  it('the editor answers nobody, and requests go on with the session there is', async () => {
    const plain = silently();
    assert.equal((await impatiently(whoAmI)).status, 200);
    assert.equal((await impatiently(whoAmI)).status, 200);
    assert.ok(await isPending(plain), 'the editor still does not answer');
    assert.equal(warnings.length, 1, 'it is told of once');
    assert.match(warnings[0] ?? '', /"oidc".*good until \d{4}-/);
    comeBack();
    assert.ok(await plain);
    await other;
    assert.equal((await whoAmI()).status, 200);
    assert.deepEqual(warnings.length, 1);
  });

  it('WebSockets are opened', async () => {
    const socket = await impatiently(() => client.authorizedWebSocket('oidc', scopes, chat.url));
    assert.deepEqual(chat.handshakes, [101]);
    socket.dispose();
  });

  it('nobody is asked for what is asked of the editor as before, if it answers in time', async () => {
    comeBack();
    await other;
    assert.equal((await whoAmI()).status, 200);
    assert.deepEqual(warnings, []);
  });

  it('a token that was renewed meanwhile serves until its end, and no longer', async () => {
    const before = surroundings.tokenRequests();
    await surroundings.clock.advance((lifetime - 8) * 1000);
    await until(() => surroundings.tokenRequests() > before);
    await settled();
    assert.equal((await impatiently(whoAmI)).status, 200);
    const end = Date.now() + (lifetime - 9) * 1000;
    const clock = mock.method(Date, 'now', () => end);
    const late = impatiently(whoAmI);
    assert.ok(await isPending(late));
    clock.mock.restore();
    comeBack();
    assert.equal((await late).status, 200);
  });

  it('nobody goes on after a sign-out', async () => {
    await surroundings.signOut();
    const asked = impatiently(() =>
      client.authorizedFetch('oidc', scopes, { signIn: 'never' })(`${api.url}/whoami`),
    );
    assert.ok(await isPending(asked));
    assert.deepEqual(api.requests, []);
    standIn.editor.consents = false;
    comeBack();
    await asked.then(
      ({ status }) => assert.equal(status, 200, 'the other sign-in is as the same person'),
      (error: unknown) => assert.ok(error instanceof client.SignInDeclined),
    );
  });

  it('with an earlier version of the extension, which does not say what became of a session, nobody goes on', async () => {
    const describe = () => Promise.reject(new Error('This session has been renewed or ended.'));
    standIn.editor.exported = { 'vscode-oidc.oidc-authentication': { version: 1, describe } };
    const asked = impatiently(whoAmI);
    assert.ok(await isPending(asked));
    comeBack();
    assert.equal((await asked).status, 200);
  });

  it('in another extension host, a command tells whether the session is still good', async () => {
    standIn.editor.exported = {};
    const describing = standIn.commands.registerCommand('oidc.describeSession', (id, digest) =>
      describeHeld(surroundings.exportsContext(), id, digest),
    );
    standIn.editor.takeBack('oidc', 'somebody');
    assert.equal((await impatiently(whoAmI)).status, 200);
    await surroundings.signOut();
    const asked = impatiently(whoAmI);
    assert.ok(await isPending(asked));
    describing.dispose();
    comeBack();
    assert.equal((await asked).status, 200);
  });

  it('where an earlier version runs in another extension host, a session serves until anything changes', async () => {
    standIn.editor.exported = {};
    assert.equal((await impatiently(whoAmI)).status, 200);
    standIn.editor.takeBack('oidc', 'somebody');
    const asked = impatiently(whoAmI);
    assert.ok(await isPending(asked));
    comeBack();
    assert.equal((await asked).status, 200);
  });
});
