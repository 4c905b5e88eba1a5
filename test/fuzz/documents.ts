import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isForbiddenHost,
  isLoopbackHost,
  checkAddress,
  serverAddressProblem,
} from '../../src/protocol/address.ts';
import { parseServerJson } from '../../src/protocol/json.ts';
import { parseMetadata } from '../../src/protocol/metadata.ts';
import { quoteServerText } from '../../src/protocol/serverText.ts';
import { findIssuer } from '../../src/protocol/webfinger.ts';
import { requestDeviceAuthorization } from '../../src/protocol/deviceAuthorization.ts';
import { parseProviders } from '../../src/providers/configured.ts';
import { changed, changedText, damaged, nastyText, nastyValue } from './arbitraries.ts';
import { resultOf, target, type Target } from './target.ts';
import { connectionTo, issuer, metadataDocument } from './wire.ts';

const policy = { allowLoopbackHttp: false };

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map(address => `[${address}]`),
  fc.domain(),
  fc.constantFrom(
    'localhost',
    'a.localhost.',
    '169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    'metadata.google.internal',
  ),
);
const address = damaged(
  fc
    .tuple(fc.constantFrom('https://', 'http://', 'HTTPS:\\\\', 'file://', 'vscode://'), host, fc.webPath())
    .map(parts => parts.join('')),
);

const settingsEntry = {
  label: 'Company',
  issuer,
  clientId: 'editor',
  scopes: ['openid'],
  allowLoopbackHttp: false,
  redirect: { loopbackPorts: [8080] },
  authorizationParameters: { prompt: 'consent' },
};

export const documentTargets: readonly Target[] = [
  target('metadata', changedText(metadataDocument), async text => {
    const json = parseServerJson(text);
    if (json.kind !== 'json') return;
    const metadata = await resultOf(() =>
      parseMetadata(json.value, issuer, `${issuer}/.well-known/x`, policy),
    );
    if (!metadata) return;
    assert.equal(metadata.issuer, issuer);
    for (const [name, value] of Object.entries(metadata)) {
      if (!/_endpoint$|_uri$/.test(name) || typeof value !== 'string') continue;
      const url = new URL(value);
      assert.equal(url.protocol, 'https:');
      assert.ok(!isForbiddenHost(url.hostname) && !isLoopbackHost(url.hostname), value);
    }
  }),

  target('address', address, async text => {
    const url = await resultOf(() => checkAddress(text, policy));
    const problem = serverAddressProblem(text, policy, 'login.example.com');
    if (!url) return assert.notEqual(problem, undefined);
    assert.equal(url.protocol, 'https:');
    assert.equal(url.username + url.password + url.hash, '');
    if (problem !== undefined) return;
    // Another reading of the same text must not lead elsewhere.
    assert.doesNotMatch(text, /[\s\\\0]/);
    assert.ok(!isForbiddenHost(url.hostname) && !isLoopbackHost(url.hostname), text);
  }),

  target('text of a server', nastyText, text => {
    const quoted = quoteServerText(text);
    if (quoted === undefined) return;
    assert.match(quoted, /^“[^“”]+”$/);
    assert.doesNotMatch(quoted, /[\p{Cc}\p{Cf}]/u);
    assert.doesNotMatch(quoted, /\]\(/);
    assert.ok(Array.from(quoted).length <= 303);
  }),

  target(
    'WebFinger',
    fc.record({
      identifier: fc.oneof(nastyText, fc.emailAddress(), fc.webUrl()),
      body: changedText({
        subject: 'acct:a@b',
        links: [{ rel: 'http://openid.net/specs/connect/1.0/issuer', href: issuer }],
      }),
    }),
    async ({ identifier, body }) => {
      const reply = { status: 200, headers: {}, body };
      const { http } = await connectionTo({ '/.well-known/webfinger': reply });
      const found = await resultOf(() => findIssuer(http, identifier, policy));
      if (found !== undefined) assert.equal(new URL(found).protocol, 'https:');
    },
  ),

  target(
    'device authorization',
    changedText({
      device_code: 'd'.repeat(43),
      user_code: 'WDJB-MJHT',
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?code=WDJB-MJHT`,
      expires_in: 600,
      interval: 5,
    }),
    async body => {
      const connection = await connectionTo({ '/device': { status: 200, headers: {}, body } });
      const found = await resultOf(() => requestDeviceAuthorization(connection, { scopes: ['openid'] }));
      if (!found) return;
      assert.ok(found.interval >= 1 && found.interval <= 60);
      assert.match(found.userCode, /^[\x20-\x7E]{1,64}$/);
      assert.equal(new URL(found.verificationUri).protocol, 'https:');
      assert.ok(Number.isFinite(found.expiresAt));
    },
  ),

  target(
    'settings',
    fc.oneof(
      nastyValue,
      fc.dictionary(
        fc.oneof(fc.constantFrom('oidc', 'company.sso'), nastyText),
        fc.oneof(changed(settingsEntry), nastyValue),
      ),
    ),
    value => {
      const { providers, problems } = parseProviders(value);
      for (const provider of providers) {
        const url = new URL(provider.issuer);
        assert.ok(url.protocol === 'https:' || (provider.allowLoopbackHttp && isLoopbackHost(url.hostname)));
        assert.match(provider.id, /^[A-Za-z0-9][\w.-]{0,63}$/);
      }
      for (const { reason } of problems) assert.ok(reason.length > 0 && reason.length < 3000);
    },
  ),
];
