import nacl from 'tweetnacl';

/** The key that both ends of one connection have agreed on. */
export interface Cipher {
  /** The public key to send, in base64. */
  readonly publicKey: string;
  /** Returns the text of a message. Undefined if it isn't complete or wasn't made with this key. */
  open(message: string): string | undefined;
  seal(text: string): string;
}

/** The length of an X25519 public key in base64. */
export const keyLength = 44;
const publicKey = /^[A-Za-z0-9+/]{43}=$/;
const message = /^(\d{1,9}):([A-Za-z0-9+/]{32}):([A-Za-z0-9+/]+={0,2})\s*\0?$/;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/**
 * Replies to the public key of a client: NaCl's `crypto_box_beforenm` gives the key for `crypto_secretbox`, as
 * oidc-agent's clients use them.
 *
 * @returns undefined if it is no key.
 */
export function createCipher(clientKey: string): Cipher | undefined {
  if (!publicKey.test(clientKey)) return undefined;
  const own = nacl.box.keyPair();
  const key = nacl.box.before(bytesOf(clientKey), own.secretKey);
  return {
    publicKey: base64(own.publicKey),
    open(text) {
      const [, length = '', nonce = '', sealed = ''] = message.exec(text) ?? [];
      // The length is that of the text: in bytes from most clients, in characters from Python, which are fewer.
      if (
        sealed === '' ||
        sealed.length < 4 * Math.ceil((Number(length) + nacl.secretbox.overheadLength) / 3)
      )
        return undefined;
      const opened = nacl.secretbox.open(bytesOf(sealed), bytesOf(nonce), key);
      return opened ? Buffer.from(opened).toString('utf8') : undefined;
    },
    seal(text) {
      const plain = new Uint8Array(Buffer.from(text, 'utf8'));
      const nonce = nacl.randomBytes(nacl.secretbox.nonceLength);
      return `${plain.length}:${base64(nonce)}:${base64(nacl.secretbox(plain, nonce, key))}`;
    },
  };
}
