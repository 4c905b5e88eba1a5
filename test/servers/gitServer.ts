import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { run } from '../editor/process/childProcess.ts';
import { temporaryFolder } from '../editor/process/temporaryFolder.ts';
import { listen, loopback, stop } from './listening.ts';

/** A git server over HTTP: git's own `http-backend`, for those whose token is verified. */
export interface GitServer {
  /** Of a repository with one commit. */
  readonly url: string;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** How each request proved who it is: `none`, `Basic <user>` or `Bearer`, and whether it was let in. */
  readonly requests: { readonly proof: string; readonly isLetIn: boolean }[];
  close(): Promise<void>;
}

/** @param verify tells whether a token is good. */
export async function startGitServer(verify: (token: string) => Promise<boolean>): Promise<GitServer> {
  const folder = await temporaryFolder('git-server');
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const work = join(folder.path, 'work');
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.test'];
  await run('git', ['init', '--quiet', '--initial-branch=main', work], { env });
  await run('git', ['-C', work, ...identity, 'commit', '--quiet', '--allow-empty', '-m', 'First'], { env });
  await run('git', ['clone', '--quiet', '--bare', work, join(folder.path, 'project.git')], { env });

  const requests: GitServer['requests'] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [scheme = 'none', value = ''] = (request.headers.authorization ?? '').split(' ');
    const [user = '', password = ''] = Buffer.from(value, 'base64').toString().split(':');
    const isBasic = scheme === 'Basic';
    const token = isBasic ? password : value;
    const isLetIn = token !== '' && (await verify(token));
    requests.push({ proof: scheme === '' ? 'none' : isBasic ? `Basic ${user}` : scheme, isLetIn });
    if (isLetIn) backend(request, response, folder.path, env);
    else response.writeHead(401, { 'www-authenticate': ['Bearer', 'Basic realm="git"'] }).end();
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(500).end());
  });
  const host = `${loopback}:${await listen(server)}`;
  return {
    host,
    url: `http://${host}/project.git`,
    requests,
    async close() {
      await stop(server);
      await folder.remove();
    },
  };
}

/** Runs `git http-backend` as a web server does (RFC 3875). */
function backend(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  env: NodeJS.ProcessEnv,
): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-encoding'] && {
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      }),
      REMOTE_USER: 'verified',
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.once('close', () => {
    const whole = Buffer.concat(pieces);
    const end = whole.indexOf('\r\n\r\n');
    const headers = whole.subarray(0, end).toString().split('\r\n');
    for (const header of headers) {
      const [name = '', ...value] = header.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value.join(': '), 10);
      else response.setHeader(name, value.join(': '));
    }
    response.end(whole.subarray(end + 4));
  });
}
