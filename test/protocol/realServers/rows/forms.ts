import { isDeepStrictEqual } from 'node:util';
import type { Forms } from '../../../../src/protocol/http/forms.ts';
import type { Endpoint, Json } from '../../../servers/hostile/departure.ts';
import type { Answer } from '../../../servers/hostile/replies.ts';
import { asForm, asForms, deviations, nothing, wholes } from '../deviations.ts';
import { answers } from '../outcomes.ts';
import { pushing, signsIn, unregistered, type ServerRow } from './row.ts';

interface Asked {
  readonly forms: Forms;
  readonly inside: (body: Json) => Json;
}

/** All endpoints whose answers are read. */
const endpoints = new Map<Endpoint, Asked>(
  Object.values(answers).map(({ endpoint, forms, inside = body => body }) => [endpoint, { forms, inside }]),
);

/** Changes the answers of all endpoints that succeed. */
const everywhere = (
  name: string,
  does: string,
  change: (right: Answer, endpoint: Endpoint, asked: Asked) => Answer,
): ServerRow => ({
  name,
  server: 'any',
  does: `${does}, at every endpoint`,
  departure: {
    ...pushing,
    idToken: { claims: ({ preferred_username: _, ...rest }) => rest },
    replies: Object.fromEntries(
      [...endpoints].map(([endpoint, asked]) => [
        endpoint,
        (right: Answer) => (right.status < 400 ? change(right, endpoint, asked) : right),
      ]),
    ),
  },
  run: signsIn(unregistered),
});

const changing =
  (change: (members: Json, forms: Forms) => void) =>
  (right: Answer, _: Endpoint, { forms, inside }: Asked): Answer => {
    const body = JSON.parse(String(right.body)) as Json;
    change(inside(body), forms);
    return { ...right, body: JSON.stringify(body) };
  };

/** The most ways there are to write a member otherwise. */
const mostWays = 4;

/** What a server writes in another form than the standards have, and only one meaning is possible. */
export const formsRows: readonly ServerRow[] = [
  ...nothing.map(({ sent }, at) =>
    everywhere(
      `members-absent-${at + 1}`,
      `writes ${JSON.stringify(sent)} for what is absent`,
      changing((members, forms) => {
        for (const member of Object.keys(forms)) members[member] ??= sent;
      }),
    ),
  ),
  ...Array.from({ length: mostWays }, (_, way) =>
    everywhere(
      `members-other-${way + 1}`,
      `writes members in other forms (${way + 1})`,
      changing((members, forms) => {
        for (const [member, form] of Object.entries(forms)) {
          const right = members[member];
          if (right === undefined) continue;
          const same = deviations[form](right).filter(({ means }) => isDeepStrictEqual(means, right));
          const chosen = same[way % same.length];
          if (chosen) members[member] = chosen.sent;
        }
      }),
    ),
  ),
  ...Object.entries(wholes).map(([whole, { change }]) =>
    everywhere(`whole-${whole.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`, `answers with ${whole}`, change),
  ),
  ...['application/x-www-form-urlencoded', 'text/plain'].map(mediaType =>
    everywhere(
      `encoded-as-${mediaType.split('/')[1] ?? ''}`,
      `answers in the form of a client (${mediaType})`,
      (right, endpoint) => (asForms.has(endpoint) ? asForm(right, mediaType) : right),
    ),
  ),
];
