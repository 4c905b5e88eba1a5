import assert from 'node:assert/strict';
import { manualClock } from '../standIns/manualClock.ts';
import { signInCase, type SignInCase } from './signInCase.ts';

/** A clock of this computer that is wrong by so many seconds. */
const wrongBy = (seconds: number) => () => manualClock(Date.now() + seconds * 1000);

const row = 'clock hours off';
const hour = 3600;

/** By how much the clock of this computer is wrong. */
const differences: readonly [variant: string, seconds: number][] = [
  ['10 minutes ahead', 600],
  ['10 minutes behind', -600],
  ['2 hours ahead', 2 * hour],
  ['2 hours behind', -2 * hour],
  ['23 hours ahead', 23 * hour],
  ['23 hours behind', -23 * hour],
];
const notYet = { claims: (claims: Record<string, unknown>) => ({ ...claims, nbf: claims['iat'] }) };

const cases: SignInCase[] = [
  ...differences.flatMap(([variant, seconds]): SignInCase[] => [
    {
      row,
      variant,
      departure: { tokenLifetime: 300, idToken: notYet },
      clock: wrongBy(seconds),
      must: 'sign in',
      also(_, grant) {
        const { expiresAt = 0, receivedAt = 0, clockOffset = 0 } = grant?.tokens ?? {};
        assert.equal(expiresAt - receivedAt, 300, 'only its duration counts');
        assert.ok(Math.abs(clockOffset + seconds) <= 2, `the offset is known: ${clockOffset}`);
      },
    },
    {
      row,
      variant: `${variant}, and the server does not say what time it is`,
      departure: { tokenLifetime: 300, hidesTime: true, idToken: notYet },
      clock: wrongBy(seconds),
      must: ['clock-differs', /Correct this computer’s clock/],
    },
    {
      row,
      variant: `${variant}, and the token is as old by the clock of the server`,
      departure: {
        idToken: { claims: claims => ({ ...claims, exp: Number(claims['iat']) - 25 * hour }) },
      },
      clock: wrongBy(seconds),
      must: ['token-untrusted', /time has passed/],
    },
    {
      row,
      variant: `the clock of the server ${variant}, ours is right`,
      departure: { tokenLifetime: 300, clockAhead: seconds },
      must: 'sign in',
    },
    {
      row,
      variant: `what stands before the server has a clock ${variant}`,
      departure: {
        tokenLifetime: 300,
        clockAhead: seconds,
        idToken: {
          claims: ({ iat, exp, ...claims }) => ({
            ...claims,
            iat: Number(iat) - seconds,
            exp: Number(exp) - seconds,
          }),
        },
      },
      must: 'sign in',
    },
  ]),
  {
    row,
    variant: '25 hours behind',
    departure: {},
    clock: wrongBy(-25 * hour),
    must: ['clock-differs', /differ by 1500 minutes.*Correct this computer’s clock/],
  },
  {
    row,
    variant: '25 hours ahead',
    departure: { tokenLifetime: 300 },
    clock: wrongBy(25 * hour),
    must: ['clock-differs', /differ by 1500 minutes/],
  },
  {
    row,
    variant: '40 s are no matter',
    departure: { tokenLifetime: 10 },
    clock: wrongBy(40),
    must: 'sign in',
    also: (_, grant) => assert.equal(grant?.tokens.clockOffset, 0),
  },
  {
    row,
    variant: 'the clock is right, the token is from the future',
    departure: { idToken: { claims: claims => ({ ...claims, iat: Number(claims['iat']) + 3600 }) } },
    must: ['token-untrusted', /issued in the future/],
  },
];

describe('the clock', () => {
  for (const one of cases) signInCase(one);
});
