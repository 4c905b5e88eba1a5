import assert from 'node:assert/strict';
import { manualClock } from '../standIns/manualClock.ts';
import { signInCase, type SignInCase } from './trial.ts';

/** A clock of this computer that is wrong by so many seconds. */
const wrongBy = (seconds: number) => () => manualClock(Date.now() + seconds * 1000);

const cases: SignInCase[] = [
  {
    row: 'clock 10 minutes off',
    variant: 'ahead',
    departure: { tokenLifetime: 300 },
    clock: wrongBy(600),
    must: ['clock-differs', /differ by 10 minutes.*Set the clock of this computer/],
  },
  {
    row: 'clock 10 minutes off',
    variant: 'behind',
    departure: {},
    clock: wrongBy(-600),
    must: ['clock-differs', /differ by 10 minutes/],
  },
  {
    row: 'clock 10 minutes off',
    variant: 'behind, and the token not valid before its issue',
    departure: { idToken: { claims: claims => ({ ...claims, nbf: claims['iat'] }) } },
    clock: wrongBy(-600),
    must: ['clock-differs', /differ by 10 minutes/],
  },
  {
    row: 'clock 10 minutes off',
    variant: 'ahead, with a token that lives longer',
    departure: { tokenLifetime: 3600 },
    clock: wrongBy(600),
    must: 'sign in',
    also: (_, grant) => assert.ok((grant?.tokens.expiresAt ?? 0) > (grant?.tokens.receivedAt ?? 0)),
  },
  {
    row: 'clock 10 minutes off',
    variant: '40 s are no matter',
    departure: { tokenLifetime: 10 },
    clock: wrongBy(40),
    must: 'sign in',
  },
  {
    row: 'clock 10 minutes off',
    variant: 'the clock is right, the token is from the future',
    departure: { idToken: { claims: claims => ({ ...claims, iat: Number(claims['iat']) + 3600 }) } },
    must: ['token-untrusted', /issued in the future/],
  },
];

describe('the clock', () => {
  for (const one of cases) signInCase(one);
});
