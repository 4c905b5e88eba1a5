import fc from 'fast-check';
import type { Weather } from './server.ts';

/** What may happen. Windows and grants are chosen by number among those that there are. */
export type Step =
  | { readonly do: 'open'; readonly storage: number }
  | { readonly do: 'close' | 'crash'; readonly window: number }
  | { readonly do: 'signIn'; readonly window: number; readonly account: number }
  | { readonly do: 'signOut'; readonly window: number; readonly grant: number }
  | { readonly do: 'ask'; readonly window: number; readonly grant: number; readonly narrow: number }
  | { readonly do: 'weather'; readonly weather: Weather }
  | { readonly do: 'release' | 'stall' }
  /** What is sent to a window takes this much longer from now on. */
  | { readonly do: 'slow'; readonly window: number; readonly turns: number }
  /** A window does not have what it takes to renew, or has it again. */
  | { readonly do: 'lack'; readonly window: number; readonly what: Lack }
  | { readonly do: 'storage'; readonly storage: number; readonly fails: boolean }
  | { readonly do: 'time'; readonly seconds: number }
  /** Messages and storage get on a little way: what comes next comes in the middle of something. */
  | { readonly do: 'move'; readonly turns: number }
  | { readonly do: 'rest' };

/** What keeps a window from renewing. */
export type Lack = 'nothing' | 'provider' | 'client secret';

const number = fc.nat(7);
const step = <Step extends object>(
  weight: number,
  model: { [Name in keyof Step]: fc.Arbitrary<Step[Name]> },
) => ({
  weight,
  arbitrary: fc.record(model) as fc.Arbitrary<Step>,
});
const is = <Text extends string>(text: Text) => fc.constant(text);

const lack = fc.constantFrom<Lack>('nothing', 'provider', 'client secret');

const single: fc.Arbitrary<Step> = fc.oneof(
  step(3, { do: is('open'), storage: number }),
  step(1, { do: is('close'), window: number }),
  step(2, { do: is('crash'), window: number }),
  step(3, { do: is('signIn'), window: number, account: fc.nat(2) }),
  step(1, { do: is('signOut'), window: number, grant: number }),
  step(4, { do: is('ask'), window: number, grant: number, narrow: fc.nat(4) }),
  step(2, {
    do: is('weather'),
    weather: fc.constantFrom<Weather>(
      'fine',
      'fine',
      'unreachable',
      'answers get lost',
      'server error',
      'answers are late',
      'answers are flawed',
      'keys are lost',
    ),
  }),
  step(1, { do: is('release') }),
  step(1, { do: is('stall') }),
  step(1, { do: is('slow'), window: number, turns: fc.constantFrom(0, 5, 40, 1000) }),
  step(1, { do: is('storage'), storage: number, fails: fc.boolean() }),
  step(1, { do: is('lack'), window: number, what: lack }),
  step(4, { do: is('time'), seconds: fc.constantFrom(1, 30, 600, 3300, 4000) }),
  step(3, { do: is('move'), turns: fc.integer({ min: 1, max: 12 }) }),
  step(5, { do: is('rest') }),
);

/** The leader is the first that came. */
const likelyLeader = fc.constantFrom(0, 0, 0, 1, 2);
const asking: fc.Arbitrary<Step> = fc.record({
  do: is('ask'),
  window: number,
  grant: number,
  narrow: fc.nat(4),
});
const moving: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: is('move'), turns: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('time'), seconds: fc.constant(1) }) },
);
const upset: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: is('stall') }),
  fc.record({ do: is('crash'), window: likelyLeader }),
  fc.record({ do: is('close'), window: likelyLeader }),
  fc.record({ do: is('signOut'), window: number, grant: number }),
  fc.record({ do: is('storage'), storage: number, fails: fc.constant(true) }),
  asking,
);

/** What random steps seldom are: something goes wrong in the middle of a request, and somebody asks right after. */
const trouble: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(fc.record({ do: is('slow'), window: number, turns: fc.constantFrom(0, 5, 40, 1000) }), {
      maxLength: 1,
    }),
    fc.constantFrom<Weather[]>(
      [],
      ['answers are late'],
      ['answers are flawed'],
      ['keys are lost'],
      ['unreachable', 'fine'],
    ),
    fc.array(fc.tuple(fc.oneof(asking, upset), moving), { minLength: 1, maxLength: 3 }),
    upset,
    fc.array(fc.oneof(asking, moving), { maxLength: 3 }),
  )
  .map(([slow, weathers, begin, then, after]) => [
    ...slow,
    // Without a network the access tokens end.
    ...weathers.flatMap((weather): Step[] => [
      { do: 'weather', weather },
      ...(weather === 'unreachable' ? [{ do: 'time', seconds: 4000 } as const] : []),
    ]),
    ...begin.flat(),
    then,
    ...after,
  ]);

/** The leader cannot renew what others ask it for, while it may be busy with something else. */
const lacking: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.constantFrom<Weather>('fine', 'fine', 'answers are late'),
    fc.array(fc.tuple(asking, moving), { maxLength: 1 }),
    fc.array(fc.record({ do: is('lack'), window: likelyLeader, what: lack }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.oneof({ weight: 4, arbitrary: asking }, { weight: 1, arbitrary: upset }), moving), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([weather, before, lacks, after]) => [
    ...lacks,
    { do: 'time', seconds: 4000 },
    { do: 'weather', weather },
    ...before.flat(),
    ...after.flat(),
  ]);

/** Random histories. */
export const histories: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: single.map(one => [one]) },
      { weight: 2, arbitrary: trouble },
      { weight: 1, arbitrary: lacking },
    ),
    { minLength: 5, maxLength: 40 },
  )
  .map(parts => parts.flat());
