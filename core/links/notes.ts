import type { Placement } from './html.ts';

/**
 * What to know of a link on its platform before pasting it, one sentence each: what this very link runs into, what
 * to do on the platform, and what cannot be done there. Where it was placed for them, nobody makes a field or pastes a block,
 * so that what the platform fills into the address is all that is left to mind.
 */
export function linkNotes(
  { dialect, fields, send }: Pick<Placement, 'dialect' | 'fields' | 'send'>,
  { isPlaced = false } = {},
): string[] {
  const { title, encodes, escapes, sendTag, limits, cannot } = dialect;
  const isOpen = Object.values(fields).some(({ from }) => from === 'open');
  return [
    ...(isOpen && !encodes
      ? [
          `${title} cannot URL-encode a value: what it fills into the address ends at its first "&", "#" or double quote, a "+" becomes a space and "%41" an "A". A contact link needs no encoding.`,
        ]
      : []),
    ...(isPlaced && !isOpen ? [] : limits),
    ...(send === undefined && sendTag === undefined
      ? [`No tag of ${title} is sure to name the campaign: give a send marker when you place the block.`]
      : []),
    ...(escapes
      ? []
      : [
          `It is not documented that ${title} encodes a double quote in a name inside an attribute: where it does not, the alt text ends there; the picture and its size stand.`,
        ]),
    ...cannot,
  ];
}
