import { AppError, type Fault } from '../../core/errors.ts';
import { type PlatformId, platforms } from './platforms.ts';

/** What a connection is set to; see `Connection`. */
export type ConnectionSettings = {
  readonly name: string;
  readonly audiences: readonly string[];
  readonly mapping: Readonly<Record<string, string>>;
  readonly referenceField: string;
  readonly syncMinutes: number | null;
};

/** Throws `request_invalid` with every name of a field that the platform cannot have, or that may not be written into. */
export function checkFields(
  platform: PlatformId,
  { mapping, referenceField }: Pick<ConnectionSettings, 'mapping' | 'referenceField'>,
): void {
  const { title, dialect } = platforms[platform];
  const faults: Fault[] = [];
  for (const [name, tag] of Object.entries(mapping))
    if (!dialect.fieldPattern.test(tag))
      faults.push({ path: `mapping.${name}`, message: `is no field of ${title}: ${dialect.fieldRule}` });
  if (!dialect.fieldPattern.test(referenceField))
    faults.push({ path: 'referenceField', message: `is no field of ${title}: ${dialect.fieldRule}` });
  else if ([...Object.values(mapping), ...Object.values(dialect.usualTags)].includes(referenceField))
    faults.push({
      path: 'referenceField',
      message: `holds something else: leave it out and it is ${dialect.referenceField}`,
    });
  if (faults.length > 0)
    throw new AppError('request_invalid', 'Something in the connection cannot be used: mend what is listed.', {
      faults,
    });
}

/** Throws `request_invalid` for a text that cannot be a key of the platform, before it is sent anywhere. */
export function checkKey(platform: PlatformId, apiKey: string): void {
  const message = platforms[platform].keyFault(apiKey);
  if (message !== undefined)
    throw new AppError('request_invalid', message, { faults: [{ path: 'apiKey', message: 'is no key' }] });
}
