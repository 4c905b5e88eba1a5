/** Undefined in a browser. */
const { process } = globalThis as {
  process?: { readonly env?: Readonly<Record<string, string | undefined>> };
};

/**
 * False if Node accepts any server's certificate, because of an environment variable that it reads for each new
 * connection. A dev container or a shell can set it, too. A browser always verifies. The editor's setting
 * `http.proxyStrictSSL` doesn't affect requests of extensions.
 */
export const verifiesCertificates = (): boolean => process?.env?.['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0';
