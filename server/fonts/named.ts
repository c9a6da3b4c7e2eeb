import { fontReference } from '../../core/paint/text/own-fonts.ts';
import { familiesOf } from '../../core/template/fonts.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Services } from '../services.ts';
import { listFonts } from '../stores/records/fonts.ts';

/** The families of a workspace's own, and the digests of those fonts a template names, by reference. */
export async function findNamedFonts(
  { records }: Pick<Services, 'records'>,
  workspace: string,
  template: Template,
): Promise<{ readonly families: readonly string[]; readonly digests: Readonly<Record<string, string>> }> {
  const fonts = await listFonts(records, workspace);
  const named = familiesOf(template);
  const digests = fonts
    .filter(({ family }) => named.has(family))
    .map(({ family, weight, italic, digest }) => [fontReference({ family, weight, italic: italic === 1 }), digest]);
  return { families: [...new Set(fonts.map(({ family }) => family))], digests: Object.fromEntries(digests) };
}
