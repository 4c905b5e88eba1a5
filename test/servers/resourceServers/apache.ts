import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run, startTree, type ProcessTree } from '../../editor/process/childProcess.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { IdentityProvider } from '../identityProvider/identityProvider.ts';
import { listen, loopback, stop } from '../listening.ts';

const isRoot = process.getuid?.() === 0;
const programs = ['/usr/sbin/apache2', '/usr/sbin/httpd', '/usr/local/sbin/httpd', '/opt/homebrew/bin/httpd'];
const moduleFolders = [
  '/usr/lib/apache2/modules',
  '/usr/lib64/httpd/modules',
  '/usr/lib/httpd/modules',
  '/usr/local/libexec/apache2',
  '/opt/homebrew/lib/httpd/modules',
];
const packages = ['apache2', 'libapache2-mod-auth-openidc', 'openssl'];

interface Installed {
  readonly program: string;
  readonly modules: string;
}

function installed(): Installed | undefined {
  const program = programs.find(file => existsSync(file));
  const modules = moduleFolders.find(folder => existsSync(join(folder, 'mod_auth_openidc.so')));
  return program !== undefined && modules !== undefined ? { program, modules } : undefined;
}

/**
 * Apache httpd with mod_auth_openidc; root on Debian gets it installed.
 *
 * @throws Error that says how to install it.
 */
