import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { run, startTree } from '../editor/process/childProcess.ts';
import { cleanAtExit } from '../editor/process/leftovers.ts';
import type { CertificateAuthority } from '../servers/certificates.ts';
import { listen, loopback, stop } from '../servers/listening.ts';
import { createAdmin, type Admin } from './admin.ts';
import { realm, realmName } from './realm.ts';
import { prepareTls } from './tls.ts';

/** Fetched by these coordinates from the repository that Maven is set to use, which also has the checksums. */
const version = '26.7.3';
const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
const copyArtifact = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

const isWindows = process.platform === 'win32';
const cache = join(import.meta.dirname, '..', '..', '.vscode-test');
const home = join(cache, `keycloak-${version}`);

/** The first start takes longest: Keycloak puts itself together then. In milliseconds. */
const startTime = 300_000;

const administrator = { name: 'admin', password: 'admin' };

/** What is to be installed before Keycloak can run here, as sentences; undefined: nothing. */
export async function missingPrograms(): Promise<string | undefined> {
  const java = await outputOf('java', ['-version']);
  if (!(Number(/version "(\d+)/.exec(java ?? '')?.[1]) >= 17)) {
    return 'Keycloak needs Java 17 or later, and Maven to be fetched with. On Debian and Ubuntu: sudo apt-get install -y openjdk-17-jre-headless maven. On Fedora: sudo dnf install java-21-openjdk-headless maven. With Homebrew: brew install openjdk maven.';
  }
  if (existsSync(home) || (await outputOf('mvn', ['-version'])) !== undefined) return undefined;
  return 'Keycloak is fetched with Maven. On Debian and Ubuntu: sudo apt-get install -y maven. On Fedora: sudo dnf install maven. With Homebrew: brew install maven.';
}

/** What a program prints; undefined if it is not there. */
const outputOf = (command: string, args: readonly string[]): Promise<string | undefined> =>
  // Batch files on Windows, which only a shell can start.
  run(command, args, { shell: isWindows }).catch(() => undefined);

/**
 * Fetches Keycloak into `.vscode-test/` the first time; later it is found there.
 *
 * @throws {Error} with what Maven says.
 */
export async function fetchKeycloak(say: (message: string) => void): Promise<void> {
  if (existsSync(home)) return;
  say(`Fetching Keycloak ${version} into .vscode-test (once, about 500 MB)`);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'unfinished-keycloak-'));
  const forget = cleanAtExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const arguments_ = ['-q', '-B', copyArtifact, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
    await run('mvn', arguments_, { shell: isWindows });
    await run('tar', ['xzf', `keycloak-quarkus-dist-${version}.tar.gz`], { cwd: folder });
    await rename(join(folder, `keycloak-${version}`), home);
  } catch (error) {
    // Another process may have been faster; what it has fetched is as good.
    if (!existsSync(home)) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
    forget();
  }
}

/** A running Keycloak with a realm of its own. */
export interface Keycloak {
  readonly issuer: string;
  /** The same over https, where it asks for the client's certificate. */
  readonly secureIssuer: string;
  /** Vouches for Keycloak's certificate, and its word is taken for those of clients. */
  readonly authority: CertificateAuthority;
  readonly admin: Admin;
  close(): Promise<void>;
}

/**
 * Starts Keycloak on free ports, for http and https, with everything in memory.
 *
 * @param host the name in its issuer, which must mean this computer.
 */
export async function startKeycloak(host: string = loopback): Promise<Keycloak> {
  const [port, securePort] = await freePorts();
  const base = `http://${host}:${port}`;
  const tls = await prepareTls(host, securePort);
  const program = join(home, 'bin', isWindows ? 'kc.bat' : 'kc.sh');
  const features = 'cimd,resource-indicators,identity-assertion-jwt,jwt-authorization-grant';
  const args = [
    'start-dev',
    '--db=dev-mem',
    `--http-host=${loopback}`,
    `--http-port=${port}`,
    // Its issuer has the scheme and the port that it is asked at.
    `--hostname=${host}`,
    `--features=${features}`,
    ...tls.options,
  ];
  const tree = startTree(program, args, {
    shell: isWindows,
    env: {
      ...process.env,
      KC_BOOTSTRAP_ADMIN_USERNAME: administrator.name,
      KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
      JAVA_OPTS_APPEND: '-Xmx1g',
    },
  });
  const close = async (): Promise<void> => {
    await tree.end();
    await tls.remove();
  };
  try {
    await tree.line(/Listening on: http/, startTime);
    const admin = createAdmin(base, administrator);
    await admin.importRealm(realm);
    return {
      issuer: `${base}/realms/${realmName}`,
      secureIssuer: `https://${host}:${securePort}/realms/${realmName}`,
      authority: tls.authority,
      admin,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Two ports that differ, since both are taken before either is given back. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all([listen(servers[0]), listen(servers[1])]);
  await Promise.all(servers.map(stop));
  return ports;
}
