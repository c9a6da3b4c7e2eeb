import { z } from 'zod';
import { AppError, type Fault } from '../../core/errors.ts';
import { fieldNameSchema } from '../../core/template/fields/index.ts';
import { faultsOf } from '../../core/template/parse.ts';
import type { Connection } from './connection.ts';
import { type PlatformId, platforms } from './platforms.ts';

const MAX_AUDIENCES = 100;
const MAX_MAPPED = 100;

const withoutUndecided = (given: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).flatMap(([name, tag]) => (tag === null ? [] : [[name, tag]])));

/** What of a connection is set, all of it when one is wanted. */
export const settingsSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{Cc}*$/u, 'expected a name in one line')
    .optional()
    .meta({ description: "Your own name for it; the account's when absent." }),
  audiences: z
    .array(z.string().regex(/^[\w/-]{1,64}$/, 'expected the id of a list or segment'))
    .max(MAX_AUDIENCES)
    .optional()
    .meta({
      description: 'Ids of the lists and segments that are synced; everybody when empty, where a platform has that.',
    }),
  mapping: z
    .record(fieldNameSchema, z.string().max(100).nullable())
    .refine((given) => Object.keys(given).length <= MAX_MAPPED, { message: `expected at most ${MAX_MAPPED} fields` })
    .transform(withoutUndecided)
    .optional()
    .meta({
      description:
        "A template's name of a field -> the platform's: nothing else of a contact is kept. An empty one leaves the field out on purpose; null, as absent, says that nobody has decided yet.",
      examples: [{ first_name: 'FNAME', photo: '' }],
    }),
  referenceField: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'The property or merge field that contact references are written into; made when missing.' }),
  syncMinutes: z
    .number()
    .int()
    .min(15)
    .max(10_080)
    .nullable()
    .optional()
    .meta({ description: 'Minutes between two syncs, from 15 to a week; null: only when asked for.' }),
  warmSends: z
    .boolean()
    .optional()
    .meta({ description: 'Whether pictures of planned campaigns are made before they go out; they are when absent.' }),
});

/** Settings that are given; see `Connection`. */
export type GivenSettings = z.output<typeof settingsSchema>;

/** Checks settings that come from elsewhere than the API. Throws `request_invalid` with everything wrong. */
export function parseSettings(given: unknown): GivenSettings {
  const result = settingsSchema.safeParse(given);
  if (result.success) return result.data;
  throw unusable(faultsOf(result.error, () => Object.keys(settingsSchema.shape)));
}

/** Everything wrong with settings. */
export const unusable = (faults: readonly Fault[]) =>
  new AppError('request_invalid', 'Something in the connection cannot be used: mend what is listed.', { faults });

/** Throws `request_invalid` with every name of a field that the platform cannot have, or that may not be written into. */
export function checkFields(
  platform: PlatformId,
  { mapping, referenceField }: Pick<Connection, 'mapping' | 'referenceField'>,
): void {
  const { title, dialect, fieldPattern, referenceFault } = platforms[platform];
  const faults: Fault[] = [];
  for (const [name, tag] of Object.entries(mapping))
    if (tag !== '' && !fieldPattern.test(tag))
      faults.push({ path: `mapping.${name}`, message: `is no field of ${title}: ${dialect.fieldRule}` });
  const fault = referenceFault(referenceField);
  if (fault !== undefined) faults.push({ path: 'referenceField', message: `cannot be taken. ${fault}` });
  else if ([...Object.values(mapping), ...Object.values(dialect.usualTags)].includes(referenceField))
    faults.push({
      path: 'referenceField',
      message: `holds something else: leave it out and it is ${dialect.referenceField}`,
    });
  if (faults.length > 0) throw unusable(faults);
}

/** Throws `request_invalid` for a text that cannot be a key of the platform, before it is sent anywhere. */
export function checkKey(platform: PlatformId, apiKey: string): void {
  const message = platforms[platform].keyFault(apiKey);
  if (message !== undefined)
    throw new AppError('request_invalid', message, { faults: [{ path: 'apiKey', message: 'is no key' }] });
}
