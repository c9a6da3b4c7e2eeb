/** What goes into an email for one link: the whole block, and its image for editors that take only that. */
export type EmailBlock = {
  /** Id of the link: one block of a link stands in a text, ever. */
  readonly link: string;
  /** The beginning of every address of the link, by which an earlier block is known again: `<public url>/i/<token>`. */
  readonly address: string;
  /** The block between its two marks, ready for HTML. */
  readonly html: string;
  /** `src`, `alt` and `href` hold the platform's tags and are not escaped for HTML. Width in CSS pixels. */
  readonly image: { readonly src: string; readonly alt: string; readonly href: string | null; readonly width: number };
};
