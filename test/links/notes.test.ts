import { describe, expect, it } from 'vitest';
import { dialects } from '../../core/links/dialects/index.ts';
import { linkNotes } from '../../core/links/notes.ts';

const contact = { first_name: { from: 'contact' } } as const;
const open = { first_name: { from: 'open', tag: 'name' } } as const;

describe('what is said beside a block', () => {
  it.each(Object.values(dialects))('are whole sentences on $title, each once', (dialect) => {
    const notes = linkNotes({ dialect, fields: open });
    expect(new Set(notes).size).toBe(notes.length);
    for (const note of notes) expect(note).toMatch(/^["\p{Lu}].*\.$/u);
    expect(notes).toEqual(expect.arrayContaining([...dialect.limits, ...dialect.cannot]));
  });

  it('warns of an address that the platform does not encode, and only where it fills something in', () => {
    const warning = /^Campaign Monitor cannot URL-encode a value: .*"&", "#" or double quote/;
    const [first] = linkNotes({ dialect: dialects.campaignmonitor, fields: open });
    expect(first).toMatch(warning);
    const others = [
      linkNotes({ dialect: dialects.campaignmonitor, fields: contact }),
      linkNotes({ dialect: dialects.customerio, fields: open }),
    ].flat();
    expect(others.filter((note) => /URL-encode a value/.test(note))).toEqual([]);
  });

  it('says nothing of pasting, nor of making fields, where the picture was placed', () => {
    const { mailchimp, klaviyo } = dialects;
    const placed = linkNotes({ dialect: mailchimp, fields: contact }, { isPlaced: true });
    for (const note of mailchimp.limits) expect(placed).not.toContain(note);
    expect(placed).toEqual(expect.arrayContaining([...mailchimp.cannot]));
    expect(linkNotes({ dialect: klaviyo, fields: open }, { isPlaced: true })).toEqual(
      expect.arrayContaining([...klaviyo.limits]),
    );
  });

  it('asks for a send marker where no tag names the campaign and none was given', () => {
    const asks = (notes: readonly string[]): boolean => notes.some((note) => note.includes('give a send marker'));
    expect(asks(linkNotes({ dialect: dialects.klaviyo, fields: contact }))).toBe(true);
    expect(asks(linkNotes({ dialect: dialects.klaviyo, fields: contact, send: 'spring-1' }))).toBe(false);
    expect(asks(linkNotes({ dialect: dialects.mailchimp, fields: contact }))).toBe(false);
  });

  it('says where a double quote in a name may end the alt text', () => {
    const says = (notes: readonly string[]): boolean => notes.some((note) => note.includes('double quote in a name'));
    expect(says(linkNotes({ dialect: dialects.mailchimp, fields: contact }))).toBe(true);
    expect(says(linkNotes({ dialect: dialects.klaviyo, fields: contact }))).toBe(false);
  });
});
