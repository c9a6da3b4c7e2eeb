import { describe, expect, it } from 'vitest';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { fillAddress, fillAltText } from '../../core/links/fill.ts';
import { type AltText, imageBlock, linkUrl, type Placement } from '../../core/links/html.ts';
import { signReference } from '../../core/links/reference.ts';
import { signToken } from '../../core/links/token.ts';
import { isUnreplaced } from '../../core/links/unreplaced.ts';
import { parseImagePath } from '../../core/links/url.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import { fillAs } from '../fakes/platforms.ts';
import tags from '../vectors/dialects.json' with { type: 'json' };

const key = createSigningKey('k1', 'a-secret-for-tests-of-32-bytes-or-more');
const reference = signReference('Zm9vYmFyYmF6cXV4', key);
const size = { width: 600, height: 300 };
const alt: AltText = {
  source: 'Welcome back, {{ first_name }}.',
  rendered: 'Welcome back, there.',
  defaults: { first_name: 'there' },
};
const names = ['Amira', 'Zoë', '渡辺 美咲', "Seán O'Neil", '$& $1', ''];
const platforms = Object.keys(dialects) as DialectId[];
// What is not encoded ends at its first "&": the notes of these platforms say so.
const isCarried = (id: DialectId, name: string) => dialects[id].encodes || !name.includes('&');
const cases = platforms.flatMap((id) => names.map((name) => ({ id, name })));

const placementOf = (id: DialectId, mode: Placement['mode']): Placement => ({
  ...{ publicUrl: 'https://img.example.com', token: signToken({ kind: 'link', id: 'Vq3x-0Zp_7aB9cDe' }, key) },
  ...{ extension: 'jpg', dialect: dialects[id], mode },
  fields: {
    first_name: { from: mode === 'merge' ? 'open' : 'contact', tag: tags[id].name },
    ...(mode === 'merge' && { city: { from: 'open' as const, tag: tags[id].city } }),
  },
});
const tagsOf = (id: DialectId) => ({
  dialect: dialects[id],
  fields: { first_name: tags[id].name, city: tags[id].city },
});
const recipient = (name: string) => ({ reference, send: 'may 2026', values: { first_name: name, city: name } });

describe('the tags of a link, filled in as its platform would', () => {
  it.each(cases.filter(({ id, name }) => isCarried(id, name)))('give the address of $name on $id', ({ id, name }) => {
    const url = fillAddress(linkUrl(placementOf(id, 'merge')), tagsOf(id), recipient(name));
    const { open } = parseImagePath(requestTarget(url));
    expect({ ...open }).toEqual({ first_name: name, city: name });
    const byReference = fillAddress(linkUrl(placementOf(id, 'contact')), tagsOf(id), recipient(name));
    const address = parseImagePath(requestTarget(byReference));
    expect([address.contact, address.send]).toEqual([reference, dialects[id].sendTag && 'may 2026']);
  });

  it.each(cases)('give the alt text that $id gives for $name', ({ id, name }) => {
    const block = imageBlock(placementOf(id, 'contact'), size, alt);
    const profile = { [tags[id].name]: name, [dialects[id].referenceField]: reference };
    const filled = fillAltText(readImage(block).attributes.alt ?? '', tagsOf(id), recipient(name));
    expect(filled).toBe(readImage(fillAs(id, block, profile, 'escapes')).attributes.alt);
    expect(isUnreplaced(filled)).toBe(false);
  });
});
