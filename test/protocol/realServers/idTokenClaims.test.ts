import assert from 'node:assert/strict';
import type { ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import type { Departure, Json, SigningDeparture } from '../../servers/hostile/departure.ts';
import { answers, outcomeOf, type AskedAnswer } from './outcomes.ts';

/** What a claim of another type must come to: it is refused, or it is the same as this value. */
type Meaning = 'refused' | { readonly as: unknown };

const absent: Meaning = { as: undefined };
const same = (value: unknown): Meaning => ({ as: value });

/** Every type that JSON has, and texts that look like one of them. */
const written: readonly unknown[] = [
  ...[null, '', '  ', 'x', 'editor', '7', '1700000000', '1700000000.0', 'true', 'False', '{}'],
  ...[0, 1, -1, 7, 1.5, 1_700_000_000, 9_999_999_999, 1e300, true, false],
  ...[[], [null], [7], ['x', 7], ['editor'], ['editor', 'editor'], ['editor', 7], [['editor']]],
  ...[{}, { value: 'x' }, { editor: 'editor' }],
];

const isNothing = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');

const digits = (value: unknown): unknown =>
  typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;

/** A claim that a sign-in can do without, and is read for what it means. */
const dispensable =
  (read: (value: unknown) => unknown) =>
  (value: unknown): Meaning =>
    isNothing(value) ? absent : same(read(value));

const text = dispensable(digits);
const flag = dispensable(value => {
  const spelling = String(value).toLowerCase();
  if (typeof value === 'object') return undefined;
  return ['true', '1'].includes(spelling) ? true : ['false', '0'].includes(spelling) ? false : undefined;
});
const list = dispensable(value => {
  if (typeof value === 'string') return value.split(/[\s,]+/);
  const texts = Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined;
  return texts && (texts.length > 0 || (value as unknown[]).length === 0) ? texts : undefined;
});

/** What each claim means to a client. */
const meaningsTo = (client: string): Readonly<Record<string, (value: unknown, now: number) => Meaning>> => ({
  // Safety: refused, whatever it could have meant.
  iss: () => 'refused',
  nonce: () => 'refused',
  at_hash: value => (value === null || value === '' ? absent : 'refused'),
  exp: (value, now) => (typeof value === 'number' && value > now ? same(value) : 'refused'),
  iat: (value, now) => (typeof value === 'number' && value <= now ? same(value) : 'refused'),
  nbf: (value, now) => (typeof value === 'number' && value <= now ? same(value) : 'refused'),
  aud: value =>
    value === client || (Array.isArray(value) && value.length === 1 && value[0] === client)
      ? same(client)
      : 'refused',
  // The digits of a number are the same client, or the same user.
  azp: value => {
    if (value === null || value === '') return absent;
    return digits(value) === client ? same(client) : 'refused';
  },
  sub: value => (typeof digits(value) === 'string' && !isNothing(value) ? same(digits(value)) : 'refused'),
  // Everything else is read, or left out.
  auth_time: value => {
    const time = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    return typeof time === 'number' && time >= 0 ? same(time) : absent;
  },
  acr: text,
  amr: list,
  preferred_username: text,
  email_verified: flag,
  phone_number_verified: flag,
  ...Object.fromEntries(
    ['name', 'groups', 'sid', 'jti', 'c_hash', 'tid', 'https://x.example'].map(name => [name, same]),
  ),
});

const having = (name: string, value: unknown): Departure => ({
  idToken: {
    claims: ({ [name]: _, ...rest }) => ({
      ...rest,
      ...(value !== undefined && { [name]: value }),
      // Another user has no more to say than this one.
      ...(name === 'sub' && { preferred_username: 'somebody' }),
    }),
  },
  // A different user is the same one everywhere.
  ...(name === 'sub' && {
    userInfo: claims => ({ ...claims, sub: value }),
    replies: {
      introspect: answer => ({
        ...answer,
        body: JSON.stringify({ ...(JSON.parse(String(answer.body)) as Json), sub: value }),
      }),
    },
  }),
});

const isRefused = (outcome: unknown): boolean => (outcome as Json | null)?.['failed'] === 'token-untrusted';

const signingInAs = (
  clientId: string,
  settings: Partial<ProviderDefinition> = {},
): Pick<AskedAnswer, 'run'> => ({
  async run(trial, begin) {
    begin();
    const provider = trial.provider({ issuer: trial.server.issuer, clientId, ...settings });
    const { account, claims, grantedScopes } = await trial.signIn(provider);
    return { account, claims, grantedScopes };
  },
});

/** Whoever judges an ID token. At a refresh a wrong one is left out, as the user is known. */
const judges: Readonly<
  Record<string, { readonly asked: Pick<AskedAnswer, 'run'>; readonly client: string }>
> = {
  'code exchange': { asked: signingInAs('editor'), client: 'editor' },
  'code exchange of a client that is called 7': { asked: signingInAs('7'), client: '7' },
  'device token': { asked: answers['device token'] as AskedAnswer, client: 'editor' },
};

/** Where a token has no browser to come back to, it has no nonce, and its user is looked at later. */
const isLater = (judge: string, name: string, value: unknown): boolean =>
  judge === 'device token' && (name === 'nonce' || (name === 'sub' && isNothing(value) && value !== null));

describe('a claim of an ID token that has another type', () => {
  for (const [judge, { asked, client }] of Object.entries(judges)) {
    describe(judge, () => {
      for (const [name, meaning] of Object.entries(meaningsTo(client))) {
        it(name, async () => {
          for (const value of written.filter(one => !isLater(judge, name, one))) {
            const told = `${name}: ${JSON.stringify(value)}`;
            const found = await outcomeOf(asked, having(name, value));
            const meant = meaning(value, Date.now() / 1000);
            if (meant === 'refused') {
              assert.ok(isRefused(found.outcome), `${told} is refused: ${JSON.stringify(found.outcome)}`);
              continue;
            }
            const usual = await outcomeOf(asked, having(name, meant.as));
            assert.deepEqual(found.outcome, usual.outcome, told);
            assert.ok(!isRefused(found.outcome), told);
            if (JSON.stringify(meant.as) === JSON.stringify(value) || isUsual(name, value)) continue;
            const noted = found.blemishes.some(blemish => blemish.endsWith(` ${name}`));
            assert.ok(noted, `${told} is told: ${found.blemishes.join()}`);
          }
        });
      }
    });
  }
});

describe('an ID token whose claims are read for what they mean', () => {
  const asked = signingInAs('editor');
  const odd = { auth_time: '1700000000', email_verified: 'true', amr: 'pwd otp', acr: 1 };
  const signing = (departure: SigningDeparture, claims: Json = odd): Departure => ({
    idToken: { claims: right => ({ ...right, ...claims }), ...departure },
  });

  it('has them in the grant', async () => {
    const { outcome } = await outcomeOf(asked, signing({}));
    assert.deepEqual((outcome as { claims: Json }).claims, {
      sub: 'alice-1',
      preferred_username: 'alice',
      acr: '1',
      amr: ['pwd', 'otp'],
      auth_time: 1_700_000_000,
      email_verified: true,
    });
  });

  it('still needs the signature of the server, over what was sent', async () => {
    const changed = (jwt: string): string => {
      const [header, payload = '', signature] = jwt.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
      const other = JSON.stringify({ ...claims, auth_time: 1_700_000_000, acr: 'high' });
      return [header, Buffer.from(other).toString('base64url'), signature].join('.');
    };
    const numbered = { sub: 7, auth_time: 'yesterday' };
    for (const claims of [odd, numbered])
      for (const departure of [
        { key: 'stranger' },
        { key: 'none' },
        { token: changed },
        { token: (jwt: string) => `${jwt.split('.').slice(0, 2).join('.')}.` },
      ] as const)
        assert.ok(isRefused((await outcomeOf(asked, signing(departure, claims))).outcome));
  });

  it('is judged by the clock of the server, too', async () => {
    const server = { clockAhead: -7200 };
    const usual = await outcomeOf(asked, { ...signing({}, { auth_time: 1_700_000_000 }), ...server });
    const found = await outcomeOf(asked, { ...signing({}, { auth_time: '1700000000' }), ...server });
    assert.ok(!isRefused(found.outcome));
    assert.deepEqual(found.outcome, usual.outcome);
  });

  it('needs a time of the sign-in where one was asked for', async () => {
    const recent = (time: unknown) =>
      outcomeOf(signingInAs('editor', { maxAge: 60 }), signing({}, { auth_time: time }));
    const now = Math.floor(Date.now() / 1000);
    for (const time of [now, String(now)]) assert.ok(!isRefused((await recent(time)).outcome), String(time));
    for (const time of [undefined, null, '', 'now', -1, now - 7200, String(now - 7200)])
      assert.ok(isRefused((await recent(time)).outcome), String(time));
  });
});

/** A list of one audience is another form of the standard. Empty claims are left alone that are compared here. */
const isUsual = (name: string, value: unknown): boolean =>
  (name === 'aud' && Array.isArray(value) && value.length === 1) ||
  (['azp', 'at_hash'].includes(name) && isNothing(value));
