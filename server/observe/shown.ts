/** What an address showed, as far as it is known: a link's picture or a sealed one. Ids and names, never values. */
export type Shown = {
  readonly kind: 'link' | 'sealed';
  readonly id: string;
  readonly workspace?: string;
  readonly template?: string;
  readonly version?: number;
  /** Id of the contact it was for. */
  readonly contact?: string;
  readonly send?: string;
  /** Fields that show something else than the data said, and why. */
  readonly mended?: readonly Mended[];
};

/** A field that was mended, and the code of the warning about it. */
export type Mended = { readonly field: string; readonly reason: string };

/** An outcome taken apart: `defaults; contact-blank` is the picture with the defaults, because the contact was blank. */
export type Outcome = {
  readonly word: string;
  readonly cause: string | undefined;
  /** Whether the recipient saw less than what the address promises. */
  readonly isBelowFresh: boolean;
  /** Whether that is so because somebody took back or ended what was shown. */
  readonly isIntended: boolean;
};

const whole = new Set(['hit', 'rendered', 'stale']);
// What somebody did on purpose is no reason to wake anybody.
const intended = new Set(['revoked', 'erased', 'expired', 'closed']);

/** Takes an outcome apart. */
export function readOutcome(outcome: string): Outcome {
  const at = outcome.indexOf('; ');
  const word = at < 0 ? outcome : outcome.slice(0, at);
  const cause = at < 0 ? undefined : outcome.slice(at + 2);
  const isIntended = cause !== undefined && intended.has(cause);
  return { word, cause, isBelowFresh: cause !== undefined || !whole.has(word), isIntended };
}
