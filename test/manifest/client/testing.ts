/**
 * As much of `vscode` as signing in takes, for tests of an extension without an editor, an identity provider or a network.
 * Let `vscode` resolve to this module; {@link editor} is what your tests decide.
 */
import type * as vscode from 'vscode';

export class Disposable {
  readonly #dispose: () => unknown;
  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }
  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const each of all) each.dispose();
    });
  }
  dispose(): void {
    this.#dispose();
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(event: T) => unknown>();
  readonly event = (listener: (event: T) => unknown): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };
  fire(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export interface TestPerson {
  readonly id: string;
  readonly label: string;
  /** What `describeSession` tells. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

interface SignIn {
  readonly providerId: string;
  readonly person: TestPerson;
  scopes: readonly string[];
  isAllowed: boolean;
  token: string;
  /** In milliseconds. */
  receivedAt: number;
  endsAt: number;
}

type Request = readonly string[] | { wwwAuthenticate: string; fallbackScopes?: readonly string[] };
type Options = vscode.AuthenticationGetSessionOptions;

const alice: TestPerson = { id: 'alice', label: 'alice' };
const changes = new EventEmitter<vscode.AuthenticationSessionsChangeEvent>();
let signIns: SignIn[] = [];
let passed = 0;
let tokens = 0;
/** The providers that somebody was asked to sign in to. */
const asked = new Set<string>();

const changed = (id: string): void => changes.fire({ provider: { id, label: id } });
const covers = (signIn: SignIn, scopes: readonly string[]): boolean =>
  scopes.every(scope => signIn.scopes.includes(scope));

function withNewToken(signIn: SignIn): void {
  signIn.token = `token-${++tokens}`;
  signIn.receivedAt = editor.now();
  signIn.endsAt = signIn.receivedAt + editor.lifetime * 1000;
}

/** What a test decides, and what it can look at. */
export const editor = {
  /** Who signs in when they are asked; undefined: they say no. */
  person: alice as TestPerson | undefined,
  /** Of each token, in seconds. It is renewed when a tenth of that is left. */
  lifetime: 3600,
  /** What the person was asked, as `provider scope scope`. */
  questions: [] as string[],
  /** In milliseconds since the epoch: `Date.now()`, and what {@link editor.advance} has added. */
  now: (): number => Date.now() + passed,
  /** Lets time pass for the tokens: what is due is renewed, and the extension is told. */
  advance(seconds: number): void {
    passed += seconds * 1000;
    for (const signIn of signIns) {
      if (signIn.endsAt - editor.now() > editor.lifetime * 100) continue;
      withNewToken(signIn);
      changed(signIn.providerId);
    }
  },
  /** Somebody has signed in, and allowed your extension to use the account. */
  signIn(providerId: string, scopes: readonly string[], who?: TestPerson): void {
    const person = who ?? editor.person ?? alice;
    const known = signIns.find(one => one.providerId === providerId && one.person.id === person.id);
    const signIn = known ?? {
      providerId,
      person,
      scopes,
      isAllowed: true,
      token: '',
      receivedAt: 0,
      endsAt: 0,
    };
    signIn.scopes = [...new Set([...signIn.scopes, ...scopes])];
    signIn.isAllowed = true;
    withNewToken(signIn);
    if (!known) signIns.push(signIn);
    changed(providerId);
  },
  signOut(providerId: string): void {
    signIns = signIns.filter(one => one.providerId !== providerId);
    changed(providerId);
  },
  /** The person takes back that your extension may use their account. */
  takeBack(providerId: string): void {
    for (const one of signIns) if (one.providerId === providerId) one.isAllowed = false;
    changed(providerId);
  },
  /** Nobody is signed in, no time has passed, and what was declined is forgotten. */
  reset(): void {
    // `requireSession` asks again for what was declined when the accounts are others.
    for (const providerId of asked) editor.signIn(providerId, [], { id: 'nobody', label: 'nobody' });
    asked.clear();
    signIns = [];
    passed = 0;
    tokens = 0;
    editor.person = alice;
    editor.lifetime = 3600;
    editor.questions = [];
  },
};

/** What a challenge asks for, as far as a test can tell. */
function demandOf(request: Request): { scopes: readonly string[]; isMore: boolean; refused: boolean } {
  if (!('wwwAuthenticate' in request)) return { scopes: request, isMore: false, refused: false };
  const named = /\bscope="([^"]*)"/.exec(request.wwwAuthenticate)?.[1]?.split(' ') ?? [];
  const error = /\berror="([^"]*)"/.exec(request.wwwAuthenticate)?.[1];
  return {
    scopes: [...new Set([...(request.fallbackScopes ?? []), ...named])],
    isMore: error !== undefined && error !== 'invalid_token',
    refused: true,
  };
}

