import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { filled } from '../../src/platform/shown.ts';
import { Failure, type FailureCode, failures } from '../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { describeFinds, findSecrets } from '../canaries/canaries.ts';
import { signInTrial, type BrowserBehaviour, type SignInTrial } from '../protocol/signingIn.ts';
import type { Departure } from '../servers/hostile/departure.ts';
import { startHostileServer, type HostileServer } from '../servers/hostile/server.ts';

/** A server and somebody who signs in there. */
export interface Trial extends SignInTrial {
  readonly server: HostileServer;
}

type TrialOptions = NonNullable<Parameters<typeof signInTrial>[0]>;

/** What the browser does: it follows the address to where the server sends it. Nobody is asked for anything. */
export async function visit(address: string): Promise<URL> {
  const response = await fetch(address, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null)
    throw new Error(`The server did not send the browser back: ${await response.text()}`);
  return new URL(location, address);
}

export const browser: BrowserBehaviour = async (address, deliver) => deliver(await visit(address));

/**
 * Runs something against a server of its own. Whatever comes of it, nothing secret may be in the log or in
 * what the person was told, and the client must have kept to the rules.
 */
export async function withTrial<T>(
  departure: Departure,
  run: (trial: Trial) => Promise<T>,
  options: TrialOptions = {},
): Promise<T> {
  const server = await startHostileServer(departure);
  const trial = { ...signInTrial({ browser, ...options }), server };
  try {
    const result = await run(trial);
    assert.deepEqual(server.violations, []);
    assertNoSecrets(trial, [{ where: 'the log', text: trial.log.text() }]);
    assertNoSecrets(trial, [{ where: 'what the person was told', text: trial.told.join('\n') }]);
    return result;
  } finally {
    await server.close();
  }
}

export function assertNoSecrets({ server }: Trial, texts: { where: string; text: string }[]): void {
  assert.equal(describeFinds(findSecrets(server.secrets, texts)), '');
}

/** Everything that can be seen of an error: message, stack, what a debugger and JSON show. */
const visible = (error: unknown): string =>
  [
    String(error),
    error instanceof Error ? (error.stack ?? '') : '',
    inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity }),
    JSON.stringify(error),
  ].join('\n');

/** The failure that a promise ends with. It must be one of ours and hold nothing secret. */
export async function failureOf(trial: Trial, promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Failure, `not a Failure: ${visible(error)}`);
    assertNoSecrets(trial, [{ where: 'the failure', text: visible(error) }]);
    return error;
  }
  assert.fail('it was accepted');
}

/** Asserts a failure's code, and what its message says. */
export function assertFailure(failure: Failure, code: FailureCode, says: RegExp): string {
  assert.equal(failure.code, code, failure.message);
  assert.match(failure.message, says);
  return `refused (${code}): ${filled(failures[code].what, failure.details)}`;
}

export const signIn = (trial: Trial, definition: Partial<ProviderDefinition> = {}): Promise<Grant> =>
  trial.signIn(trial.provider({ issuer: trial.server.issuer, ...definition }));
