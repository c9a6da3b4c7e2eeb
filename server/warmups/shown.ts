import { outputs } from '../../core/template/output.ts';
import { servedAs } from '../image/plan.ts';
import type { Link } from '../links/link.ts';
import type { Services } from '../services.ts';
import type { Expected } from './expected.ts';

/** How an address asks for a link's picture; the link's own format or scale where it says nothing. */
type How = Pick<Expected, 'format' | 'scale'>;

/**
 * One picture of a link that is shown. Its name is the link's id, or `<id>@<scale>x.<extension>` where the address asks for
 * another format or scale than the link's own.
 */
export type Shown = {
  readonly name: string;
  readonly link: Link;
  readonly how: How;
  /** Whether it is the first one of its link: what is counted by contact is counted there. */
  readonly isFirst: boolean;
};

const NAME = /^([\w-]+)(?:@(\d(?:\.\d)?)x\.([a-z0-9]{1,8}))?$/;

/** The name of what an address of a link shows: one name for all addresses that show the same. */
export function nameShown(link: Link, how: How): string {
  const { format, scale } = servedAs(link, how);
  const isOwn = format === link.formats[0] && scale === link.scale;
  return isOwn ? link.id : `${link.id}@${scale}x.${outputs[format].extension}`;
}

/** The id of the link in a name, and how its picture is asked for. */
export function readShown(name: string): { readonly id: string; readonly how: How } {
  const [, id = name, scale, format] = NAME.exec(name) ?? [];
  return { id, how: scale === undefined || format === undefined ? {} : { format, scale: Number(scale) } };
}

/** The pictures of these names whose links are there. */
export async function findNamed({ links }: Pick<Services, 'links'>, names: readonly string[]): Promise<Shown[]> {
  const seen = new Set<string>();
  const found = await Promise.all(
    names.map(async (name) => {
      const { id, how } = readShown(name);
      return { name, how, link: await links.get(id) };
    }),
  );
  return found.flatMap(({ name, how, link }) => {
    if (!link) return [];
    const isFirst = !seen.has(link.id);
    seen.add(link.id);
    return [{ name, link, how, isFirst }];
  });
}
