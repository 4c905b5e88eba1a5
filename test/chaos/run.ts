/**
 * `npm run chaos -- --rounds N`: the leader is killed, or stopped, N times at each point, in turn with a shared and with
 * separate secret storages, at a server that rotates refresh tokens and forgives nothing. Ends with a table and the
 * line `N passed, N failed`, counted in rounds and the storm.
 */
import { parseArgs } from 'node:util';
import { startFaultyIdentityProvider } from '../servers/faultProxy.ts';
import { countLine } from '../runner/count.ts';
import { answerLost, points, startChaos, type Outcome } from './rounds.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    point: { type: 'string' },
    'no-rotation': { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('How many rounds? Give a whole number');

const server = await startFaultyIdentityProvider({ rotateRefreshToken: !values['no-rotation'] });
const outcomes: Outcome[] = [];
for (const storage of ['shared', 'separate'] as const) {
  const count = storage === 'shared' ? Math.ceil(rounds / 2) : Math.floor(rounds / 2);
  const chaos = startChaos(server, storage);
  try {
    for (const point of points.filter(candidate => (values.point ?? candidate) === candidate)) {
      process.stderr.write(`${storage} storage: ${point}, ${count} rounds\n`);
      for (let round = 0; round < count; round++) outcomes.push(await chaos.round(point));
    }
  } finally {
    await chaos.end();
  }
}
const { tokenRequests, answered, milliseconds } = await storm(server);
await server.close();

const row = (cells: readonly (string | number)[]) =>
  console.log(
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(40) : String(cell).padStart(12))).join(''),
  );
row(['point', 'rounds', 'lost', 'sent twice', 'median ms', 'worst ms']);
for (const point of points) {
  const of = outcomes.filter(outcome => outcome.point === point);
  const times = of.map(outcome => Math.round(outcome.milliseconds)).sort((a, b) => a - b);
  if (of.length === 0) continue;
  row([
    point,
    of.length,
    of.filter(outcome => outcome.lost).length,
    // Without rotation it is the same token with every refresh.
    values['no-rotation'] ? '—' : of.reduce((sum, outcome) => sum + outcome.sentTwice, 0),
    times[Math.floor(times.length / 2)] ?? 0,
    times.at(-1) ?? 0,
  ]);
}
console.log(
  `\nStorm: ${answered} callers in 8 processes, ${tokenRequests} token request, ${Math.round(milliseconds)} ms`,
);
/** Whether a round ended as it must. Without rotation no answer that is lost costs anything. */
const isRight = ({ point, lost, sentTwice }: Outcome): boolean =>
  values['no-rotation'] ? !lost : lost === answerLost.has(point) && sentTwice === Number(lost);
const ended = [...outcomes.map(isRight), tokenRequests === 1 && answered === 8000];
const failed = ended.filter(right => !right).length;
console.log(countLine({ passed: ended.length - failed, failed }));
process.exitCode = failed > 0 ? 1 : 0;
