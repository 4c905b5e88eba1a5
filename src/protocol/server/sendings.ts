import { createEmitter, type Emitter } from '../../platform/emitter.ts';
import type { HttpClient } from '../http/http.ts';

/** What is secret and was sent. */
export const sentKinds = [
  'access-token',
  'refresh-token',
  'id-token',
  'code-and-verifier',
  'device-code',
  'client-secret',
  'client-assertion',
  'initial-access-token',
  'registration-token',
  'client-certificate',
] as const;
export type SentKind = (typeof sentKinds)[number];

/** Something secret that has left for a server. Nothing of it is in here. */
export interface Sending {
  readonly host: string;
  readonly kinds: readonly SentKind[];
  /** The purpose: the endpoint's name in the metadata, or the `grant_type` for the token endpoint. */
  readonly purpose: string;
}

/** The most sendings of one grant that wait to be recorded. */
export const mostSendings = 50;

/**
 * Collects what this window has sent and not yet logged as activity, by the grant it was sent for, or by issuer
 * during a sign-in, which has no grant. It is logged with the next entry about the grant, so it never causes a write
 * of its own.
 */
export interface Sendings {
  add(about: string, sending: Sending): void;
  /** What has been sent for these since the last time, each once. */
  take(...about: readonly string[]): readonly Sending[];
  /** Records a grant's new endpoints that the user hasn't agreed to, where nothing is sent. */
  withhold(about: string, withheld: readonly Withheld[]): void;
  withheld(about: string): readonly Withheld[];
  /** Told when something else is withheld than before. */
  readonly onDidWithhold: Emitter<void>['on'];
}

/** An endpoint that gets nothing, by its name in the metadata. */
export interface Withheld {
  readonly endpoint: string;
  readonly host: string;
}

export function createSendings(): Sendings {
  const waiting = new Map<string, Map<string, Sending>>();
  const notSent = new Map<string, readonly Withheld[]>();
  const changes = createEmitter();
  return {
    onDidWithhold: changes.on,
    withheld: about => notSent.get(about) ?? [],
    withhold(about, withheld) {
      if (JSON.stringify(notSent.get(about) ?? []) === JSON.stringify(withheld)) return;
      notSent.set(about, withheld);
      changes.fire();
    },
    add(about, sending) {
      const known = waiting.get(about) ?? new Map<string, Sending>();
      waiting.set(about, known);
      if (known.size < mostSendings) known.set(JSON.stringify(sending), sending);
    },
    take: (...about) =>
      about.flatMap(name => {
        const found = [...(waiting.get(name)?.values() ?? [])];
        waiting.delete(name);
        return found;
      }),
  };
}

const ofParameters: Readonly<Record<string, SentKind>> = {
  code: 'code-and-verifier',
  refresh_token: 'refresh-token',
  subject_token: 'access-token',
  access_token: 'access-token',
  id_token_hint: 'id-token',
  device_code: 'device-code',
  client_secret: 'client-secret',
  client_assertion: 'client-assertion',
};

/** What the bearer token is where it is no access token. */
const ofBearer: Readonly<Record<string, SentKind>> = {
  registration_endpoint: 'initial-access-token',
  registration_client_uri: 'registration-token',
};

/**
 * What is sent with a request, as the wire has it.
 *
 * @param endpoint its name in the metadata.
 * @param isCertified whether the client shows its certificate there.
 */
export function sendingOf(
  address: URL,
  init: Pick<Parameters<HttpClient>[1], 'headers' | 'body'>,
  endpoint: string,
  isCertified = false,
): Sending {
  const authorization = new Headers(init.headers).get('authorization') ?? '';
  const text = typeof init.body === 'string' || init.body instanceof URLSearchParams ? String(init.body) : '';
  const parameters = new URLSearchParams(text.startsWith('{') ? '' : text);
  for (const [name, value] of address.searchParams) parameters.append(name, value);
  const kinds = new Set<SentKind>();
  if (/^basic /i.test(authorization)) kinds.add('client-secret');
  if (/^bearer /i.test(authorization)) kinds.add(ofBearer[endpoint] ?? 'access-token');
  for (const name of parameters.keys()) {
    const kind = ofParameters[name];
    if (kind) kinds.add(kind);
  }
  if (parameters.has('token'))
    kinds.add(parameters.get('token_type_hint') === 'refresh_token' ? 'refresh-token' : 'access-token');
  if (isCertified) kinds.add('client-certificate');
  return {
    host: address.host,
    kinds: sentKinds.filter(kind => kinds.has(kind)),
    purpose: parameters.get('grant_type') ?? endpoint.replace(/_endpoint$/, '').replace('_client_uri', ''),
  };
}
