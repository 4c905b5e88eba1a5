import * as v from 'valibot';
import { isObject } from '../../protocol/http/json.ts';
import type { ServiceSignIn } from '../../providers/settings/serviceSettings.ts';
import { activitySchema } from '../activity.ts';
import { indexEntrySchema } from '../store/grantIndex.ts';

/**
 * Checks what other windows send before it counts: they are the same user's, but might run another version of the
 * extension, and an error in one of them must not spoil what this one keeps.
 *
 * @throws Error that says no more than that.
 */
export function received<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new Error('Another window sent something that cannot be used here; it may run another version.');
}

const id = v.pipe(v.string(), v.maxLength(100));
export const signOutIdSchema = v.pipe(v.string(), v.maxLength(150));
export const canRenewSchema = v.tuple([id]);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const entrySchema = v.object({ ...indexEntrySchema.entries, id, revision: count });
export const removalSchema = v.object({
  ...entrySchema.entries,
  removed: v.pipe(v.number(), v.finite()),
});
export const removalsSchema = v.array(removalSchema);
export const entriesSchema = v.array(entrySchema);
export const activitiesSchema = v.array(activitySchema);
export const textsSchema = v.array(v.string());
export const renewSchema = v.union([
  v.strictTuple([id, count, count]),
  v.strictTuple([id, count, count, v.nullable(v.boolean())]),
]);
export const deriveSchema = v.strictTuple([id, v.pipe(v.array(v.string()), v.maxLength(200)), count, count]);
export const identitySchema = v.object({
  id,
  issuer: v.string(),
  clientId: v.nullish(v.string()),
  terms: v.string(),
  service: v.nullish(v.custom<ServiceSignIn>(value => isObject(value) && typeof value['way'] === 'string')),
});
export const responseSchema = v.tuple([v.string(), v.array(v.tuple([v.string(), v.string()]))]);
export const renewalSchema = v.variant('kind', [
  v.object({ kind: v.literal('grant'), text: v.string() }),
  v.object({ kind: v.literal('removed'), removal: removalSchema }),
  /** The leader has an older copy, or none: tell it of yours, then ask again. */
  v.object({ kind: v.literal('behind') }),
]);
const trouble = v.object({ reason: v.string(), retryAt: v.pipe(v.number(), v.finite()) });
export const troubleSchema = v.tuple([id, v.nullable(trouble)]);
export const troublesSchema = v.array(v.tuple([id, trouble]));
