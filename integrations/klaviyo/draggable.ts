import { AppError } from '../../core/errors.ts';
import { type EmailBlock, placeInHtml } from '../../core/links/place.ts';
import type { PlaceChange } from '../connector.ts';

/** A block of a drag-and-drop email, or universal content: what is looked at of it. */
export type Block = {
  readonly type?: unknown;
  readonly data?: {
    readonly content?: unknown;
    readonly properties?: Readonly<Record<string, unknown>> | null;
  };
};

/** The definition of a drag-and-drop email as it came. */
export type Definition = {
  readonly body?: {
    readonly sections?: readonly {
      readonly rows?: readonly { readonly columns?: readonly { readonly blocks?: readonly Block[] }[] }[];
    }[];
  };
};

/** A new one with the picture in it, and what is different. */
export type Changed<Value> = { readonly value: Value; readonly changes: readonly PlaceChange[] };

const PLACEHOLDER = '[[mergepix]]';

/**
 * Puts an email's image into a drag-and-drop email: into every block that shows the link already; or in place of the first
 * placeholder; or as a block of its own at the top. Throws `place_refused` where that would change anything else.
 */
export function placeInDefinition(definition: Definition, block: EmailBlock): Changed<Definition> {
  const all = blocksOf(definition);
  const shown = all.filter((each) => showsLink(each, block));
  const placeholder = all.find(hasPlaceholder);
  const replaced = shown.length > 0 ? shown : placeholder ? [placeholder] : [];
  const placed =
    replaced.length > 0
      ? replaceBlocks(definition, new Map(replaced.map((each) => [each, filled(each, block)])))
      : insertFirst(definition, imageBlock(block));
  if (placed.changes.length === 0) return placed;
  const whole = JSON.stringify(definition);
  if (whole.includes('"universal_id":"'))
    throw new AppError(
      'place_refused',
      'This email shows universal content, which would come loose from it if it was changed from outside: place the picture in that universal content, or in an image block by hand.',
    );
  if (shown.length === 0 && ['.', '@'].some((next) => whole.includes(block.address + next)))
    throw new AppError(
      'place_refused',
      'This picture stands already in a part of the email that is not changed from outside, such as a text: take it out there, and place it again.',
    );
  return placed;
}

/**
 * The definition as it may be written: Klaviyo gives its parts their ids, and takes none. What is in a block stays, ids too.
 */
export function withoutIds(definition: Definition): Definition {
  return strip(definition) as Definition;
}

const IDS = new Set(['id', 'data_id', 'template_id', 'universal_id']);
const PARTS = new Set(['body', 'sections', 'rows', 'columns', 'blocks', 'subblocks']);

function strip(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strip);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => !IDS.has(key))
      // The styles of a whole email are a list of parts, those of a part are not.
      .map(([key, value]) => [key, PARTS.has(key) || Array.isArray(value) ? strip(value) : value]),
  );
}

/** Puts it into one block. Throws `place_refused` for a block that is neither an image nor HTML. */
export function placeInBlock<Of extends Block>(universal: Of, block: EmailBlock): Changed<Of> {
  if (universal.type !== 'image' && universal.type !== 'html')
    throw new AppError(
      'place_refused',
      'This universal content is neither an image nor HTML: make one that is, and place it there.',
    );
  const value = filled(universal, block) as Of;
  return { value, changes: changeOf(universal, value) };
}

const blocksOf = ({ body }: Definition): Block[] =>
  (body?.sections ?? [])
    .flatMap(({ rows }) => rows ?? [])
    .flatMap(({ columns }) => columns ?? [])
    .flatMap(({ blocks }) => blocks ?? []);

const contentOf = ({ data }: Block): string => (typeof data?.content === 'string' ? data.content : '');
const propertyOf = ({ data }: Block, name: string): string => {
  const value = data?.properties?.[name];
  return typeof value === 'string' ? value : '';
};

