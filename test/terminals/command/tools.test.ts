import assert from 'node:assert/strict';
import { readArguments, UsageError } from '../../../terminals/src/command/arguments.ts';
import { docker, git, goauth, keyring, kubernetes } from '../../../terminals/src/command/tools.ts';

const token = { value: 'tok', expiresAt: 2_000_000_000 };
const endless = { value: 'tok', expiresAt: undefined };

describe('the tools that the command answers', () => {
  it('git before 2.46 gets a password, and later ones a token that is not stored', () => {
    const old = git('protocol=https\nhost=git.example.test\n\n');
    assert.equal(old.answer(token), 'username=oauth2\npassword=tok\npassword_expiry_utc=2000000000\n\n');
    assert.equal(old.host, 'git.example.test');
    const named = git('protocol=https\nhost=git.example.test\nusername=me\n\n');
    assert.equal(named.answer(endless), 'username=me\npassword=tok\n\n');
    const bearer = git(
      'capability[]=authtype\nprotocol=https\nhost=h\nwwwauth[]=Bearer realm="x"\nwwwauth[]=Basic\n',
    );
    assert.equal(
      bearer.answer(token),
      'capability[]=authtype\nauthtype=Bearer\ncredential=tok\nephemeral=1\npassword_expiry_utc=2000000000\n\n',
    );
    const basic = git('capability[]=authtype\nprotocol=https\nhost=h\nwwwauth[]=Basic realm="x"\n');
    assert.match(basic.answer(token), /^username=oauth2\n/);
    assert.equal(basic.refusal?.('No'), 'quit=1\n\n');
  });

  it('send a token over TLS or to this computer only', () => {
    for (const host of ['localhost:3000', '127.0.0.1', 'idp.localhost:1'])
      assert.equal(git(`protocol=http\nhost=${host}\n`).host, host);
    for (const host of ['git.example.test', '127.evil.example.test', 'localhost.example.test'])
      assert.throws(() => git(`protocol=http\nhost=${host}\n`), UsageError);
    assert.throws(() => git('protocol=ssh\nhost=localhost\n'), UsageError);
    assert.throws(() => git(''), UsageError);
    assert.throws(() => goauth('http://proxy.example.test'), UsageError);
    assert.throws(() => docker('http://registry.example.test'), UsageError);
    assert.throws(() => keyring('http://index.example.test/simple'), UsageError);
  });

  it('kubectl gets the version that it asks for', () => {
    const info = (apiVersion: string): string =>
      JSON.stringify({ apiVersion, spec: { cluster: { server: 'https://k8s.example.test' } } });
    const tool = kubernetes(info('client.authentication.k8s.io/v1beta1'));
    assert.equal(tool.hint, 'kubectl (https://k8s.example.test)');
    assert.deepEqual(JSON.parse(tool.answer(token)), {
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      status: { token: 'tok', expirationTimestamp: '2033-05-18T03:33:20Z' },
    });
    assert.deepEqual((JSON.parse(kubernetes(undefined).answer(endless)) as { status: object }).status, {
      token: 'tok',
    });
    for (const wrong of ['{', '7', info('client.authentication.k8s.io/v9')])
      assert.throws(() => kubernetes(wrong), UsageError);
  });

  it('docker, Go and keyring get theirs', () => {
    assert.equal(
      docker('registry.example.test\n').answer(token),
      '{"ServerURL":"registry.example.test","Username":"oauth2","Secret":"tok"}\n',
    );
    assert.equal(docker('https://registry.example.test/v1').host, 'registry.example.test');
    assert.equal(
      goauth('https://proxy.example.test').answer(token),
      'https://proxy.example.test\n\nAuthorization: Bearer tok\n\n',
    );
    assert.equal(keyring('index.example.test').answer(token), 'tok\n');
  });
});

describe('the arguments of the command', () => {
  it('are read in any order', () => {
    const { verb, words, command, scopes, minValid, isJson, account } = readArguments([
      ...['exec', '--scope=a b', 'company', '--scope', 'c', '--json', '--min-valid', '-1'],
      ...['--account', 'x', '--', 'npm', '--json'],
    ]);
    assert.deepEqual(
      [verb, words, command, scopes, minValid, isJson, account],
      ['exec', ['company'], ['npm', '--json'], ['a', 'b', 'c'], -1, true, 'x'],
    );
    assert.equal(readArguments(['token']).minValid, 60);
  });

  for (const typed of [
    [],
    ['tokens'],
    ['token', '--nothing'],
    ['token', '-x'],
    ['token', '--scope'],
    ['token', '--account', 'a', '--account=b'],
    ['token', '--min-valid=soon'],
    ['exec', '--env', 'a=b'],
  ])
    it(`are refused: ${typed.join(' ') || 'nothing'}`, () => {
      assert.throws(() => readArguments(typed), UsageError);
    });
});
