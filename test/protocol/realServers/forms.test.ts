import assert from 'node:assert/strict';
import type { Form } from '../../../src/protocol/http/forms.ts';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import type { Answer } from '../../servers/hostile/replies.ts';
import { answers, outcomeOf, type AskedAnswer } from './outcomes.ts';

/** A value in another form than the standards have, and the one that it can only mean. */
interface Deviation {
  readonly check: string;
  readonly sent: unknown;
  /** Undefined: it stands for nothing. */
  readonly means: unknown;
}

const nothing: readonly Deviation[] = [null, '', '  '].map(sent => ({
  check: 'form.empty',
  sent,
  means: undefined,
}));

/** The deviations of a member with this value, which is right. */
const deviations: Readonly<Record<Form, (right: unknown) => readonly Deviation[]>> = {
  exact: () => [],
  text: right => (/^[1-9]\d{0,14}$/.test(String(right)) ? [as('text', Number(right), right)] : []),
  number: (right = 300) => [
    as('number', String(right), right),
    as('number', `${String(right)}.0`, right),
    as('unreadable', 'soon', undefined),
    as('unreadable', {}, undefined),
  ],
  flag: (right = true) => [
    as('flag', String(right), right),
    as('flag', Number(right), right),
    as('flag', right === true ? 'True' : 'FALSE', right),
    as('unreadable', 'perhaps', undefined),
  ],
  words: (right = 'openid profile') => [
    as('words', String(right).split(' '), right),
    ...(String(right).includes(' ') ? [as('words', String(right).replaceAll(' ', ','), right)] : []),
    as('unreadable', 7, undefined),
  ],
  list: (right = ['openid', 'S256', 'none']) => [
    as('list', (right as string[]).join(' '), right),
    as('list', (right as string[]).join(','), right),
    as('list', [...(right as string[]), 7, null], right),
    as('unreadable', 7, undefined),
  ],
};

function as(form: Form | 'unreadable', sent: unknown, means: unknown): Deviation {
  return { check: `form.${form}`, sent, means };
}

/** Members that count although they are none of JSON's usual ones: nothing is read into them. */
const strict: readonly string[] = ['error'];

/** Answers with a member changed. */
function changing(
  { endpoint, inside = body => body }: AskedAnswer,
  member: string,
  value: unknown,
): Departure {
  return {
    replies: {
      [endpoint]: (right: Answer): Answer => {
        if (right.status >= 400) return right;
        const body = JSON.parse(String(right.body)) as Json;
        const members = inside(body);
        if (value === undefined) delete members[member];
        else members[member] = value;
        return { ...right, body: JSON.stringify(body) };
      },
    },
  };
}

/** What the right answer says, so that deviations are made of it. */
async function rightMembers(asked: AskedAnswer): Promise<Json> {
  let members: Json = {};
  const departure: Departure = {
    replies: {
      [asked.endpoint]: (right: Answer) => {
        if (right.status < 400)
          members = (asked.inside ?? (body => body))(JSON.parse(String(right.body)) as Json);
        return right;
      },
    },
  };
  await outcomeOf(asked, departure);
  return members;
}

/** The whole answer in another form. The right one is JSON with the status of a success. */
const wholes: Readonly<Record<string, { readonly check?: string; change(right: Answer): Answer }>> = {
  'the status 201': { change: right => ({ ...right, status: 201 }) },
  'the status 202': { change: right => ({ ...right, status: 202 }) },
  'a byte order mark': { change: right => ({ ...right, body: `\uFEFF${String(right.body)}` }) },
  'white space around': { change: right => ({ ...right, body: `\r\n ${String(right.body)}\r\n` }) },
  'a charset': { change: right => said(right, 'application/json; charset=UTF-8') },
  'a media type of its own': { change: right => said(right, 'application/vnd.company+json') },
  'text/plain': { change: right => said(right, 'text/plain') },
  'text/html': { change: right => said(right, 'text/html; charset=utf-8') },
  'no media type': { change: right => said(right, '') },
};

/** Endpoints that answer the form of a client, as GitHub does with another form. */
const asForms: ReadonlySet<string> = new Set(['token', 'device', 'pushed']);

const asForm = (right: Answer, mediaType: string): Answer => ({
  ...said(right, mediaType),
  body: new URLSearchParams(
    Object.entries(JSON.parse(String(right.body)) as Json).map(([name, value]) => [name, String(value)]),
  ).toString(),
});

const said = (right: Answer, mediaType: string): Answer => ({
  ...right,
  headers: mediaType === '' ? {} : { 'content-type': mediaType },
});

describe('a server that writes', () => {
  for (const [name, asked] of Object.entries(answers)) {
    describe(name, () => {
      let right: Json;
      before(async () => {
        right = await rightMembers(asked);
        assert.ok(Object.keys(right).length > 0, 'the endpoint is asked');
      });

      for (const [member, form] of Object.entries(asked.forms)) {
        if (strict.includes(member)) continue;
        it(`${member} in another form of ${form}`, async () => {
          for (const { check, sent, means } of [...nothing, ...deviations[form](right[member])]) {
            const told = `${member}: ${JSON.stringify(sent)}`;
            const meant = await outcomeOf(asked, changing(asked, member, means));
            const found = await outcomeOf(asked, changing(asked, member, sent));
            assert.deepEqual(found.outcome, meant.outcome, told);
            assert.ok(found.blemishes.includes(`${check} ${member}`), `${told}: ${found.blemishes.join()}`);
            const logged = found.log
              .split('\n')
              .filter(line => line.endsWith(`check=${check} member=${member}`));
            assert.equal(logged.length, 1, told);
          }
        });
      }

      if (asForms.has(asked.endpoint)) {
        for (const mediaType of ['application/x-www-form-urlencoded; charset=utf-8', 'text/plain']) {
          it(`as a form (${mediaType})`, async () => {
            const usual = await outcomeOf(asked, {});
            const departure = {
              replies: { [asked.endpoint]: (answer: Answer) => asForm(answer, mediaType) },
            };
            const found = await outcomeOf(asked, departure);
            assert.deepEqual(found.outcome, usual.outcome);
            assert.ok(found.blemishes.includes('form.encoded content-type'));
          });
        }
      }

      for (const [whole, { change }] of Object.entries(wholes)) {
        it(`with ${whole}`, async () => {
          const usual = await outcomeOf(asked, {});
          const departure = { replies: { [asked.endpoint]: (answer: Answer) => change(answer) } };
          assert.deepEqual((await outcomeOf(asked, departure)).outcome, usual.outcome);
        });
      }
    });
  }
});
