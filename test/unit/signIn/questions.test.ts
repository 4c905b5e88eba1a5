import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import {
  judge,
  nextQuestion,
  type Answer,
  type Asked,
  type Inquiry,
  type Judgment,
  type Question,
} from '../../../src/signIn/diagnosis/questions.ts';

const host = 'login.example.com';
const own = 'vscode://vscode-oidc.oidc-authentication/callback';
const loopback = 'http://127.0.0.1/callback';
const [sent, local] = ['http://127.0.0.1:49521/callback', 'http://localhost:49521/callback'];
const scopes = ['openid', 'profile', 'offline_access'];

/** What is set at a server, and in which order and words it says what it does not take. */
interface Server {
  readonly client: 'right' | 'unknown' | 'wrong-secret';
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly device: boolean;
  readonly order: readonly ('redirect' | 'scopes')[];
  /** It tells unknown clients from wrong secrets. */
  readonly isTelling: boolean;
}

const refused = (error: string, said: string): Failure =>
  new Failure('request-refused', { host, error, said }, { oauthError: error });

const answerOf = (server: Server, question: Question): Answer => {
  const { request, redirectUri = '', asStranger } = question;
  const client = asStranger ? 'unknown' : server.client;
  if (client !== 'right') {
    const words = server.isTelling && client === 'wrong-secret' ? 'Wrong secret' : 'Authentication failed';
    // Each endpoint has words of its own.
    const said = `${words} (${request === 'pushed' ? 1 : 2})`;
    return new Failure(
      'client-refused',
      { host, error: 'invalid_client', said },
      { oauthError: 'invalid_client' },
    );
  }
  if (request === 'device' && !server.device)
    return new Failure(
      'client-refused',
      { host, error: 'unauthorized_client', said: 'Client may not use the device flow' },
      { oauthError: 'unauthorized_client' },
    );
  const problems = {
    redirect: () =>
      request === 'pushed' && !server.redirectUris.includes(redirectUri)
        ? new Failure('redirect-refused', { host, redirectUri })
        : undefined,
    scopes: () =>
      question.scopes.every(scope => server.scopes.includes(scope))
        ? undefined
        : refused('invalid_scope', 'Invalid scopes'),
  };
  for (const check of server.order) {
    const problem = problems[check]();
    if (problem) return problem;
  }
  return 'accepted';
};

/** Asks until nothing is left to ask. */
function ask(inquiry: Inquiry, answer: (question: Question) => Answer): Asked[] {
  const asked: Asked[] = [];
  for (;;) {
    const question = nextQuestion(inquiry, asked);
    if (!question) return asked;
    asked.push({ ...question, answer: answer(question) });
  }
}

const inquiry: Inquiry = {
  requests: ['pushed', 'device'],
  redirects: [
    { uri: own, forms: [{ uri: own, kind: 'as-sent' }] },
    {
      uri: loopback,
      forms: [
        { uri: sent, kind: 'as-sent' },
        { uri: local, kind: 'localhost' },
        { uri: loopback, kind: 'without-port' },
      ],
    },
  ],
  scopes,
  comparable: true,
};

/** What is true of a server, as far as these requests can tell it. */
function truth(server: Server, requests: Inquiry['requests']): Partial<Judgment> {
  if (server.client !== 'right') {
    const known = server.client === 'wrong-secret' && server.isTelling;
    return {
      client: { is: 'refused', known } as never,
      redirects: [own, loopback].map(uri => ({ uri, is: 'unknown' })),
      device: undefined,
    };
  }
  const first = (forms: Inquiry['redirects'][number]['forms']): string =>
    forms.find(({ uri }) => server.redirectUris.includes(uri))?.kind ?? 'refused';
  return {
    client: { is: 'accepted' },
    redirects: inquiry.redirects.map(({ uri, forms }) => ({
      uri,
      is: (requests.includes('pushed') ? first(forms) : 'unknown') as never,
    })),
  };
}

const bools = [true, false];
const servers = bools.flatMap(isTelling =>
  bools.flatMap(device =>
    (['right', 'unknown', 'wrong-secret'] as const).flatMap(client =>
      (
        [
          ['redirect', 'scopes'],
          ['scopes', 'redirect'],
        ] as const
      ).flatMap(order =>
        [scopes, ['openid', 'profile'], ['openid'], ['profile', 'offline_access'], []].flatMap(known =>
          [[own, sent], [own], [sent], [local], [loopback], []].map((redirectUris): Server => ({
            client,
            isTelling,
            device,
            order,
            scopes: known,
            redirectUris,
          })),
        ),
      ),
    ),
  ),
);

describe('the questions of a diagnosis', () => {
  for (const requests of [['pushed', 'device'], ['pushed'], ['device']] as const) {
    it(`find out what is wrong, at ${servers.length} servers (${requests.join(', ')})`, () => {
      for (const server of servers) {
        const all = { ...inquiry, requests };
        const asked = ask(all, question => answerOf(server, question));
        const found = judge(all, asked);
        const told = JSON.stringify({ server, asked }, undefined, 1);
        const { client, redirects } = truth(server, requests);
        // Whoever refuses the device code grant first says nothing of scopes, or of nothing else.
        const seesScopes =
          server.client === 'right' && (requests.some(request => request === 'pushed') || server.device);
        assert.partialDeepStrictEqual(found.client, client, told);
        assert.deepEqual(found.redirects, redirects, told);
        // A server that refuses every redirect URI says nothing of scopes that it would take.
        const lacking = scopes.filter(scope => !server.scopes.includes(scope));
        const isReached =
          (server.order[0] === 'scopes' && lacking.length > 0) ||
          (requests.some(request => request === 'device') && server.device) ||
          server.redirectUris.length > 0;
        if (seesScopes && isReached) {
          assert.equal(found.scopes.is, lacking.length === 0 ? 'accepted' : 'refused', told);
          assert.deepEqual(found.scopes.refused, lacking, told);
        }
        const asksDevice = requests.some(request => request === 'device') && server.client === 'right';
        if (asksDevice && !server.device) assert.ok(found.device instanceof Failure, told);
        if (asksDevice && server.device) assert.equal(found.device, 'accepted', told);
        assert.ok(asked.length <= 20, told);
      }
    });
  }

  it('are not asked further where no answer came', () => {
    const asked = ask(inquiry, () => 'silent');
    assert.deepEqual(
      asked.map(({ request }) => request),
      ['pushed', 'device'],
    );
    assert.deepEqual(judge(inquiry, asked).client, { is: 'unknown' });
  });

  it('are not asked as a stranger where that proves nothing', () => {
    const server: Server = { ...servers[0], client: 'unknown' } as Server;
    const asked = ask({ ...inquiry, comparable: false }, question => answerOf(server, question));
    assert.ok(asked.every(({ asStranger }) => !asStranger));
  });

  it('end at a server that answers each otherwise', () => {
    let count = 0;
    const many = Array.from({ length: 40 }, (_, at) => `scope-${at}`);
    const asked = ask({ ...inquiry, scopes: many }, () => refused('invalid_scope', String(count++)));
    assert.ok(asked.length <= 30, String(asked.length));
  });
});
