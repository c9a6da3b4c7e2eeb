// What moves the cursor, colours, renames or answers for a terminal, and what turns the direction of a text around.
const STEERING = /[^\P{Cc}\n\t\r]|\r(?!\n)|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text as it may be printed: names and emails that come from platforms, and whoever is in them, steer no terminal. What
 * could is written as JSON escapes it, so that JSON stays what it was.
 */
export const printable = (text: string): string =>
  text.replace(STEERING, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