function ask(providerId: string, scopes: readonly string[]): void {
  asked.add(providerId);
  editor.questions.push([providerId, ...scopes].join(' '));
  if (!editor.person) throw new Error('User did not consent to login.');
  editor.signIn(providerId, scopes);
}

const sessionOf = (
  signIn: SignIn,
  scopes: readonly string[],
): vscode.AuthenticationSession & { readonly expiresAt: number } => ({
  id: `${signIn.providerId}-${signIn.person.id}:${[...scopes].sort().join(' ')}`,
  accessToken: signIn.token,
  account: { id: signIn.person.id, label: signIn.person.label },
  scopes,
  expiresAt: signIn.endsAt / 1000,
});

async function getSession(providerId: string, request: Request, options: Options = {}) {
  // The editor never answers at once.
  await Promise.resolve();
  const { scopes, isMore, refused } = demandOf(request);
  const find = (): SignIn | undefined =>
    signIns.find(
      one =>
        one.providerId === providerId &&
        one.isAllowed &&
        covers(one, scopes) &&
        (options.account === undefined || one.person.id === options.account.id),
    );
  const found = find();
  const mayAsk = Boolean(options.createIfNone ?? options.forceNewSession);
  if (found && refused && !isMore) withNewToken(found);
  const isEnough = found && !options.forceNewSession && !isMore;
  if (!isEnough && !mayAsk) return undefined;
  if (!isEnough) ask(providerId, scopes);
  const signIn = find();
  return signIn && sessionOf(signIn, scopes);
}

export const authentication = {
  getSession,
  getAccounts: (providerId: string): Promise<vscode.AuthenticationSessionAccountInformation[]> =>
    Promise.resolve(
      signIns
        .filter(one => one.providerId === providerId)
        .map(({ person: { id, label } }) => ({ id, label })),
    ),
  onDidChangeSessions: changes.event,
};

const api = {
  version: 1,
  describe(session: vscode.AuthenticationSession): Promise<object> {
    const found = signIns.find(({ token }) => token === session.accessToken);
    if (!found) {
      const code = signIns.some(({ person }) => person.id === session.account.id)
        ? 'session-renewed'
        : 'session-ended';
      return Promise.reject(Object.assign(new Error('Ask the editor for the session again.'), { code }));
    }
    const { providerId, person, scopes, receivedAt, endsAt } = found;
    return Promise.resolve({
      account: { id: person.id, label: person.label },
      provider: { id: providerId, label: providerId, issuer: 'https://login.example.com' },
      tokenType: 'Bearer',
      grantedScopes: scopes,
      missingScopes: [],
      receivedAt: receivedAt / 1000,
      expiresAt: endsAt / 1000,
      refreshAt: endsAt / 1000 - editor.lifetime / 10,
      signInNeeded: undefined,
      claims: person.claims ?? {},
    });
  },
};

export const extensions = {
  getExtension: (id: string) =>
    id === 'vscode-oidc.oidc-authentication'
      ? { id, exports: api, isActive: true, activate: () => Promise.resolve(api) }
      : undefined,
};
