import type { Template } from '../../core/template/schema.ts';
import { variantNames } from '../../core/template/variants.ts';
import { findHead } from '../stores/records/channels.ts';
import type { Records } from '../stores/records/index.ts';
import { countVariantLinks } from '../stores/records/links.ts';
import type { Channel } from '../stores/records/template-tables.ts';
import type { VersionRecord } from '../stores/records/templates.ts';

/** A variant that links are of and a version does not have, how many links that are, and a sentence that tells it. */
export type LostVariant = {
  readonly code: 'lost_variant';
  readonly variant: string;
  readonly links: number;
  readonly message: string;
};

/** The variants that links in force follow a channel with and a version does not have: it shows them its own size. */
export async function findLostVariants(
  records: Records,
  { workspace, name, version, document }: VersionRecord,
  channel: Channel,
): Promise<LostVariant[]> {
  const kept = variantNames(JSON.parse(document) as Template);
  const head = await findHead(records, workspace, name);
  // Staging shows what production does as long as nothing is put there.
  const isShared = channel === 'production' && head?.shown.staging === undefined;
  const channels: readonly Channel[] = isShared ? ['production', 'staging'] : [channel];
  const linked = await countVariantLinks(records, { workspace, template: name, channels, now: Date.now() });
  return linked
    .filter(({ variant }) => !kept.includes(variant))
    .map(({ variant, count: links }) => {
      const those = links === 1 ? '1 link is' : `${links} links are`;
      const message = `${those} of the variant ${variant}, which version ${version} of ${name} does not have: its own size is shown there.`;
      return { code: 'lost_variant', variant, links, message };
    });
}
