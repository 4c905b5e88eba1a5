import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { mostDerived, withDerived } from '../../../../src/sessions/grant/outcome.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { someGrant, start } from '../someGrant.ts';

describe('a grant with derived tokens', () => {
  const grant = someGrant({
    target: ['resource:https://a.example.com/'],
    resources: ['https://a.example.com/'],
    registeredClient: { method: 'client_secret_basic', secret: secret('client secret') },
    derived: [
      {
        kind: 'token',
        scopes: ['email'],
        serial: 3,
        accessToken: secret('the derived token'),
        receivedAt: start,
        expiresAt: start + 60,
      },
      { kind: 'refused', scopes: ['profile'], since: start, reason: 'It did not want to.' },
    ],
  });

  it('is the same when it is read back, and shows no secret', () => {
    const read = parseGrant(serialiseGrant(grant));
    assert.ok(read.kind === 'grant');
    assert.equal(serialiseGrant(read.grant), serialiseGrant(grant));
    assert.doesNotMatch(JSON.stringify(grant), /the derived token|client secret/);
    const [token] = read.grant.derived;
    assert.equal(token?.kind === 'token' && token.accessToken.reveal(), 'the derived token');
  });

  it('is read from before there were any', () => {
    const stored = JSON.parse(serialiseGrant(grant)) as Record<string, unknown>;
    for (const name of ['target', 'resources', 'derived', 'registeredClient']) delete stored[name];
    const read = parseGrant(JSON.stringify(stored));
    assert.ok(read.kind === 'grant');
    assert.deepEqual(
      [read.grant.target, read.grant.resources, read.grant.derived, read.grant.registeredClient],
      [[], [], [], undefined],
    );
  });

  it('keeps a bounded number of them, those that last longest', () => {
    let current: Grant = someGrant();
    for (let at = 0; at < mostDerived + 10; at++) {
      const expiresAt = start + 10_000 - at;
      const accessToken = secret(`token ${at}`);
      const entry = {
        kind: 'token',
        scopes: [`s${at}`],
        serial: 1,
        accessToken,
        receivedAt: start,
        expiresAt,
      };
      current = { ...current, derived: withDerived(current, { ...entry, kind: 'token' }) };
    }
    assert.equal(current.derived.length, mostDerived);
    assert.deepEqual(current.derived[0]?.scopes, [`s${mostDerived + 9}`]);
    assert.ok(current.derived.some(({ scopes }) => scopes[0] === 's0'));
  });
});
