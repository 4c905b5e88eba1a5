import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type * as oauth from 'oauth4webapi';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { authorize, discover, redirectUri, signIn } from '../../servers/referenceClient.ts';
import { forEachTest } from './started.ts';

describe('an identity provider of the tests, as a program', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  forEachTest(started => ({ provider, as } = started));

  it('knows extra clients, and does not mix up two providers', async () => {
    const other = await startIdentityProvider({
      clients: [
        {
          client_id: 'mine',
          redirect_uris: [redirectUri],
          application_type: 'native',
          token_endpoint_auth_method: 'none',
        },
      ],
    });
    try {
      const { claims } = await signIn(await discover(other.issuer), people.bob, {
        client: { client_id: 'mine' },
      });
      assert.equal(claims?.iss, other.issuer);
      assert.equal(provider.requestsTo(provider.endpoints.token).length, 0);
      await assert.rejects(authorize(as, people.bob, { client: { client_id: 'mine' } }), /invalid_client/);
    } finally {
      await other.close();
    }
  });

  it('is gone once closed, and its port can be used again', async () => {
    const first = await startIdentityProvider();
    const port = Number(new URL(first.issuer).port);
    await discover(first.issuer);
    await first.close();
    await first.close();
    await assert.rejects(fetch(first.issuer));
    const second = await startIdentityProvider({ port });
    assert.equal(second.issuer, first.issuer);
    await second.close();
  });

  it('can carry another name than the address it binds to', async () => {
    const named = await startIdentityProvider({ host: 'idp.localhost' });
    try {
      assert.equal(named.issuer, named.address.replace('127.0.0.1', 'idp.localhost'));
      const metadata = (await (await fetch(`${named.address}${named.endpoints.configuration}`)).json()) as {
        issuer: string;
      };
      assert.equal(metadata.issuer, named.issuer);
    } finally {
      await named.close();
    }
  });

  it('runs alone, prints its issuer and nothing else, and ends with its parent', async () => {
    const program = fileURLToPath(
      new URL('../../servers/identityProvider/identityProvider.ts', import.meta.url),
    );
    const child = spawn(process.execPath, [program, '--port', '0'], { stdio: 'pipe' });
    let printed = '';
    let complaints = '';
    child.stderr.on('data', chunk => (complaints += String(chunk)));
    const ended = once(child, 'close');
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('close', () => {
          reject(new Error(complaints));
        });
        child.stdout.on('data', chunk => {
          printed += String(chunk);
          if (printed.includes('\n')) {
            resolve();
          }
        });
      });
      const issuer = printed.trim();
      await signIn(await discover(issuer), people.alice);
      child.stdin.end();
      assert.deepEqual(await ended, [0, null]);
      assert.equal(printed, `${issuer}\n`);
      assert.equal(complaints, '');
    } finally {
      child.kill();
    }
  });
});
