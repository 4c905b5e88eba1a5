import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';

/** A string that a user writes: never empty, with limited length. */
export const text = (description: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.nonEmpty(() => l10n.t('must not be empty')),
    v.maxLength(2000, () => l10n.t('is too long')),
    v.description(description),
  );

/** RFC 6749 section 3.3: printable ASCII without space, quotation mark and backslash. */
export const scope = v.pipe(
  v.string(),
  v.regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, () =>
    l10n.t('must be a scope: printable characters without spaces, quotation marks and backslashes'),
  ),
);

/** Parameters that the protocol itself sets. A setting must not replace them. */
const reserved =
  /^(response_type|response_mode|client_id|client_secret|client_assertion|client_assertion_type|redirect_uri|scope|state|nonce|code_challenge|code_challenge_method|code|code_verifier|device_code|grant_type|refresh_token|request|request_uri)$/;

export const parameters = (description: string) =>
  v.pipe(
    v.record(
      v.pipe(
        v.string(),
        v.check(
          name => !reserved.test(name),
          () => l10n.t('is a parameter that the extension sets itself'),
        ),
      ),
      v.string(),
    ),
    v.description(description),
  );

export const matching = (description: string, pattern: RegExp, problem: () => string) =>
  v.pipe(v.string(), v.regex(pattern, problem), v.description(description));

export const path = (description: string) =>
  matching(description, /^\/[A-Za-z0-9._~/-]{0,200}$/, () => l10n.t('must be a path that starts with /'));

export const oneOf = <const Values extends readonly string[]>(description: string, values: Values) =>
  v.pipe(v.picklist(values), v.description(description));

export const listOf = <Item extends v.GenericSchema>(description: string, item: Item) =>
  v.pipe(v.array(item), v.description(description));

/** A list that would say nothing without an item. */
export const someOf = <Item extends v.GenericSchema>(description: string, item: Item) =>
  v.pipe(
    v.array(item),
    v.minLength(1, () => l10n.t('must not be empty')),
    v.description(description),
  );

/** An object whose members can each be left out. */
export const group = <Entries extends v.ObjectEntries>(description: string, entries: Entries) =>
  v.pipe(v.partial(v.strictObject(entries)), v.description(description));

export const seconds = (description: string, most: number, least = 1) =>
  v.pipe(
    v.number(),
    v.integer(() => l10n.t('must be a whole number')),
    v.minValue(least, () => l10n.t('must be at least {0}', least)),
    v.maxValue(most, () => l10n.t('must be at most {0}', most)),
    v.description(description),
  );

export const flag = (description: string) => v.pipe(v.boolean(), v.description(description));
