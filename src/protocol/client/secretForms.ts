import type { ClientAuth } from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import { errorCode, textOf } from '../http/serverText.ts';
import type { HttpClient } from '../http/http.ts';
import { parseServerObject } from '../http/json.ts';

/**
 * How `client_secret_basic` sends the secret: form-encoded in the header, as RFC 6749 section 2.3.1 requires, unencoded
 * for servers that compare it without decoding, or in the body.
 */
export type SecretForm = 'encoded' | 'raw' | 'body';

/** What is remembered of a server. */
export interface SecretFormMemory {
  /** The form that the server accepted before. If undefined, the standard one. */
  readonly known: SecretForm | undefined;
  /** Notified of the form that the server accepts, after it refused the first one. */
  learned(form: SecretForm): void;
}

/** `application/x-www-form-urlencoded`, which leaves `*-._` alone, unlike the encoding of URLs. */
const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** The authentication in the standard form. */
export const basicAuthentication =
  (secret: Secret): ClientAuth =>
  (_server, client, _body, headers) =>
    headers.set('authorization', basic(client.client_id, secret, formEncoded));

const basic = (id: string, secret: Secret, encode: (text: string) => string): string =>
  `Basic ${base64(`${encode(id)}:${encode(secret.reveal())}`)}`;

/**
 * Sends a client's secret in another form, once, if the server refuses the client. Only tries forms that differ, so a
 * wrong secret isn't sent twice.
 *
 * @param offersBody true if the server supports `client_secret_post`.
 */
export function withSecretForms(
  http: HttpClient,
  { id, secret }: { readonly id: string; readonly secret: Secret },
  offersBody: boolean,
  { known = 'encoded', learned }: SecretFormMemory,
): HttpClient {
  const isPlain = [id, secret.reveal()].every(text => formEncoded(text) === text);
  if (isPlain) return http;
  const inForm = (init: Parameters<HttpClient>[1], form: SecretForm): Parameters<HttpClient>[1] => {
    if (form === 'encoded') return init;
    const { authorization: _, ...headers } = init.headers ?? {};
    if (form === 'raw')
      return { ...init, headers: { ...headers, authorization: basic(id, secret, text => text) } };
    const body = new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '');
    body.set('client_id', id);
    body.set('client_secret', secret.reveal());
    return { ...init, headers, body };
  };
  return async (url, init) => {
    if (!init.headers?.['authorization']?.startsWith('Basic ')) return http(url, init);
    const answer = await http(url, inForm(init, known));
    const other = known === 'encoded' ? (offersBody ? 'body' : 'raw') : 'encoded';
    if (!(await refusesClient(answer))) return answer;
    const second = await http(url, inForm(init, other));
    if (await refusesClient(second)) return answer;
    learned(other);
    return second;
  };
}

/** True for a response that refuses the client, whatever the request was. */
export async function refusesClient(answer: Response): Promise<boolean> {
  if (answer.status === 401) return true;
  if (answer.status !== 400) return false;
  return errorCode(parseServerObject(await textOf(answer))?.['error']) === 'invalid_client';
}
