import type { CryptoKey, JWK, JWTHeaderParameters } from 'jose';
import type { KeyName, ServerKey } from './keys.ts';
import type { Answer, Reply } from './replies.ts';

export type Json = Record<string, unknown>;

export type Endpoint =
  | 'metadata'
  | 'keys'
  | 'authorize'
  | 'token'
  | 'userInfo'
  | 'revoke'
  | 'endSession'
  | 'register'
  | 'device'
  | 'webFinger'
  | 'pushed'
  | 'introspect'
  | 'resource';

/** What a departure can know of the server and of the request that is being answered. */
export interface Situation {
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: Readonly<Record<KeyName, ServerKey>>;
  /** The parameters of the request. */
  readonly parameters: URLSearchParams;
  /** The headers `authorization` and `content-type` of the request. */
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  /** How many requests this endpoint has had, this one included. */
  readonly count: number;
}

/** How an ID token, or signed UserInfo, is made otherwise than it should be. */
export interface SigningDeparture {
  claims?(claims: Json, situation: Situation): Json;
  header?(header: JWTHeaderParameters): JWTHeaderParameters;
  /** The key to sign with; by default `rsa`. `none` leaves the signature out. */
  readonly key?: KeyName | 'none' | ((situation: Situation) => KeyName | CryptoKey | Uint8Array | 'none');
  /** Changes the finished JWT. */
  token?(jwt: string): string;
}

/**
 * What is wrong with a server that is correct in everything else. Each function gets what would be right, and
 * returns what is sent instead.
 */
export interface Departure {
  metadata?(document: Json, situation: Situation): unknown;
  keys?(keys: JWK[], situation: Situation): unknown;
  /** The parameters of the authorization response. */
  authorize?(response: URLSearchParams, situation: Situation): void;
  readonly idToken?: SigningDeparture;
  /** The successful answer of the token endpoint. */
  token?(body: Json, situation: Situation): unknown;
  userInfo?(claims: Json, situation: Situation): unknown;
  /** UserInfo as a JWT. */
  readonly signedUserInfo?: SigningDeparture;
  /** Whole answers, by endpoint. */
  readonly replies?: Partial<Record<Endpoint, (right: Answer, situation: Situation) => Reply>>;
  /** What something in front of the server answers: the server does not get the request. */
  readonly inFront?: Partial<Record<Endpoint, Answer>>;
  /** It is an API, too, and says whom it trusts (RFC 9728). */
  readonly isApi?: true;
  /** What is at other paths, made of the right metadata. */
  readonly elsewhere?: Readonly<Record<string, (metadata: Json) => Answer>>;
  /** Whether the token endpoint knows the client; by default it does. */
  knowsClient?(situation: Situation): boolean;
  /** The client must authenticate with this. */
  readonly clientSecret?: string;
  /** In seconds. */
  readonly tokenLifetime?: number;
  /** How far the clock of the server is ahead of the right time, in seconds; its answers say so (`Date`). */
  readonly clockAhead?: number;
  /** True: its answers do not say what time it is there. */
  readonly hidesTime?: boolean;
  /** A path in the issuer. */
  readonly path?: string;
}
