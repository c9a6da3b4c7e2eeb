const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decodeEntities = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return decimal ? String.fromCodePoint(Number(decimal)) : (NAMED[name] ?? whole);
  });

/**
 * Reads the one `<img>` of a block as a mail client does: attributes by name, the first of a repeated one, entities
 * decoded; `rest` is what stands after the tag and would be shown as text.
 */
export function readImage(html: string): { attributes: Record<string, string>; rest: string } {
  const attributes: Record<string, string> = Object.create(null);
  if (!html.startsWith('<img')) throw new Error(`Not an image: ${html.slice(0, 40)}`);
  let at = 4;
  while (at < html.length) {
    const space = /[\s/]*/y;
    space.lastIndex = at;
    at += space.exec(html)?.[0].length ?? 0;
    if (html[at] === '>') return { attributes, rest: html.slice(at + 1) };
    const attribute = /([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?|./sy;
    attribute.lastIndex = at;
    const [whole = '', name, double, single, bare] = attribute.exec(html) ?? [];
    if (name && !(name in attributes)) attributes[name.toLowerCase()] = decodeEntities(double ?? single ?? bare ?? '');
    at += Math.max(1, whole.length);
  }
  throw new Error('The image tag never ends.');
}

/** Every image of an email, read like the one of a block. */
export const readImages = (html: string): Record<string, string>[] =>
  [...html.matchAll(/<img\b/g)].map(({ index }) => readImage(html.slice(index)).attributes);

/** The request line's target for a picture's address, as a mail client or proxy would send it. */
export function requestTarget(src: string): string {
  const url = new URL(src);
  return url.pathname + url.search;
}
