import { words } from '../../words.ts';

const { inbox } = words.template;

/** How a mail app treats a picture. */
export type MailApp = {
  readonly title: string;
  /** What it asks above an email whose pictures it does not load. */
  readonly asks: string;
  /** What its desktop says before the alt text. */
  readonly says: string | undefined;
  /** Whether its desktop takes the width from the attribute alone, whatever the styles say. */
  readonly isWord: boolean;
  /** What to know of it with pictures on and off. */
  readonly about: string;
  readonly aboutBlocked: string;
};

/** Mail apps that differ; what each does is told in the `inbox` of the words. */
export const mailApps = {
  apple: { title: 'Apple Mail', says: undefined, isWord: false, ...inbox.apps.apple },
  gmail: { title: 'Gmail', says: undefined, isWord: false, ...inbox.apps.gmail },
  outlook: { title: 'Outlook', says: inbox.outlookSays, isWord: true, ...inbox.apps.outlook },
} as const satisfies Record<string, MailApp>;

/** A picture as it is put into an email. */
export type Shown = {
  /** In CSS pixels, as designed. */
  readonly width: number;
  readonly scale: number;
  /** Whether the block still says how wide it is. */
  readonly isSized: boolean;
};

/** How wide an app shows a picture in a column of that width, in CSS pixels. */
export function shownWidth({ width, scale, isSized }: Shown, column: number, readsStyles: boolean): number {
  // Nothing says how wide it is: every pixel of the file is one of the screen.
  if (!isSized) return width * scale;
  return readsStyles ? Math.min(width, column) : width;
}
