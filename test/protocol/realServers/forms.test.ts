import assert from 'node:assert/strict';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import type { Answer } from '../../servers/hostile/replies.ts';
import { asForm, asForms, deviations, nothing, wholes } from './deviations.ts';
import { answers, outcomeOf, type AskedAnswer } from './outcomes.ts';

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
