import { createHash } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createCertificateAuthority } from '../../servers/certificates.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';

/** A server of what tools want, for those who have the token: WebDAV, Kubernetes, packages, images, and JSON. */
export interface ToolServer {
  /** Without TLS, on this computer. */
  readonly url: string;
  readonly host: string;
  /** With a certificate of {@link authority}. */
  readonly secureUrl: string;
  /** PEM. */
  readonly authority: string;
  /** Path and answer of each request. */
  readonly requests: { readonly path: string; readonly status: number }[];
  close(): Promise<void>;
}

const dav = (path: string, type: string): string =>
  `<d:response><d:href>${path}</d:href><d:propstat><d:prop>${type}<d:getcontentlength>3</d:getcontentlength><d:getlastmodified>Mon, 01 Jan 2024 00:00:00 GMT</d:getlastmodified></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;

const listing = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${dav('/dav/', '<d:resourcetype><d:collection/></d:resourcetype>')}${dav('/dav/secret.txt', '<d:resourcetype/>')}</d:multistatus>`;

/** As much of the API of Kubernetes as `kubectl get configmaps` needs. */
const kubernetes: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      {
        name: 'configmaps',
        singularName: 'configmap',
        namespaced: true,
        kind: 'ConfigMap',
        verbs: ['get', 'list'],
      },
    ],
  },
  '/api/v1/namespaces/default/configmaps': {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: {},
    items: [{ metadata: { name: 'made-for-alice', namespace: 'default' }, data: {} }],
  },
};

/** The only image of the registry, which has no layers. */
const image = {
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: 2,
    digest: `sha256:${createHash('sha256').update('{}').digest('hex')}`,
  },
  layers: [],
};

/** The bearer token, or the password. */
const tokenOf = ({ headers }: IncomingMessage): string => {
  const [scheme, value = ''] = (headers.authorization ?? '').split(' ');
  return scheme === 'Basic'
    ? Buffer.from(value, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : value;
};

/** @param isGood lets in who has this token. */
export async function startToolServer(isGood: (token: string) => Promise<boolean>): Promise<ToolServer> {
  const requests: ToolServer['requests'] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void isGood(tokenOf(request)).then(isLetIn => respond(request, response, isLetIn));
  };
  const respond = (request: IncomingMessage, response: ServerResponse, isLetIn: boolean): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const send = (status: number, type: string, body: string): void => {
      requests.push({ path: pathname, status });
      const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="tools"' } : {};
      response.writeHead(status, { 'content-type': type, ...challenge }).end(body);
    };
    request.resume();
    if (!isLetIn) send(401, 'text/plain', 'No');
    else if (request.method === 'PROPFIND') send(207, 'application/xml', listing);
    else if (pathname in kubernetes) send(200, 'application/json', JSON.stringify(kubernetes[pathname]));
    else if (pathname.includes('/manifests/')) send(200, image.mediaType, JSON.stringify(image));
    else if (pathname.includes('/blobs/')) send(200, 'application/octet-stream', '{}');
    else if (pathname.startsWith('/simple/'))
      send(200, 'text/html', '<a href="/simple/none-1.0.tar.gz">none-1.0.tar.gz</a>');
    else if (pathname.endsWith('/@v/list')) send(200, 'text/plain', 'v1.0.0\n');
    else if (pathname.endsWith('.mod')) send(200, 'text/plain', 'module example.test/m\n');
    else if (/\/@latest$|\.info$/.test(pathname)) send(200, 'application/json', '{"Version":"v1.0.0"}');
    else send(200, 'application/json', '{"hello":"alice"}');
  };
  const authority = await createCertificateAuthority('Tools');
  const { certificate: cert, privateKey: key } = await authority.issue('localhost', {
    hosts: ['localhost', loopback],
  });
  const plain = createHttp(answer);
  const secure = createHttps({ cert, key }, answer);
  const [port, securePort] = [await listen(plain), await listen(secure)];
  return {
    url: `http://${loopback}:${port}`,
    host: `${loopback}:${port}`,
    secureUrl: `https://localhost:${securePort}`,
    authority: authority.certificate,
    requests,
    async close() {
      await stop(plain);
      await stop(secure);
    },
  };
}