function showsLink(each: Block, { link, address }: EmailBlock): boolean {
  const isOurs = (text: string): boolean => {
    const at = text.indexOf(address);
    // A longer token is another link's.
    return at >= 0 && /[.@]/.test(text[at + address.length] ?? '');
  };
  if (each.type === 'image') return isOurs(propertyOf(each, 'src'));
  return each.type === 'html' && (contentOf(each).includes(`<!-- mergepix:${link} -->`) || isOurs(contentOf(each)));
}

/** An image called so, an HTML block that has it, or a text that is nothing else. */
function hasPlaceholder(each: Block): boolean {
  if (each.type === 'image') return [propertyOf(each, 'alt_text'), propertyOf(each, 'src')].includes(PLACEHOLDER);
  if (each.type === 'html') return /\[\[mergepix\]\]|<!--\s*mergepix\s*-->/.test(contentOf(each));
  return (
    each.type === 'text' &&
    contentOf(each)
      .replace(/<[^<>]*>/g, '')
      .trim() === PLACEHOLDER
  );
}

/** An image and its texts; how it is drawn stays as it was. */
function filled(each: Block, block: EmailBlock): Block {
  if (each.type === 'html') return { ...each, data: { ...each.data, content: placeInHtml(contentOf(each), block) } };
  if (each.type !== 'image') return imageBlock(block);
  return { ...each, data: { ...each.data, properties: propertiesOf(block) } };
}

const propertiesOf = ({ image }: EmailBlock) => ({
  dynamic: true,
  src: image.src,
  alt_text: image.alt,
  href: image.href,
});

const imageBlock = (block: EmailBlock) => ({
  content_type: 'block',
  type: 'image',
  data: {
    properties: propertiesOf(block),
    display_options: {},
    styles: { align: 'center', width: block.image.width, full_width_mobile: true },
  },
});

const changeOf = (before: Block | null, after: Block): PlaceChange[] => {
  if (before?.type === 'html' && after.type === 'html')
    return contentOf(before) === contentOf(after)
      ? []
      : [{ part: 'HTML block', before: contentOf(before), after: contentOf(after) }];
  const [was, is] = [before && JSON.stringify(before, null, 2), JSON.stringify(after, null, 2)];
  const same = before?.data?.properties && after.data?.properties && before.type === after.type;
  // The order of keys is theirs, and says nothing.
  if (
    same &&
    Object.entries(after.data?.properties ?? {}).every(
      ([key, value]) => (before.data?.properties?.[key] ?? null) === value,
    )
  )
    return [];
  return [{ part: 'Image block', before: was ?? '', after: is }];
};

function replaceBlocks(definition: Definition, replaced: ReadonlyMap<Block, Block>): Changed<Definition> {
  const changes = [...replaced].flatMap(([before, after]) => changeOf(before, after));
  return { changes, value: mapBlocks(definition, (blocks) => blocks.map((each) => replaced.get(each) ?? each)) };
}

function insertFirst(definition: Definition, added: Block): Changed<Definition> {
  let isIn = false;
  const value = mapBlocks(definition, (blocks) => {
    if (isIn) return blocks;
    isIn = true;
    return [added, ...blocks];
  });
  if (isIn) return { value, changes: changeOf(null, added) };
  throw new AppError(
    'place_refused',
    'This email has no section yet: add one in Klaviyo, and place the picture again.',
  );
}

/** The same definition with other blocks in its columns, every other part of it as it was. */
function mapBlocks(definition: Definition, change: (blocks: readonly Block[]) => readonly Block[]): Definition {
  const { body } = definition;
  if (!body?.sections) return definition;
  const sections = body.sections.map((section) => ({
    ...section,
    ...(section.rows && {
      rows: section.rows.map((row) => ({
        ...row,
        ...(row.columns && {
          columns: row.columns.map((column) => ({ ...column, blocks: change(column.blocks ?? []) })),
        }),
      })),
    }),
  }));
  return { ...definition, body: { ...body, sections } };
}
