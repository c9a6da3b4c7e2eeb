import { z } from 'zod';

const YEAR = 31_536_000;
const DAY = 86_400;

const ofOthers = z
  .never('is for live and hybrid templates: set freshness.mode to one of them, or remove it')
  .optional();

const fixed = z.strictObject({
  mode: z.literal('static'),
  maxAge: z.number().int().min(0).max(YEAR).default(DAY),
  seconds: ofOthers,
  stale: ofOthers,
});

const moving = z
  .strictObject({
    mode: z.enum(['live', 'hybrid']),
    seconds: z
      .number()
      .int()
      .min(30)
      .max(DAY)
      .default(300)
      .describe('How long a picture, or what its sources gave, is good for.'),
    maxAge: z
      .number()
      .int()
      .min(0)
      .max(YEAR)
      .optional()
      .describe('How long mail proxies and browsers may keep a picture; as `seconds` when absent.'),
    stale: z
      .number()
      .int()
      .min(0)
      .max(DAY)
      .optional()
      .describe('How long after that an old picture may be shown at once while a new one is made; as `seconds`.'),
  })
  .transform(({ mode, seconds, maxAge = seconds, stale = seconds }) => ({ mode, seconds, maxAge, stale }));

/**
 * When a picture is made anew, all in seconds. `static`: once for the same values. `live`: in every bucket of `seconds`.
 * `hybrid`: sources are asked again after `seconds`, and a new picture is made when something it shows has changed.
 */
export const freshnessSchema = z.discriminatedUnion('mode', [fixed, moving]);
