/**
 * Starts a built extension and prints what that costs as JSON; with a number of grants, also an answer and a refresh, each time
 * that a line arrives. `node costWorker.ts <file> [grants]`
 */
import { createInterface } from 'node:readline';
import { threadTime } from '../figures.ts';
import { askedScopes, definition, storedGrants } from '../measures/storedGrants.ts';
import { startBuilt } from './builtExtension.ts';

export interface StartCost {
  /** Milliseconds of the thread's processor time. */
  readonly start: number;
}

/** Microseconds of the thread's processor time for one call. */
export interface CallCost {
  readonly answer: number;
  /** For the sessions of all scopes. */
  readonly all: number;
  readonly refresh: number;
}

const [main = '', grants] = process.argv.slice(2);
const { issuer } = definition;
const endpoints = { authorization: `${issuer}/authorize`, token: `${issuer}/token` };

let tokens = 0;
/** A server that answers at once, and never twice the same. */
globalThis.fetch = () => {
  const token = (kind: string): string => `${kind}-${++tokens}-`.padEnd(1200, 'abcdefghij');
  const body = { access_token: token('access'), refresh_token: token('refresh'), expires_in: 3600 };
  return Promise.resolve(Response.json({ ...body, token_type: 'Bearer' }));
};
/** The time of day. An hour passes when the benchmark says so, and no timer notices. */
let ahead = 0;
const { now } = Date;
Date.now = () => now() + ahead;

const extension = await startBuilt(main, storedGrants(Number(grants ?? 1)).values, {
  ...definition,
  discovery: false,
  endpoints,
});
console.log(JSON.stringify({ start: extension.load + extension.activate } satisfies StartCost));

const session = async (): Promise<string | undefined> => {
  const [found] = await extension.provider().getSessions(askedScopes, {});
  return found?.accessToken;
};

async function answers(calls: number, scopes: readonly string[] | undefined): Promise<number> {
  const start = threadTime();
  for (let call = 0; call < calls; call++) await extension.provider().getSessions(scopes, {});
  return ((threadTime() - start) * 1000) / calls;
}

async function refreshes(calls: number): Promise<number> {
  let before = await session();
  const start = threadTime();
  for (let call = 0; call < calls; call++) {
    ahead += 3_601_000;
    const after = await session();
    if (after === undefined || after === before) throw new Error('The token was not refreshed');
    before = after;
  }
  return ((threadTime() - start) * 1000) / calls;
}

async function costs(calls: number): Promise<CallCost> {
  const answer = await answers(calls, askedScopes);
  const all = await answers(calls, undefined);
  return { answer, all, refresh: await refreshes(calls / 10) };
}

if (grants !== undefined) {
  await costs(5000);
  for await (const _ of createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await costs(2000)));
}
await extension.deactivate();
process.exit();