export async function findApache(): Promise<Installed> {
  const command = `apt-get install -y ${packages.join(' ')}`;
  if (!installed() && isRoot && existsSync('/usr/bin/apt-get')) {
    // The package starts a server of its own where there is an init system; runlevel 1 has none.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  }
  const found = installed();
  if (!found) {
    throw new Error(
      `Apache httpd with mod_auth_openidc is missing. On Debian and Ubuntu: sudo ${command}. On Fedora: sudo dnf install httpd mod_auth_openidc openssl. With Homebrew: brew install httpd mod_auth_openidc.`,
    );
  }
  return found;
}

/** Apache as a resource server of an identity provider. */
export interface Apache {
  /** Validates opaque tokens by introspection (RFC 7662), each time anew. */
  readonly introspecting: string;
  /** Validates JWT access tokens with the keys of the provider. */
  readonly verifying: string;
  /**
   * Validates opaque tokens at an endpoint that merges introspection and UserInfo and says no `active`, so that the
   * mandatory expiry counts. `/` is for everybody, `/leads` for the group `teams/leads`.
   */
  readonly merging: string;
  readonly log: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** A certificate for 127.0.0.1 that is good for a day, and its key. */
async function selfSigned(folder: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, 'front.crt'), join(folder, 'front.key')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const files = ['-keyout', key, '-out', certificate];
  await run('openssl', ['req', '-x509', ...kind, ...subject, ...files], {});
  return { certificate, key };
}

async function readBody(request: AsyncIterable<unknown>): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/**
 * TLS before the identity provider, because mod_auth_openidc talks to nothing else; and the endpoint that merges
 * introspection and UserInfo, as some gateways have it.
 */
async function startFront(provider: IdentityProvider, files: { certificate: string; key: string }) {
  const { introspection, userinfo } = provider.endpoints;
  const cert = await readFile(files.certificate);
  const key = await readFile(files.key);

  const merged = async (authorization: string | undefined, body: string): Promise<object> => {
    const claims = (await (
      await fetch(`${provider.address}${introspection}`, {
        method: 'POST',
        headers: { authorization: authorization ?? '', 'content-type': 'application/x-www-form-urlencoded' },
        body,
      })
    ).json()) as Record<string, unknown>;
    const { active, ...rest } = claims;
    if (active !== true) return {};
    const token = new URLSearchParams(body).get('token') ?? '';
    const about = await fetch(`${provider.address}${userinfo}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { ...rest, ...(about.ok ? ((await about.json()) as object) : {}) };
  };

  const server = createTlsServer({ cert, key }, (request, response) => {
    const answer = async (): Promise<void> => {
      const { method = 'GET', url = '/', headers } = request;
      const body = await readBody(request);
      if (url === '/merged') {
        const claims = await merged(headers.authorization, body);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(claims));
        return;
      }
      const passedOn = await fetch(`${provider.address}${url}`, {
        method,
        headers: {
          ...(headers.authorization && { authorization: headers.authorization }),
          ...(headers['content-type'] && { 'content-type': headers['content-type'] }),
        },
        ...(method === 'POST' && { body }),
      });
      response.writeHead(passedOn.status, { 'content-type': passedOn.headers.get('content-type') ?? '' });
      response.end(await passedOn.text());
    };
    answer().catch(() => response.writeHead(502).end());
  });
  const port = await listen(server);
  return { url: `https://${loopback}:${port}`, close: () => stop(server) };
}

/** Ports that are free now; Apache cannot ask the system for one itself. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>(resolve => server.listen(0, loopback, resolve));
      return server;
    }),
  );
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}

const neededModules = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'unixd', 'dir', 'alias'],
  ...['env', 'auth_openidc'],
];

const virtualHost = (port: number, folder: string, validation: readonly string[]): string => `
Listen ${loopback}:${port}
<VirtualHost ${loopback}:${port}>
  DocumentRoot "${folder}/documents"
  ${validation.join('\n  ')}
  <Location "/">
    AuthType oauth20
    Require valid-user
    Header always set X-Remote-User "expr=%{REMOTE_USER}"
  </Location>
  <Location "/leads">
    AuthType oauth20
    Require claim groups:teams/leads
  </Location>
</VirtualHost>
`;

/** Starts Apache before an identity provider whose access tokens it accepts. */
export async function startApache(provider: IdentityProvider): Promise<Apache> {
  const { program, modules } = await findApache();
  const folder = await temporaryFolder('apache');
  // The children of an Apache that root has started are somebody else.
  await chmod(folder.path, 0o755);
  await mkdir(join(folder.path, 'documents', 'leads'), { recursive: true });
  for (const path of ['index.html', 'leads/index.html']) {
    await writeFile(join(folder.path, 'documents', path), 'welcome');
  }
  const certificate = await selfSigned(folder.path);
  const front = await startFront(provider, certificate);
  let apache: ProcessTree | undefined;
  const close = async (): Promise<void> => {
    await apache?.end();
    await front.close();
    await folder.remove();
  };
  try {
    const [first = 0, second = 0, third = 0] = await freePorts(3);
    const { clientId, clientSecret } = provider.clients.resourceServer;
    const introspectionAt = (path: string) => [
      `OIDCOAuthIntrospectionEndpoint ${front.url}${path}`,
      `OIDCOAuthClientID ${clientId}`,
      `OIDCOAuthClientSecret ${clientSecret}`,
      'OIDCOAuthTokenExpiryClaim exp absolute mandatory',
      // A token that was revoked is to be refused at once.
      'OIDCOAuthTokenIntrospectionInterval -1',
    ];
    const available = neededModules.filter(name => existsSync(join(modules, `mod_${name}.so`)));
    const configuration = [
      `ServerRoot "${folder.path}"`,
      `ServerName ${loopback}`,
      `PidFile "${folder.path}/apache.pid"`,
      `DefaultRuntimeDir "${folder.path}"`,
      `ErrorLog "${folder.path}/error.log"`,
      ...(isRoot ? ['User www-data', 'Group www-data'] : []),
      ...available.map(name => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
      'StartServers 1',
      'DirectoryIndex index.html',
      `OIDCCABundlePath "${certificate.certificate}"`,
      `OIDCCryptoPassphrase ${clientSecret}`,
      'OIDCOAuthRemoteUserClaim sub',
      virtualHost(first, folder.path, introspectionAt(provider.endpoints.introspection)),
      virtualHost(second, folder.path, [
        `OIDCOAuthVerifyJwksUri ${front.url}${provider.endpoints.jwks}`,
        'OIDCOAuthClientID resource-server',
      ]),
      virtualHost(third, folder.path, introspectionAt('/merged')),
    ].join('\n');
    const file = join(folder.path, 'httpd.conf');
    await writeFile(file, configuration);
    apache = startTree(program, ['-f', file, '-DFOREGROUND'], {});
    const url = (port: number) => `http://${loopback}:${port}`;
    await answers(url(first), apache);
    return {
      introspecting: url(first),
      verifying: url(second),
      merging: url(third),
      log: () => readFile(join(folder.path, 'error.log'), 'utf8'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits for the first answer. @throws Error with what Apache printed, if it ends before. */
async function answers(url: string, { child, output }: ProcessTree): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Apache ended. It printed:\n${output()}`);
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}
