import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkAddress, isLoopbackHost } from '../../../src/protocol/http/address.ts';
import { isForbiddenHost, serverAddressProblem } from '../../../src/protocol/http/internalHost.ts';
import { parseServerJson } from '../../../src/protocol/http/json.ts';
import { parseMetadata } from '../../../src/protocol/server/metadata.ts';
import { quoteServerText } from '../../../src/protocol/http/serverText.ts';
import { findIssuer } from '../../../src/protocol/server/webfinger.ts';
import { requestDeviceAuthorization } from '../../../src/protocol/grants/deviceAuthorization.ts';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { settle } from '../../../src/providers/entries/contested.ts';
import { contributedProviders } from '../../../src/providers/entries/contributed.ts';
import { readTypedAddress } from '../../../src/providers/lookUp/typedAddress.ts';
import { changed, changedText, damaged, nastyText, nastyValue } from '../arbitraries.ts';
import { resultOf, target, type Target } from '../target.ts';
import { connectionTo, issuer, metadataDocument } from '../provider.ts';
import '../../../src/providers/presets/presets.ts';

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

/** What people type and paste. */
const typed = damaged(
  fc.oneof(
    fc.constantFrom(
      'login.example.com',
      '  "https://login.example.com/realms/a/" ',
      'localhost:8080',
      'alice@example.com',
      'https://login.example.com/.well-known/openid-configuration',
      '@'.repeat(9000),
      `a@${'.'.repeat(9000)}`,
      '"'.repeat(9000) + 'x' + '"'.repeat(9000),
    ),
    nastyText,
  ),
);

const providerId = fc.oneof(fc.constantFrom('company.sso', 'oidc', 'mine', 'github', '__proto__'), nastyText);

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
      parseMetadata(json.value, issuer, `${issuer}/.well-known/x`, policy, () => undefined),
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
      const found = await resultOf(() => findIssuer(http, identifier, policy, () => undefined));
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

  target('typed address', fc.oneof(address, typed), text => {
    const read = readTypedAddress(text);
    if (read.kind === 'problem') {
      assert.ok(read.reason.length > 0 && read.reason.length < 200);
    } else if (read.kind === 'email') {
      assert.doesNotMatch(read.address, /[\s/?#]/);
    } else {
      const url = new URL(read.url);
      const isHere = isLoopbackHost(url.hostname);
      assert.ok(url.protocol === 'https:' || (read.allowLoopbackHttp && isHere && url.protocol === 'http:'));
      assert.equal(url.username + url.password + url.hash, '');
      assert.doesNotMatch(read.url, /[\s\\\0]/);
    }
  }),

  target(
    'manifests',
    fc.array(
      fc.record({
        id: fc.constantFrom('a.b', 'c.d', 'e.f'),
        manifest: fc.oneof(
          fc
            .record({
              oidcProviders: fc.oneof(
                fc.dictionary(providerId, fc.oneof(changed(settingsEntry), nastyValue)),
                nastyValue,
              ),
              authentication: fc.oneof(fc.array(changed({ id: 'company.sso', label: 'X' })), nastyValue),
            })
            .map(contributes => ({ contributes })),
          nastyValue,
        ),
      }),
      { maxLength: 3 },
    ),
    extensions => {
      const own = parseProviders({ mine: settingsEntry });
      const [mine] = own.providers;
      // Whatever else brings its id, it stays with whom it was agreed.
      const agreed = (id: string) => (id === 'mine' ? mine?.terms : undefined);
      const { providers, problems, contested } = settle(own, contributedProviders(extensions), agreed);
      assert.ok(providers.some(({ id }) => id === 'mine'));
      for (const { id, used } of contested) assert.equal(used === undefined, id !== 'mine');
      assert.equal(new Set(providers.map(({ id }) => id)).size, providers.length);
      for (const { id, contributedBy, issuer } of providers) {
        assert.match(id, /^[A-Za-z0-9][\w.-]{0,63}$/);
        assert.notEqual(id, 'oidc');
        assert.equal(contributedBy === undefined, id === 'mine');
        assert.match(issuer, /^https:/i);
      }
      for (const { reason } of problems) assert.ok(reason.length > 0 && reason.length < 3000);
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
