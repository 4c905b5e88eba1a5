/** The protocols of the tools that ask for a token: pure, from what a tool gives to what it reads. */
import { UsageError } from './arguments.ts';

/** What the agent gave. */
export interface Token {
  readonly value: string;
  /** Seconds since the epoch. Undefined if no one knows. */
  readonly expiresAt: number | undefined;
}

/** What a tool gets the token for, and what it reads. */
export interface Tool {
  /** What the user reads about who asks. */
  readonly hint: string;
  /** Where the tool sends the token: the settings have to allow it. */
  readonly host: string | undefined;
  /** What the tool reads. */
  answer(token: Token): string;
  /** What the tool reads if there is no token: without it, some ask for a password. */
  readonly refusal?: (message: string) => string;
}

const mostInput = 100_000;

/** Tokens go over TLS, or to this computer. @throws UsageError */
function safeHost(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new UsageError(`${address} is no URL`);
  }
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|.+\.localhost)$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new UsageError(`${url.protocol}//${url.host} would get the token without TLS`);
  return url.host;
}

/**
 * git's credential protocol (gitcredentials, git-credential): from git 2.46 on it takes a bearer token, which it never
 * stores. Older ones get it as a password, and so do servers that ask for nothing but Basic.
 */
export function git(input: string): Tool {
  const lines = input.slice(0, mostInput).split('\n');
  const values = (name: string): string[] =>
    lines.flatMap(line => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
  const [protocol = '', host = '', username] = ['protocol', 'host', 'username'].map(name =>
    values(name).at(-1),
  );
  const address = `${protocol}://${host}`;
  const schemes = values('wwwauth[]').map(challenge => challenge.split(' ', 1)[0]?.toLowerCase());
  const isBasicOnly = schemes.includes('basic') && !schemes.includes('bearer');
  const isBearer = values('capability[]').includes('authtype') && !isBasicOnly;
  return {
    hint: `git (${address})`,
    host: safeHost(address),
    answer({ value, expiresAt }) {
      const expiry = expiresAt === undefined ? [] : [`password_expiry_utc=${expiresAt}`];
      const credential = isBearer
        ? ['capability[]=authtype', 'authtype=Bearer', `credential=${value}`, 'ephemeral=1']
        : [`username=${username ?? 'oauth2'}`, `password=${value}`];
      return `${[...credential, ...expiry].join('\n')}\n\n`;
    },
    // Otherwise git asks for a password.
    refusal: () => 'quit=1\n\n',
  };
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** kubectl's ExecCredential (client.authentication.k8s.io). @throws UsageError */
export function kubernetes(execInfo: string | undefined): Tool {
  const info = execInfo === undefined ? {} : object(execInfo.slice(0, mostInput));
  const apiVersion = info['apiVersion'] ?? execVersions[0];
  if (typeof apiVersion !== 'string' || !execVersions.includes(apiVersion))
    throw new UsageError('this version of ExecCredential is not known');
  const { cluster } = (info['spec'] ?? {}) as { cluster?: { server?: unknown } };
  const server = typeof cluster?.server === 'string' ? cluster.server : undefined;
  return {
    hint: server === undefined ? 'kubectl' : `kubectl (${server})`,
    host: undefined,
    answer({ value, expiresAt }) {
      const expirationTimestamp =
        expiresAt === undefined
          ? undefined
          : new Date(expiresAt * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
      const status = { token: value, expirationTimestamp };
      return `${JSON.stringify({ kind: 'ExecCredential', apiVersion, status })}\n`;
    },
  };
}

/** @throws UsageError */
function object(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError('KUBERNETES_EXEC_INFO is no JSON object');
}

/** The protocol of docker-credential-helpers. What goes wrong is read on standard output. */
export function docker(input: string): Tool {
  const server = input.slice(0, mostInput).trim();
  return {
    hint: `docker (${server})`,
    host: safeHost(server.includes('://') ? server : `https://${server}`),
    answer: ({ value }) => `${JSON.stringify({ ServerURL: server, Username: 'oauth2', Secret: value })}\n`,
    refusal: message => `${message}\n`,
  };
}

/** GOAUTH of Go 1.24 and later: a URL, an empty line, headers, an empty line. */
export function goauth(prefix: string | undefined): Tool {
  if (prefix === undefined) throw new UsageError('goauth takes the URL that the token is for');
  return {
    hint: `go (${prefix})`,
    host: safeHost(prefix),
    answer: ({ value }) => `${prefix}\n\nAuthorization: Bearer ${value}\n\n`,
  };
}

/** What pip and others call as `keyring get SERVICE USER`. The service is a URL or a host. */
export function keyring(service: string | undefined): Tool {
  if (service === undefined) throw new UsageError('keyring takes get, a service and a user');
  return {
    hint: `keyring (${service})`,
    host: safeHost(service.includes('://') ? service : `https://${service}`),
    answer: ({ value }) => `${value}\n`,
  };
}
