import assert from 'node:assert/strict';
import type { Check } from '../../../src/protocol/failures/check.ts';
import { checks } from '../../../src/protocol/failures/checks.ts';
import { generatedChecks, refusals, sources } from '../../manifest/checks.ts';

const all: readonly [string, Check][] = Object.entries(checks);

/** What fills in a failure that a server lacks something for, and no answer is refused with. */
const fillIns: readonly string[] = [
  'method-unsupported',
  'metadata-not-found',
  'proof-key-lost',
  'a registration endpoint',
  'a token endpoint',
  'an authorization endpoint',
  'a device authorization endpoint',
  'the endpoint for pushed authorization requests, which it requires',
  'an ID token, or an endpoint that identifies the user',
  'none',
  'the setting oidc.providers',
  'the provider doesn’t declare support for PKCE with S256, which is still used',
  'the provider publishes no keys, so its ID tokens can’t be verified',
];

/** Why a connection was not made: no answer came that could be checked. */
const ofConnections = 'http/networkFailure.ts';

describe('docs/checks.md', () => {
  it('is what the code says (run `npm run generate`)', async () => {
    const { current, generated } = await generatedChecks();
    assert.equal(current, generated);
  });

  it('has a class for everything that an answer is refused with', async () => {
    const classed = new Set([...all.flatMap(([, { refuses = [] }]) => refuses), ...fillIns]);
    const found = await refusals();
    const open = [...found].filter(([text, file]) => !classed.has(text) && file !== ofConnections);
    assert.deepEqual(open, [], 'give it to a check of src/protocol/failures, with its class');
  });

  it('has nothing that no answer is refused with, or that is refused twice', async () => {
    const found = await refusals();
    const listed = all.flatMap(([, { refuses = [] }]) => refuses);
    assert.deepEqual(
      [...listed, ...fillIns].filter(text => !found.has(text)),
      [],
    );
    assert.deepEqual(
      listed.filter((text, at) => listed.indexOf(text) !== at),
      [],
    );
  });

  it('has no check that the code does not make', async () => {
    const code = await sources();
    const made = ([id, { refuses, by }]: [string, Check]): boolean =>
      refuses !== undefined ||
      (by === undefined ? code.includes(`'${id}'`) || id.startsWith('form.') : code.includes(by));
    assert.deepEqual(
      all.filter(check => !made(check)).map(([id]) => id),
      [],
    );
  });
});
