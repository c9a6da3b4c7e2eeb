import { z } from 'zod';

const MAX_FIELDS = 200;

/** The name the outside knows a contact by. */
export const contactKey = z.string().min(1).max(200);

/** What is told of a contact. */
export const contactFields = z
  .record(z.string().min(1).max(100), z.json())
  .refine((given) => Object.keys(given).length <= MAX_FIELDS, { message: `expected at most ${MAX_FIELDS} fields` })
  .refine((given) => !Object.hasOwn(given, '__proto__'), { message: 'has a field whose name cannot be used' })
  .meta({ description: "Values under the template's names or the platform's. Encrypted where they are kept." });
