import { z } from 'zod';
import { hosts } from '../../core/template/fields/url.ts';

const days = z.number().int().min(1).max(3650);

const retention = z.strictObject({
  contactDays: days
    .nullable()
    .meta({ description: 'Contacts nobody changed for so long are erased; null keeps them.' }),
  sealedDays: days
    .nullable()
    .meta({ description: 'Generated pictures are taken back after so long; null keeps them.' }),
  failureDays: days.meta({ description: 'How long failures can be looked at.' }),
  jobDays: days.meta({ description: 'How long finished renders and batches can be looked at.' }),
  impressionDays: days.meta({ description: 'How long figures are kept.' }),
});

/** The settings of a workspace, as the API shows them. */
export const settings = z
  .strictObject({
    requireReview: z.boolean().meta({ description: 'Nobody publishes what they made themselves.' }),
    assetHosts: hosts.meta({ description: 'Hosts pictures may come from, besides those a field names.' }),
    s3Buckets: z
      .array(
        z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket, such as brand-photos'),
      )
      .max(50)
      .meta({ description: 'Buckets that s3:// pictures may come from.' }),
    retention,
  })
  .meta({ id: 'WorkspaceSettings' });

/** What may be changed: every setting on its own, every part of the retention too. */
export const settingsChange = settings.partial().extend({ retention: retention.partial().optional() });

/** The settings of a workspace, complete. */
export type Settings = Readonly<z.output<typeof settings>>;
/** Some settings. */
export type SettingsChange = z.output<typeof settingsChange>;

/** What a workspace begins with. */
export const firstSettings: Settings = {
  requireReview: false,
  assetHosts: [],
  s3Buckets: [],
  retention: { contactDays: null, sealedDays: null, failureDays: 30, jobDays: 30, impressionDays: 400 },
};

/** Settings as stored, JSON of those that were ever changed: the others are the first ones of the product in use. */
export function readSettings(stored: string): Settings {
  const { retention, ...changed } = JSON.parse(stored) as Partial<Settings>;
  return { ...firstSettings, ...changed, retention: { ...firstSettings.retention, ...retention } };
}
