import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { signInOverHttp } from '../../servers/identityProvider/person.ts';
import { codeServer, editorRedirectUri, signInTrial, until } from '../signingIn.ts';

const failsWith = (code: FailureCode, text?: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && (!text || text.test(error.message));

const bridge = 'https://company.example/bridge.html';
const relay = 'https://relay.example/redirect';

const webAddress = (path: string): string =>
  `http://localhost:8080/stable-0123abc/callback?vscode-reqid=1&vscode-scheme=code-oss&vscode-authority=vscode-oidc.oidc-authentication&vscode-path=${path}`;

describe('the redirects back from the browser', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider({
      clients: [
        {
          client_id: 'bridged',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          redirect_uris: [bridge, relay],
        },
      ],
    });
  });
  after(() => server.close());

  describe('by a bridge page', () => {
    it('names the address of the editor in the state, which comes back whole', async () => {
      const trial = signInTrial({
        async browser(address, deliver) {
          const end = await signInOverHttp(address, people.alice);
          assert.equal(`${end.origin}${end.pathname}`, bridge);
          const [nonce, target] = (end.searchParams.get('state') ?? '').split('.');
          assert.match(nonce ?? '', /^[\w-]{43}$/);
          assert.equal(Buffer.from(target ?? '', 'base64url').toString(), `${editorRedirectUri}/callback`);
          deliver(new URL(`${editorRedirectUri}/callback${end.search}`));
        },
      });
      const provider = trial.provider({ issuer: server.issuer, clientId: 'bridged', redirect: { bridge } });
      assert.equal((await trial.signIn(provider)).account.label, 'alice');
    });

    it('does not take an answer without the whole state', async () => {
      const delivered: boolean[] = [];
      const trial = signInTrial({
        async browser(address, deliver) {
          const end = await signInOverHttp(address, people.alice);
          const back = new URL(`${editorRedirectUri}/callback${end.search}`);
          const cut = new URL(back);
          cut.searchParams.set('state', back.searchParams.get('state')?.split('.')[0] ?? '');
          delivered.push(deliver(cut), deliver(back));
        },
      });
      const provider = trial.provider({ issuer: server.issuer, clientId: 'bridged', redirect: { bridge } });
      await trial.signIn(provider);
      assert.deepEqual(delivered, [false, true]);
    });
  });

  it('by a relay, which opens the address that the state is', async () => {
    const trial = signInTrial({
      async browser(address, deliver) {
        const end = await signInOverHttp(address, people.alice);
        assert.equal(`${end.origin}${end.pathname}`, relay);
        // What the relay does.
        const target = new URL(decodeURIComponent(end.searchParams.get('state') ?? ''));
        for (const name of ['code', 'iss']) {
          target.searchParams.set(name, end.searchParams.get(name) ?? '');
        }
        const foreign = new URL(target);
        foreign.searchParams.set('relay', 'x'.repeat(43));
        assert.equal(deliver(foreign), false);
        assert.equal(deliver(target), true);
        assert.equal(deliver(target), false, 'one success');
      },
    });
    const provider = trial.provider({ issuer: server.issuer, clientId: 'bridged', redirect: { relay } });
    assert.equal((await trial.signIn(provider)).account.label, 'alice');
  });

  it('by the changing address of an editor in the browser, where the provider accepts that', async () => {
    const trial = signInTrial({
      surroundings: codeServer,
      editor: {
        of: path => Promise.resolve(webAddress(path)),
      },
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        trial.pending.deliver(end.searchParams.get('vscode-path') ?? '', end.searchParams);
      },
    });
    const provider = trial.provider({
      issuer: server.issuer,
      clientId: 'editor-web',
      acceptsChangingRedirectUri: true,
    });
    assert.equal((await trial.signIn(provider)).account.label, 'alice');
  });

  it('asks for the address after something else has used up that of an editor in the browser', async () => {
    let control: SignInControl | undefined;
    const stages: string[] = [];
    const trial = signInTrial({
      surroundings: codeServer,
      editor: { of: path => Promise.resolve(webAddress(path)) },
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        void until(() => stages.includes('waiting-for-person')).then(async () => {
          trial.pending.stray(end.searchParams.get('vscode-path') ?? '', new URLSearchParams({ state: 'x' }));
          await until(() => stages.includes('waiting-for-paste-alone'));
          assert.equal(control?.paste(end.href), undefined);
        });
      },
    });
    const provider = trial.provider({
      issuer: server.issuer,
      clientId: 'editor-web',
      acceptsChangingRedirectUri: true,
    });
    const signingIn = trial.signIn(provider, {
      progress: stage => stages.push(stage),
      onPlan: (_plan, given) => (control = given),
    });
    assert.equal((await signingIn).account.label, 'alice');
    assert.deepEqual(stages.slice(2), ['waiting-for-person', 'waiting-for-paste-alone', 'exchanging-code']);
  });

  it('asks for no address after one was pasted', async () => {
    let control: SignInControl | undefined;
    const stages: string[] = [];
    let path = '';
    const trial = signInTrial({
      surroundings: codeServer,
      editor: { of: changing => Promise.resolve(webAddress(changing)) },
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        path = end.searchParams.get('vscode-path') ?? '';
        void until(() => stages.includes('waiting-for-person')).then(() => control?.paste(end.href));
      },
    });
    const provider = trial.provider({
      issuer: server.issuer,
      clientId: 'editor-web',
      acceptsChangingRedirectUri: true,
    });
    const signingIn = trial.signIn(provider, {
      onPlan: (_plan, given) => (control = given),
      progress(stage) {
        stages.push(stage);
        if (stage === 'exchanging-code') trial.pending.stray(path, new URLSearchParams({ state: 'x' }));
      },
    });
    assert.equal((await signingIn).account.label, 'alice');
    assert.match(trial.log.text(), /a response belongs to no sign-in/);
    assert.equal(stages.at(-1), 'exchanging-code');
  });

  it('asks for no address on the desktop, where another response uses nothing up', async () => {
    const stages: string[] = [];
    const trial = signInTrial({
      async browser(address, deliver) {
        const end = await signInOverHttp(address, people.alice);
        void until(() => stages.includes('waiting-for-person')).then(() => {
          trial.pending.stray('/callback', new URLSearchParams({ state: 'x' }));
          deliver(end);
        });
      },
    });
    const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }), {
      progress: stage => stages.push(stage),
    });
    assert.equal((await signingIn).account.label, 'alice');
    assert.ok(!stages.includes('waiting-for-paste-alone'));
  });

  it('takes an answer that comes while the editor still asks whether to open the browser', async () => {
    const trial = signInTrial({
      async browser(address, deliver) {
        // The person has copied the address out of that question, and opened it themselves.
        deliver(await signInOverHttp(address, people.alice));
        return new Promise<never>(() => undefined);
      },
    });
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
    assert.equal(grant.account.label, 'alice');
  });

  describe('by a pasted address', () => {
    it('works where nothing else can come back', async () => {
      let control: SignInControl | undefined;
      const stages: string[] = [];
      const trial = signInTrial({
        surroundings: codeServer,
        method: 'paste',
        async browser(address) {
          const end = await signInOverHttp(address, people.alice);
          assert.match(end.href, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
          const paste = (text: string): string | undefined => control?.paste(text);
          assert.match(paste('') ?? '', /Paste the full URL/);
          assert.match(paste('https://example.com/') ?? '', /neither a code nor an error/);
          assert.match(paste(end.searchParams.get('code') ?? '') ?? '', /the full URL/);
          const foreign = new URL(end);
          foreign.searchParams.set('state', 'x'.repeat(43));
          assert.match(paste(foreign.href) ?? '', /belongs to another sign-in/);
          assert.match(paste('x'.repeat(40_000)) ?? '', /too long/);
          assert.equal(paste(`  ${end.href}\n`), undefined);
        },
      });
      const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }), {
        progress: stage => stages.push(stage),
        onPlan: (_plan, given) => (control = given),
      });
      assert.equal((await signingIn).account.label, 'alice');
      assert.deepEqual(stages, [
        'asking-provider',
        'opening-browser',
        'waiting-for-paste',
        'exchanging-code',
      ]);
      assert.equal(control?.paste('http://127.0.0.1/?code=1&state=2'), 'No sign-in is waiting for a URL.');
    });

    it('works while another way is waiting', async () => {
      let control: SignInControl | undefined;
      const trial = signInTrial({
        async browser(address) {
          const end = await signInOverHttp(address, people.alice);
          assert.equal(control?.paste(end.search.slice(1)), undefined, 'the query alone will do');
        },
      });
      const provider = trial.provider({ issuer: server.issuer });
      const grant = await trial.signIn(provider, { onPlan: (_plan, given) => (control = given) });
      assert.equal(grant.account.label, 'alice');
    });

    it('takes the code alone where the provider shows one', async () => {
      let control: SignInControl | undefined;
      const trial = signInTrial({
        method: 'paste',
        async browser(address) {
          const end = await signInOverHttp(address, people.alice);
          assert.match(control?.paste('not a code') ?? '', /neither a URL nor a code/);
          assert.equal(control?.paste(end.searchParams.get('code') ?? ''), undefined);
        },
      });
      const redirect = { paste: bridge };
      const provider = trial.provider({ issuer: server.issuer, clientId: 'bridged', redirect });
      const grant = await trial.signIn(provider, { onPlan: (_plan, given) => (control = given) });
      assert.equal(grant.account.label, 'alice');
    });
  });

  it('goes on another way when the server refuses the redirect URI of the first', async () => {
    const trial = signInTrial({
      browser: async address => {
        const end = await signInOverHttp(address, people.alice);
        await fetch(end);
      },
    });
    const provider = trial.provider({ issuer: server.issuer, redirect: { bridge } });
    const cancel = new AbortController();
    // The bridge is not registered for this client; the next way, the address of the editor, is.
    const ended = assert.rejects(trial.signIn(provider, { signal: cancel.signal }));
    await until(() => trial.opened.length > 0);
    assert.match(trial.told[0] ?? '', /rejected the redirect URI https:\/\/company\.example/);
    const asked = server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1);
    assert.equal(asked?.body['redirect_uri'], `${editorRedirectUri}/callback`);
    cancel.abort(new Error('enough'));
    await ended;
    assert.ok(trial.context.failedMethods.get('oidc')?.has('bridge'));
  });

  it('says what the server offers and what is needed if there is no way at all', async () => {
    const trial = signInTrial({ surroundings: { ...codeServer, runsIn: 'web-worker' }, method: 'loopback' });
    await assert.rejects(
      trial.signIn(trial.provider({ issuer: server.issuer })),
      failsWith('no-way', /It offers sign-in with the browser, device codes.*runs inside the browser/),
    );
  });
});
