import type { Dialect } from './dialects/index.ts';

/** What a link's tags stand for on its platform: its own name of each template field, and of the property for references. */
export type Tags = {
  readonly dialect: Dialect;
  readonly referenceField?: string | undefined;
  /** By template field. */
  readonly fields: Readonly<Record<string, string>>;
};

/** Whom a platform sends an email to: blank where it knows nothing. */
export type Recipient = {
  readonly reference: string;
  /** What the campaign is known by. */
  readonly send: string;
  /** By template field. */
  readonly values: Readonly<Record<string, string>>;
};

/** A link's address as its platform sends it to somebody, each tag replaced and encoded as the platform does. */
export function fillAddress(url: string, tags: Tags, { reference, send, values }: Recipient): string {
  const { dialect, referenceField = dialect.referenceField, fields } = tags;
  let filled = url.replaceAll(dialect.referenceTag(referenceField), () => reference);
  if (dialect.sendTag !== undefined) filled = filled.replaceAll(dialect.sendTag, () => encodeURIComponent(send));
  for (const [name, tag] of Object.entries(fields)) {
    const value = values[name] ?? '';
    const encoded = dialect.encodes ? encodeURIComponent(value.toWellFormed()) : value;
    filled = filled.replaceAll(dialect.urlTag(tag), () => encoded);
  }
  return filled;
}

// Stands where a fallback would, to see what a tag has before and behind it.
const MARK = '\uE000';

/** The alt text of a link's block, unescaped, as its platform sends it to somebody: fallbacks stand where a value is blank. */
export function fillAltText(alt: string, { dialect, fields }: Tags, { values }: Recipient): string {
  let filled = alt;
  for (const [name, tag] of Object.entries(fields)) {
    const value = values[name] ?? '';
    const [before = '', after = ''] = dialect.attributeTag(tag, MARK).split(MARK);
    if (before !== '' && after !== '') filled = fillBetween(filled, before, after, value);
    // With a blank fallback a tag may look different.
    const plain = dialect.attributeTag(tag, '');
    if (plain !== '') filled = filled.replaceAll(plain, () => value);
  }
  return filled;
}

/** The value in place of every tag that begins and ends like that, or the fallback that stands in it. */
function fillBetween(text: string, before: string, after: string, value: string): string {
  const [first = '', ...rest] = text.split(before);
  return rest.reduce((filled, part) => {
    const end = part.indexOf(after);
    if (end < 0) return filled + before + part;
    return filled + (value || part.slice(0, end)) + part.slice(end + after.length);
  }, first);
}
