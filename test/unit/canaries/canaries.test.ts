import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSecrets, findSecretsInFolders } from '../../canaries/canaries.ts';

const secret = 'q7/"T+k=Zr~4vN0c-Wy_1hLpXe8uG2sJ';
const secrets = new Map([[secret, 'code']]);
const formsIn = (text: string | Buffer): string[] =>
  findSecrets(secrets, [{ where: 'a text', text }]).map(({ form }) => form);

describe('the search for secrets', () => {
  const plants: Record<string, string | Buffer> = {
    plain: `code=${secret}.`,
    'URL-encoded': `https://a.example/?code=${encodeURIComponent(secret)}&x=1`,
    'URL-encoded twice': encodeURIComponent(encodeURIComponent(secret)),
    'form-encoded': new URLSearchParams({ code: secret }).toString(),
    'JSON-escaped': JSON.stringify({ code: secret }),
    'JSON-escaped twice': JSON.stringify(JSON.stringify({ code: secret })),
    hexadecimal: Buffer.from(secret).toString('hex'),
    base64: Buffer.from(secret).toString('base64'),
    'plain, UTF-16': Buffer.from(`code=${secret}`, 'utf16le'),
    'first half, plain': secret.slice(0, 16),
    'second half, plain': secret.slice(16),
    'first half, base64': Buffer.from(`{"t":"${secret.slice(0, 16)}`).toString('base64'),
  };
  for (const [form, text] of Object.entries(plants)) {
    it(`finds one that is ${form}`, () => assert.deepEqual(formsIn(text), [form]));
  }

  for (const before of ['', 'a', 'ab', 'abc']) {
    it(`finds one inside of base64, after ${before.length} bytes`, () => {
      const text = Buffer.from(`${before}${secret} and more`).toString('base64url');
      assert.match(formsIn(`eyJ.${text}.x`).join(), /^base64(url)?$/);
    });
  }

  it('says what it found and where, without the value', () => {
    const [find] = findSecrets(secrets, [{ where: 'the log', text: `12345${secret}` }]);
    assert.deepEqual(find, { what: 'code', form: 'plain', where: 'the log', offset: 5 });
  });

  it('finds nothing in other texts', () => {
    assert.deepEqual(formsIn(`code=[redacted] ${secret.slice(0, 15)} ${secret.slice(1, 15)}`), []);
  });

  describe('in folders', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'canaries-'));
      await mkdir(join(folder, 'logs', 'deep'), { recursive: true });
      await mkdir(join(folder, 'empty'));
      await writeFile(join(folder, 'logs', 'deep', 'a.log'), `info ${secret}`);
      await writeFile(join(folder, 'logs', 'b.log'), 'info nothing');
      await writeFile(join(folder, 'secrets.db'), secret);
    });
    after(() => rm(folder, { recursive: true }));

    it('looks into every file but those that may hold secrets', async () => {
      const scan = await findSecretsInFolders(secrets, [folder], path => path.endsWith('secrets.db'));
      assert.equal(scan.files, 2);
      assert.deepEqual(
        scan.found.map(({ where }) => where),
        [join(folder, 'logs', 'deep', 'a.log')],
      );
    });

    it('fails if there was nothing to look into', async () => {
      await assert.rejects(findSecretsInFolders(secrets, [join(folder, 'empty')]), /no file to scan/);
    });
  });
});
