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

interface KeyPair {
  readonly privateKey: Parameters<typeof crypto.subtle.sign>[1];
  readonly publicKey: Parameters<typeof crypto.subtle.exportKey>[1];
}

interface SignIn {
  readonly providerId: string;
  readonly person: TestPerson;
  /** The key that its tokens are bound to; undefined: they are bearer tokens. */
  key: Promise<KeyPair> | undefined;
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
  /** Whether the tokens of the next sign-ins are bound to a key, as with the provider's setting `dpop` (RFC 9449). */
  bindsTokens: false as boolean,
  /** The key's thumbprint (`cnf.jkt`, RFC 7638), which each proof of this person's tokens is to be of. */
  async thumbprint(providerId: string): Promise<string | undefined> {
    const pair = await signIns.find(one => one.providerId === providerId)?.key;
    if (!pair) return undefined;
    const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    return digestOf(JSON.stringify({ crv, kty, x, y }));
  },
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
      key: undefined,
      scopes,
      isAllowed: true,
      token: '',
      receivedAt: 0,
      endsAt: 0,
    };
    signIn.scopes = [...new Set([...signIn.scopes, ...scopes])];
    signIn.isAllowed = true;
    signIn.key = editor.bindsTokens
      ? crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
      : undefined;
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
    editor.bindsTokens = false;
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
): vscode.AuthenticationSession & { readonly expiresAt: number; readonly tokenType?: 'DPoP' } => ({
  id: `${signIn.providerId}-${signIn.person.id}:${[...scopes].sort().join(' ')}`,
  accessToken: signIn.token,
  account: { id: signIn.person.id, label: signIn.person.label },
  scopes,
  expiresAt: signIn.endsAt / 1000,
  ...(signIn.key && { tokenType: 'DPoP' }),
});

const encoded = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const encodedText = (text: string): string => encoded(new TextEncoder().encode(text));

const digestOf = async (text: string): Promise<string> =>
  encoded(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));

interface ProofRequest {
  readonly method: string;
  readonly url: string | URL;
  readonly nonce?: string;
}

/** Signs a proof for one request (RFC 9449 section 4.2). */
async function proofOf(
  { key, token }: SignIn,
  { method, url, nonce }: ProofRequest,
): Promise<string | undefined> {
  const pair = await key;
  if (!pair) return undefined;
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const { origin, pathname } = new URL(url);
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(editor.now() / 1000),
    ath: await digestOf(token),
    ...(nonce !== undefined && { nonce }),
  };
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const signed = [header, claims].map(part => encodedText(JSON.stringify(part))).join('.');
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const bytes = new TextEncoder().encode(signed);
  return `${signed}.${encoded(new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, bytes)))}`;
}

/** @throws Error with the code of `describeSession` for a session whose token isn't the current one. */
function signInOf(session: vscode.AuthenticationSession): SignIn {
  const found = signIns.find(({ token }) => token === session.accessToken);
  if (found) return found;
  const isRenewed = signIns.some(({ person }) => person.id === session.account.id);
  const code = isRenewed ? 'session-renewed' : 'session-ended';
  throw Object.assign(new Error('Ask the editor for the session again.'), { code });
}

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
  async proof(session: vscode.AuthenticationSession, request: ProofRequest): Promise<string | undefined> {
    return proofOf(signInOf(session), request);
  },
  async describe(session: vscode.AuthenticationSession): Promise<object> {
    await Promise.resolve();
    const { providerId, person, key, scopes, receivedAt, endsAt } = signInOf(session);
    return {
      account: { id: person.id, label: person.label },
      provider: { id: providerId, label: providerId, issuer: 'https://login.example.com' },
      tokenType: key ? 'DPoP' : 'Bearer',
      grantedScopes: scopes,
      missingScopes: [],
      receivedAt: receivedAt / 1000,
      expiresAt: endsAt / 1000,
      refreshAt: endsAt / 1000 - editor.lifetime / 10,
      signInNeeded: undefined,
      claims: person.claims ?? {},
    };
  },
};

export const extensions = {
  getExtension: (id: string) =>
    id === 'vscode-oidc.oidc-authentication'
      ? { id, exports: api, isActive: true, activate: () => Promise.resolve(api) }
      : undefined,
};
