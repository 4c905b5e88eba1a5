import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { CertificateProblem } from '../../../src/protocol/http/clientCertificate.ts';
import { mutualTls } from '../../../src/protocol/client/mutualTls.ts';
import { entered, trustedCertificates } from './trustedCertificates.ts';

describe('client certificates as they are entered', () => {
  const made = trustedCertificates();

  it('may come with those that lead to their issuer, in any order, and without line breaks', () => {
    const { certificate, privateKey } = made.robot;
    const wanted = entered(made.robot);
    for (const text of [
      `${privateKey}${certificate}`,
      `Bag Attributes\n${certificate}\n\nKey Attributes: <No Attributes>\n${privateKey}`,
      `${certificate}${privateKey}`.replaceAll('\n', ' '),
      `${certificate}${privateKey}`.replaceAll('\n', '\r\n'),
    ]) {
      const read = mutualTls.read(text);
      assert.equal(read.certificates, wanted.certificates);
      assert.equal(read.privateKey.reveal(), wanted.privateKey.reveal());
    }
    const chain = mutualTls.read(`${made.authority.certificate}${privateKey}${certificate}`);
    assert.equal(
      chain.certificates,
      `${wanted.certificates}${entered(made.robot) && made.authority.certificate}`,
    );
    assert.equal((mutualTls.publicKeys(chain).keys[0] as { x5c: string[] }).x5c.length, 2);
  });

  it('may have a key in an older form of its kind', () => {
    const older = createPrivateKey(made.robot.privateKey).export({ type: 'sec1', format: 'pem' }).toString();
    assert.match(older, /BEGIN EC PRIVATE KEY/);
    const read = mutualTls.read(`${made.robot.certificate}${older}`);
    assert.equal(read.privateKey.reveal(), entered(made.robot).privateKey.reveal());
  });

  const encrypted = (): string =>
    createPrivateKey(made.robot.privateKey)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
  const wrong: [what: string, text: () => string, reason: RegExp][] = [
    ['nothing', () => '', /a PEM with “BEGIN CERTIFICATE”.*openssl pkcs12/],
    ['binary', () => '0\u0082\u0004\u0001', /a PEM with “BEGIN CERTIFICATE”/],
    ['a certificate alone', () => made.robot.certificate, /a PEM with “BEGIN PRIVATE KEY”/],
    ['a key alone', () => made.robot.privateKey, /a PEM with “BEGIN CERTIFICATE”/],
    ['an encrypted key', () => made.robot.certificate + encrypted(), /encrypted.*openssl pkey/],
    [
      'a key that is encrypted in an older form',
      () =>
        `${made.robot.certificate}-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n-----END RSA PRIVATE KEY-----`,
      /encrypted.*openssl pkey/,
    ],
    [
      'two keys',
      () => made.robot.certificate + made.robot.privateKey + made.alone.privateKey,
      /exactly one private key/,
    ],
    [
      'the key of another',
      () => made.robot.certificate + made.alone.privateKey,
      /doesn’t match the certificate/,
    ],
    [
      'a damaged certificate',
      () => `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${made.robot.privateKey}`,
      /certificate is damaged/,
    ],
    [
      'a damaged key',
      () => `${made.robot.certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`,
      /private key is damaged/,
    ],
    ['too long', () => 'x'.repeat(300_000), /too long/],
  ];
  for (const [what, text, reason] of wrong) {
    it(`must not be ${what}`, () => {
      assert.throws(
        () => mutualTls.read(text()),
        (error: unknown) => {
          assert.ok(error instanceof CertificateProblem, String(error));
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }
});
