import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { Failure } from '../failures/failure.ts';
import type { NoteBlemish } from './blemishes.ts';
import { readForms, type Forms } from './forms.ts';
import { isObject, looksLikePage, parseServerJson, type ServerJson } from './json.ts';
import { textOf } from './serverText.ts';

const bodies = new WeakMap<Response, ServerJson>();

/** Parses the body of a response with {@link parseServerJson}, once for everyone. Don't change the result. */
export async function serverJsonOf(response: Response): Promise<ServerJson> {
  const json = bodies.get(response) ?? parseServerJson(await textOf(response));
  bodies.set(response, json);
  return json;
}

/** Returns the body's JSON object. Returns undefined for anything else. */
export async function serverObjectOf(
  response: Response,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const json = await serverJsonOf(response);
  return json.kind === 'json' && isObject(json.value) ? json.value : undefined;
}

/** The usual forms of the properties of a response, and their required schema. */
export interface AnswerShape<Schema extends v.GenericSchema> {
  readonly forms: Forms;
  readonly schema: Schema;
}

/**
 * Parses a successful response that must be a JSON object with these properties.
 *
 * @throws Failure `intercepted` if it is a page, `response-invalid` if it is anything else.
 */
export async function jsonAnswer<Schema extends v.GenericSchema>(
  response: Response,
  host: string,
  { forms, schema }: AnswerShape<Schema>,
  note: NoteBlemish,
): Promise<v.InferOutput<Schema>> {
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const body = await jsonIn(response, host);
  if (!isObject(body)) throw invalid(l10n.t('it isn’t a JSON object'));
  noteMediaType(response, note);
  const parsed = v.safeParse(schema, readForms(body, forms, note));
  if (parsed.success) return parsed.output;
  throw invalid(l10n.t('"{0}" is missing or of the wrong type', v.getDotPath(parsed.issues[0]) ?? ''));
}

/** Creates a response with this JSON object for oauth4webapi, which doesn't have to parse it again. */
export function responseOf(
  members: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): Response {
  const response = new Response(null, { headers: { ...headers, 'content-type': 'application/json' } });
  return Object.assign(response, { json: () => Promise.resolve({ ...members }) });
}

/** Records a JSON response with another media type. */
export function noteMediaType({ headers }: Response, note: NoteBlemish): void {
  const [mediaType = ''] = (headers.get('content-type') ?? '').split(';');
  if (!/^application\/(.+\+)?json$/i.test(mediaType.trim())) note('form.media-type', mediaType.trim());
}

/**
 * Parses the text of a successful response as JSON.
 *
 * @throws Failure as {@link jsonAnswer}.
 */
export async function jsonIn(response: Response, host: string): Promise<unknown> {
  const { status } = response;
  if (looksLikePage(await textOf(response))) throw new Failure('intercepted', { host, status });
  const json = await serverJsonOf(response);
  if (json.kind === 'json') return json.value;
  const reason = json.kind === 'text' ? l10n.t('it isn’t JSON') : l10n.t('it {0}', json.reason);
  throw new Failure('response-invalid', { host, reason });
}

/**
 * The longest accepted response about a user or a token, in characters: a grant stores it, and other windows receive
 * it.
 */
const longestClaims = 256 * 1024;

/**
 * Parses a response about a user or a token. Its body can be read again.
 *
 * @param forms the forms of its properties that are used here.
 * @param jsonOf extracts the JSON from a text that isn't JSON itself.
 * @throws Failure `response-invalid`
 */
export async function readClaims(
  response: Response,
  host: string,
  { forms = {}, note }: { readonly forms?: Forms; readonly note: NoteBlemish },
  jsonOf = (text: string): string => text,
): Promise<Readonly<Record<string, unknown>>> {
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const text = await textOf(response);
  if (text.length > longestClaims) throw invalid(l10n.t('it is too long'));
  if (looksLikePage(text)) throw new Failure('intercepted', { host, status: response.status });
  const parsed = parseServerJson(jsonOf(text));
  if (parsed.kind === 'refused') throw invalid(l10n.t('it {0}', parsed.reason));
  if (parsed.kind === 'text' || !isObject(parsed.value)) throw invalid(l10n.t('it isn’t a JSON object'));
  return readForms(parsed.value, forms, note);
}
