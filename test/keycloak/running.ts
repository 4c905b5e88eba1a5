import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import type { SignInControl } from '../../src/signIn/signIn.ts';
import { signInTrial, type BrowserBehaviour, type SignInTrial } from '../protocol/signingIn.ts';
import { startKeycloak, type Keycloak } from './program.ts';
import { signInAtKeycloak, type Visit } from './person.ts';

let started: Promise<Keycloak> | undefined;

/** The Keycloak that all tests of this process share: it takes long to start. */
export const keycloak = (): Promise<Keycloak> => (started ??= startKeycloak());

// Imported by test files only, which Mocha loads: this ends Keycloak after the last of them.
after(async () => {
  await (await started)?.close();
});

/** Starting Keycloak for the first time takes long, in milliseconds. */
export const timeout = 400_000;

/** Somebody who signs in with the browser that an editor opens. */
export const personAt =
  (visit: Visit): BrowserBehaviour =>
  async (address, deliver) => {
    const end = await signInAtKeycloak(address, visit);
    // A browser visits what is on this computer; the system hands anything else to the editor.
    if (end.protocol === 'http:') await (await fetch(end)).arrayBuffer();
    else deliver(end);
  };

type TrialOptions = NonNullable<Parameters<typeof signInTrial>[0]>;

export interface KeycloakTrial extends SignInTrial {
  readonly keycloak: Keycloak;
  /** A provider that is Keycloak, for this client; `''` for none. */
  at(clientId: string, definition?: Partial<ProviderDefinition>): Provider;
}

/** Somebody in front of an editor, by default Alice, and Keycloak. */
export async function keycloakTrial(options: TrialOptions & { visit?: Visit } = {}): Promise<KeycloakTrial> {
  const server = await keycloak();
  const { visit = { username: 'alice' }, ...rest } = options;
  const trial = signInTrial({ browser: personAt(visit), ...rest });
  return {
    ...trial,
    keycloak: server,
    at: (clientId, definition = {}) => trial.provider({ issuer: server.issuer, clientId, ...definition }),
  };
}

/** The redirect URI of clients of the profiles for FAPI 2.0, which shows the response. */
export const shown = 'https://company.example/shown';

/** Alice, who pastes the URL that she ends on. */
export async function pastingTrial(
  options: Parameters<typeof keycloakTrial>[0] = {},
): Promise<{ readonly trial: KeycloakTrial; signIn(provider: Provider): Promise<Grant> }> {
  let control: SignInControl | undefined;
  const trial = await keycloakTrial({
    ...options,
    method: 'paste',
    async browser(address) {
      const end = await signInAtKeycloak(address, { username: 'alice' });
      assert.equal(control?.paste(end.href), undefined);
    },
  });
  return {
    trial,
    signIn: provider => trial.signIn(provider, { onPlan: (_plan, given) => (control = given) }),
  };
}

export const failsWith =
  (code: FailureCode, says = /./) =>
  (error: unknown): true => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  };
