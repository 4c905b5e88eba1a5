import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startIdentityProvider } from '../../../servers/identityProvider/identityProvider.ts';
import { boundClient } from './boundSignIn.ts';

const at = (path: string): string => JSON.stringify(new URL(`../../../../${path}`, import.meta.url).href);

/** Signs in and refreshes in a process that does nothing else. @returns what a key needs of WebCrypto, in turn. */
async function callsOf(issuer: string, settings: object): Promise<string[]> {
  const program = `
    const calls = [];
    for (const name of ['generateKey', 'sign']) {
      const real = crypto.subtle[name].bind(crypto.subtle);
      crypto.subtle[name] = (...given) => (calls.push(name), real(...given));
    }
    const { signInTrial } = await import(${at('test/protocol/signingIn.ts')});
    const { refreshGrant } = await import(${at('src/signIn/after/keepGrant.ts')});
    const trial = signInTrial();
    const provider = trial.provider({ issuer: ${JSON.stringify(issuer)}, ...${JSON.stringify(settings)} });
    const grant = await trial.signIn(provider);
    await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
    console.log(JSON.stringify(calls));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return JSON.parse(stdout) as string[];
}

describe('a sign-in and a refresh', function () {
  // Each is a process that loads everything anew.
  this.timeout(60_000);

  it('make no key and sign nothing without the setting', async () => {
    const server = await startIdentityProvider({ clients: [boundClient] });
    try {
      assert.deepEqual(await callsOf(server.issuer, {}), []);
      const bound = await callsOf(server.issuer, { clientId: boundClient.client_id, dpop: 'required' });
      // The key is made, and the pushed request, the code, and the refresh are proved.
      assert.deepEqual(bound, ['generateKey', 'sign', 'sign', 'sign']);
    } finally {
      await server.close();
    }
  });
});
