import { expect, it } from 'vitest';
import { shownWidth } from '../../studio/src/pages/template/mail-apps.ts';

it.each([
  ['a hero in its own column', { width: 600, scale: 2, isSized: true }, 600, true, 600],
  ['a hero on a phone', { width: 600, scale: 2, isSized: true }, 343, true, 343],
  ['a badge narrower than the column', { width: 420, scale: 2, isSized: true }, 600, true, 420],
  ['a certificate where styles are read', { width: 1123, scale: 2, isSized: true }, 600, true, 600],
  ['a certificate in Outlook', { width: 1123, scale: 2, isSized: true }, 600, false, 1123],
  ['a hero without a width, anywhere', { width: 600, scale: 2, isSized: false }, 343, true, 1200],
  ['a hero without a width in a plain file', { width: 600, scale: 1, isSized: false }, 600, false, 600],
])('knows how wide %s is', (_, shown, column, readsStyles, width) => {
  expect(shownWidth(shown, column, readsStyles)).toBe(width);
});
