import assert from 'node:assert/strict';
import { findSecrets } from '../canaries/canaries.ts';
import { extensionId, secrets } from './editor.ts';
import { logFiles } from './outside.ts';

/** Runs last: what all the tests before have left in the log files. */
describe('the log files after all that', () => {
  let files: Map<string, string>;
  before(async () => {
    files = await logFiles();
  });

  const textOf = (part: string) =>
    [...files]
      .filter(([file]) => file.includes(part))
      .map(([, text]) => text)
      .join('\n');

  it('tell who signed in where, in the log of the extension', () => {
    const log = textOf(extensionId);
    for (const line of [
      /\[info\] provider registered provider=oidc /,
      /\[info\] signed in provider=oidc account=alice scopes=\[\]/,
    ]) {
      assert.match(log, line);
    }
  });

  it('hold no secret: no token, no code, no verifier', () => {
    assert.ok(secrets.size > 10, `only ${secrets.size} secrets are known to the tests`);
    assert.ok([...secrets.keys()].every(secret => secret.length > 20));
    const found = findSecrets(
      secrets,
      [...files].map(([where, text]) => ({ where, text })),
    );
    assert.deepEqual(found, []);
    // Nor one that the tests do not know.
    const suspicious = /eyJ[\w-]{10,}\.|code_verifier=|refresh_token=|access_token=|[?&]code=/;
    const lines = [...files.values()].flatMap(text => text.split('\n')).filter(line => suspicious.test(line));
    assert.deepEqual(lines, []);
  });

  it('hold no error of the extension in the log of the extension host', () => {
    const log = textOf('remoteexthost.log');
    assert.match(log, new RegExp(`_doActivateExtension ${extensionId}`));
    const errors = log
      .split('\n')
      .filter(line => /\[(error|warning)\]/.test(line) && /oidc|dist\/extension\.cjs/.test(line))
      // Ids besides the first are the person's own, and no manifest can declare them.
      .filter(line => !/was not declared in the Extension Manifest/.test(line));
    assert.deepEqual(errors, []);
  });
});
