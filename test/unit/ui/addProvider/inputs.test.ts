import assert from 'node:assert/strict';
import type { Metadata } from '../../../../src/protocol/server/metadata.ts';
import { pageOf, withFound } from '../../../../src/ui/addProvider/pages.ts';
import { firstState } from '../../../../src/ui/addProvider/state.ts';
import { facts, foundAt, rowsOf, servers } from './wizardStates.ts';

/** What a person types and looks for on a page before pressing Enter; nothing: they just press it. */
type Input = string | RegExp | readonly [typed: string, row: RegExp] | undefined;

/** Presses Enter on one page after the other until the sign-in begins. */
function settingsAfter(server: Metadata, inputs: readonly Input[]): string {
  let state = firstState;
  for (const [at, input] of inputs.entries()) {
    const [typed, wanted] =
      typeof input === 'string' ? [input] : input instanceof RegExp ? [undefined, input] : (input ?? []);
    if (typed !== undefined) state = { ...state, text: typed };
    const page = pageOf(state, facts());
    if (page.kind === 'many') assert.fail('nobody has to choose scopes');
    if (page.kind === 'secret') {
      state = page.accept(typed ?? '');
      continue;
    }
    const row = rowsOf(page).find(({ label }) => wanted?.test(label) ?? true);
    assert.ok(row, `${state.page}: ${String(input)}`);
    state = row.next ?? state;
    if (row.effect?.do === 'look-up') state = withFound(state, foundAt(server), facts());
    if (row.effect?.do !== 'finish') continue;
    assert.equal(at, inputs.length - 1);
    assert.ok(row.effect.signIn);
    const { clientId, clientAuthentication, secret, isService } = state.answers;
    return [clientId, clientAuthentication, secret?.reveal(), isService && 'service']
      .filter(Boolean)
      .join(' ');
  }
  return assert.fail('the sign-in has not begun');
}

describe('what a person has to enter before the browser opens', () => {
  const address = 'login.example.com';

  it('is 2 inputs where the editor registers itself', () => {
    assert.equal(settingsAfter(servers.registers, [address, undefined]), '');
  });

  it('is 3 where it needs a client ID', () => {
    assert.equal(settingsAfter(servers.public, [address, 'abc', undefined]), 'abc');
  });

  it('is 4 where the client has a secret, and the method is nobody’s question', () => {
    const inputs = [address, 'abc', 'hush', undefined];
    assert.equal(settingsAfter(servers.confidential, inputs), 'abc client_secret_post hush');
    assert.equal(
      settingsAfter({ ...servers.confidential, token_endpoint_auth_methods_supported: undefined }, inputs),
      'abc client_secret_basic hush',
    );
  });

  it('is 4 where a client has a secret at a server that takes clients without, too', () => {
    const inputs = [address, ['abc', /Enter client secret/], 'hush', undefined] as const;
    for (const methods of [
      ['none', 'client_secret_post'],
      ['client_secret_post', 'client_secret_basic', 'none'],
    ]) {
      const server = { ...servers.public, token_endpoint_auth_methods_supported: methods };
      const usual = methods.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post';
      assert.equal(settingsAfter(server, inputs), `abc ${usual} hush`);
      assert.equal(settingsAfter(server, [address, 'abc', undefined]), 'abc');
      assert.equal(settingsAfter(server, [address, inputs[1], undefined, undefined]), 'abc none');
    }
  });

  it('is 4 for a secret at a known product, too, which is used', () => {
    const inputs = ['acme.okta.com', ['abc', /Enter client secret/], 'hush', undefined] as const;
    const server = {
      ...servers.public,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
    };
    assert.equal(settingsAfter(server, inputs), 'abc client_secret_basic hush');
  });

  it('offers no secret where the server takes none, or asks for it anyway', () => {
    for (const server of [servers.public, servers.keys, servers.confidential]) {
      const at = { ...withFound({ ...firstState, text: address }, foundAt(server), facts()), text: 'abc' };
      const page = pageOf(at, facts());
      assert.ok(page.kind === 'list');
      assert.deepEqual(
        rowsOf(page).filter(({ label }) => label.includes('Enter client secret')),
        [],
      );
    }
  });

  it('is 4 where the client could have a secret and has none', () => {
    assert.equal(settingsAfter(servers.confidential, [address, 'abc', undefined, undefined]), 'abc none');
  });

  it('is 6 at most for a service', () => {
    const rest = ['abc', 'hush', undefined];
    assert.equal(
      settingsAfter(servers.registers, [address, /^\$\(key\) Change client/, /service client/, ...rest]),
      'abc client_secret_basic hush service',
    );
    assert.equal(
      settingsAfter(servers.confidential, [address, /service client/, ...rest]),
      'abc client_secret_post hush service',
    );
  });

  it('is one more for each value of a known provider that its address does not say', () => {
    assert.equal(
      settingsAfter(servers.public, [/^Okta$/, 'acme.okta.com', undefined, 'abc', undefined]),
      'abc',
    );
    assert.equal(settingsAfter(servers.public, ['acme.okta.com', 'abc', undefined]), 'abc');
  });
});
