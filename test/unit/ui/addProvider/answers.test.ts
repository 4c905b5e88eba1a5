import assert from 'node:assert/strict';
import { type Answers, definitionOf, withKnown, withTyped } from '../../../../src/ui/addProvider/answers.ts';
import { withClient } from '../../../../src/ui/addProvider/client.ts';

describe('what was answered about a provider', () => {
  const gitlab = (): Answers => ({
    preset: 'gitlab',
    presetValues: { host: 'gitlab.example.com' },
    clientId: 'editor',
    scopes: ['openid'],
    label: 'Our GitLab',
    id: 'our-gitlab',
  });

  it('is forgotten when another known one is chosen: the values of one are no values of the other', () => {
    let answers = gitlab();
    answers = withKnown(answers, { preset: 'github', values: {} });
    assert.deepEqual(answers, { preset: 'github', presetValues: {} });
  });

  it('is kept when the same one is chosen again', () => {
    let answers = gitlab();
    answers = withKnown(answers, { preset: 'gitlab', values: {} });
    assert.deepEqual(answers, gitlab());
    answers = withKnown(answers, { preset: 'gitlab', values: { host: 'gitlab.example.com' } });
    assert.deepEqual(answers, gitlab());
  });

  it('gives way to what the address of the same one says', () => {
    let answers: Answers = {
      preset: 'okta',
      presetValues: { domain: 'old.okta.com', server: '/oauth2/default' },
      clientId: 'of-the-old-one',
    };
    answers = withKnown(answers, { preset: 'okta', values: { domain: 'new.okta.com' } });
    assert.deepEqual(answers, {
      preset: 'okta',
      presetValues: { domain: 'new.okta.com', server: '/oauth2/default' },
    });
  });

  it('is kept for the same address, whose default was left empty', () => {
    let answers: Answers = { preset: 'okta', presetValues: { domain: 'a.okta.com' }, clientId: 'editor' };
    answers = withKnown(answers, { preset: 'okta', values: { domain: 'a.okta.com', server: '' } });
    assert.equal(answers.clientId, 'editor');
  });

  it('is forgotten when another address is typed, and kept for the same one', () => {
    let answers: Answers = {
      typed: 'login.example.com',
      clientId: 'editor',
      clientAuthentication: 'private_key_jwt',
      isService: true,
    };
    const before = { ...answers };
    answers = withTyped(answers, 'login.example.com');
    assert.deepEqual(answers, before);
    answers = withTyped(answers, 'other.example.com');
    assert.deepEqual(answers, { typed: 'other.example.com' });
  });

  it('is forgotten between a known one and an address', () => {
    let answers = gitlab();
    answers = withTyped(answers, 'login.example.com');
    assert.deepEqual(answers, { typed: 'login.example.com' });
    answers = withKnown(answers, { preset: 'slack', values: {} });
    assert.deepEqual(answers, { preset: 'slack', presetValues: {} });
  });
});

describe('how a client proves who it is', () => {
  it('is asked anew where a service becomes a client that people sign in with, and the other way round', () => {
    let answers: Answers = { typed: 'login.example.com' };
    const methodAs = (by: 'id' | 'service') => {
      answers = withClient(answers, { by });
      return definitionOf({ ...answers, label: 'Example', preset: 'google' }).clientAuthentication;
    };
    assert.equal(methodAs('service'), 'client_secret_basic');
    assert.equal(methodAs('id'), undefined);
    answers = { ...answers, clientAuthentication: 'client_secret_post' };
    assert.equal(methodAs('service'), 'client_secret_basic');
  });

  it('is kept where the choice stays the same', () => {
    for (const by of ['id', 'service'] as const) {
      let answers: Answers = {};
      answers = { ...withClient(answers, { by }), clientAuthentication: 'private_key_jwt' };
      answers = withClient(answers, { by });
      assert.equal(answers.clientAuthentication, 'private_key_jwt');
    }
  });
});
