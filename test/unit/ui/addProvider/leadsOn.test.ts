import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { pageOf, withFound } from '../../../../src/ui/addProvider/pages.ts';
import { firstState, type Facts, type Row, type WizardState } from '../../../../src/ui/addProvider/state.ts';
import { troubleOf } from '../../../../src/ui/addProvider/where.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { facts, foundAt, issuer, rowsOf, servers } from './wizardStates.ts';

function rows(state: WizardState, more: Partial<Facts> = {}): Row[] {
  const page = pageOf(state, facts(more));
  return page.kind === 'list' ? rowsOf(page) : assert.fail(`${state.page} has no rows`);
}

const typing = (text: string): WizardState => ({ ...firstState, text });
const row = (state: WizardState, label: RegExp): Row =>
  rows(state).find(found => label.test(found.label)) ?? assert.fail(String(label));

describe('Enter in the wizard leads on', () => {
  for (const text of ['http:', 'https:', 'https:/', 'https://', 'HTTP://'])
    it(`and nothing is called wrong in a URL that has just been begun: ${text}`, () => {
      for (const { label } of rows(typing(text))) assert.doesNotMatch(label, /\$\(error\)/);
    });

  const wrong: Readonly<Record<string, string>> = {
    'http://login.example.com/a': 'https://login.example.com/a',
    'https://me:secret@login.example.com': 'https://login.example.com',
    'https://login.example.com/#a': 'https://login.example.com',
    'https://login.example.com/a?client_id=b': 'https://login.example.com/a',
    'http://localhost:8080/#a': 'http://localhost:8080',
  };
  for (const [text, right] of Object.entries(wrong))
    it(`to ${right} from ${text}, with the reason`, () => {
      const [{ label, detail, next, effect } = assert.fail()] = rows(typing(text));
      assert.equal(label, `$(lightbulb) Use ${right}`);
      assert.match(detail ?? '', /^The URL must .+\.$/);
      assert.deepEqual([next?.text, next?.answers.typed, effect], [right, right, { do: 'look-up' }]);
    });

  it('to the URL that was probably meant, and not to the one that has just failed', () => {
    const state = {
      ...typing('login.example.com/a'),
      trouble: {
        message: shown('Nothing is there. Did you mean another?'),
        cure: 'again',
        meant: issuer,
      } as const,
    };
    const [first] = rows(state);
    assert.deepEqual([first?.next?.text, first?.next?.answers.typed], [issuer, issuer]);
    assert.equal(first?.description, 'Use this URL');
    assert.equal(row(state, /Try Again/).next?.text, 'login.example.com/a');
  });

  it('to the issuer that the metadata names, and names no setting that is not there yet', () => {
    const mismatch = (found: string) =>
      troubleOf(
        new Failure('issuer-mismatch', { address: 'https://login.example.com/a', found, expected: '“b”' }),
      );
    const trouble = mismatch(`“${issuer}”`);
    assert.doesNotMatch(trouble.message, /"issuer"|setting/);
    const [first, second] = rows({ ...typing('login.example.com/a'), trouble });
    assert.deepEqual([first?.next?.answers.typed, first?.effect], [issuer, { do: 'look-up' }]);
    assert.match(`${first?.label} ${first?.detail} ${second?.label}`, /Use that URL only if you trust it/);
    assert.equal(mismatch('“no URL”').meant, undefined);
    assert.equal(mismatch(`“${issuer}/long…”`).meant, undefined);
  });

  it('to the first row for a user, which the editor keeps first whatever is typed', () => {
    const found = rows({ ...firstState, page: 'user', text: 'alice' });
    assert.deepEqual(
      found.map(({ label, description }) => [label.replace(/^\$\(.*?\) /, ''), description]),
      [
        ['Continue with user ID', 'alice'],
        ['Continue with subject', 'alice'],
      ],
    );
    assert.deepEqual(found[0]?.next?.answers.userLookup, { field: 'userId', value: 'alice' });
  });

  it('to the part of that URL which only the user knows', () => {
    const meant = `${issuer}/realms/<name>`;
    const [first] = rows({
      ...typing(issuer),
      trouble: { message: shown('No.'), cure: 'again', meant } as const,
    });
    assert.deepEqual([first?.next?.text, first?.effect], [`${issuer}/realms/`, undefined]);
  });

  const summary = (metadata: (typeof servers)[keyof typeof servers], clientId?: string): WizardState => {
    const found = withFound({ ...firstState, answers: { typed: issuer } }, foundAt(metadata), facts());
    return { ...found, page: 'summary', answers: { ...found.answers, clientId } };
  };

  it('to the client secret, if a client without one was refused', () => {
    const trouble = { message: shown('The client was refused.'), cure: 'secret' } as const;
    const { next = assert.fail() } = row({ ...summary(servers.public, 'abc'), trouble }, /refused/);
    const page = pageOf(next, facts());
    const { answers } = page.kind === 'secret' ? page.accept('hush') : assert.fail(page.kind);
    assert.equal(answers.secret?.reveal(), 'hush');
  });

  it('to the scopes, if those were refused, and to another try where there are none to choose', () => {
    const trouble = { message: shown('The scopes were refused.'), cure: 'scopes' } as const;
    const listed = row({ ...summary(servers.registers), trouble }, /refused/);
    assert.deepEqual([listed.next?.page, listed.effect], ['scopes', undefined]);
    const { effect } = row({ ...summary(servers.public, 'abc'), trouble }, /refused/);
    assert.deepEqual(effect, { do: 'finish', signIn: true });
  });

  it('from what a service registers to an app of a user', () => {
    const found = withFound(
      { ...firstState, answers: { typed: issuer } },
      foundAt(servers.confidential),
      facts(),
    );
    const service = row(found, /service client/).next ?? assert.fail();
    const next = row(service, /users sign in/).next;
    assert.deepEqual([next?.page, next?.answers.isService], ['register', false]);
  });

  it('to the steps, and from there on', () => {
    const { next = assert.fail(), effect } = row(summary(servers.public), /Change client/);
    assert.equal(effect, undefined);
    const register = row(next, /client ID/).next ?? assert.fail();
    const shownSteps = row(register, /Show the steps/).next ?? assert.fail();
    assert.deepEqual(row(register, /Show the steps/).effect, { do: 'show', what: 'steps' });
    assert.equal(shownSteps.page, 'register');
    assert.ok(row(shownSteps, /Steps shown/));
  });

  describe('with a client ID metadata document', () => {
    const clientDocument = 'https://company.example/editor.json';
    const surroundings = { ...facts().surroundings, runsIn: 'local' } as const;
    const accepts = {
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    };
    const shownAt = (
      server: (typeof servers)['public'],
      more: Partial<Facts> = { clientDocument, surroundings },
    ) => {
      const typed = { ...firstState, answers: { typed: issuer } };
      const found = withFound(typed, foundAt(server), facts(more));
      const page = pageOf(found, facts(more));
      return { found, rows: page.kind === 'list' ? rowsOf(page) : assert.fail(page.kind) };
    };

    it('to the summary, without a client ID, and says so', () => {
      for (const server of [servers.public, servers.registers, servers.keycloak]) {
        const { found, rows } = shownAt({ ...server, ...accepts } as never);
        assert.deepEqual([found.page, found.answers.clientId], ['summary', undefined]);
        assert.match(
          rows[0]?.detail ?? '',
          /^Opens your browser\. The provider reads the editor’s client ID meta/,
        );
        assert.ok(rows.some(({ description }) => description === 'Use this editor’s metadata document'));
      }
    });

    it('to a client ID at a server that accepts none, doesn’t name itself, or if none is set', () => {
      assert.equal(shownAt(servers.public).found.page, 'register');
      assert.equal(shownAt({ ...servers.public, ...accepts }, {}).found.page, 'register');
      for (const name of Object.keys(accepts))
        assert.equal(shownAt({ ...servers.public, ...accepts, [name]: false }).found.page, 'register');
    });
  });

  const device = { ...servers.public, device_authorization_endpoint: `${issuer}/device` };
  const web = { ...facts().surroundings, ui: 'web', runsIn: 'remote' } as const;
  const begins: [
    more: Partial<Facts>,
    server: typeof servers.public,
    clientId: string | undefined,
    says: RegExp,
  ][] = [
    [{}, servers.public, 'abc', /^Opens your browser\.$/],
    [{}, device, 'abc', /^Opens your browser\.$/],
    [{}, servers.registers as never, undefined, /^Opens your browser\. The editor registers itself/],
    [
      { surroundings: web },
      servers.registers as never,
      undefined,
      /^Opens your browser\. The editor registers/,
    ],
    [{ surroundings: web }, device, 'abc', /^Shows a code/],
    [{ surroundings: web }, servers.public, 'abc', /^Opens your browser\. You paste/],
    [{ method: 'device-code' }, device, 'abc', /^Shows a code/],
    [{ method: 'paste' }, device, 'abc', /^Opens your browser\. You paste/],
  ];
  for (const [more, server, clientId, says] of begins)
    it(`to a sign-in that begins as the row says: ${[more.surroundings?.ui, more.method, clientId, String(says)].join(' ')}`, () => {
      const [first] = rows(summary(server, clientId), more);
      assert.match(first?.detail ?? '', says);
    });
});
