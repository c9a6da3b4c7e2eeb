/**
 * How one email platform writes its merge tags. Every tag is text to be pasted into an email's HTML and filled in by the
 * platform; field names reaching these functions already match `fieldPattern`.
 */
export type Dialect = {
  /** The name in the API and the CLI: lower case, one word. */
  readonly id: string;
  readonly title: string;
  /** The property or merge field that holds our contact reference, unless the connection names another. */
  readonly referenceField: string;
  /** The names of fields that can stand in a tag of this platform. */
  readonly fieldPattern: RegExp;
  /** One sentence that says what `fieldPattern` wants. */
  readonly fieldRule: string;
  /** The platform's own fields for what nearly every template asks, by our usual names; only ever used with a default. */
  readonly usualTags: Readonly<Record<string, string>>;
  /** The tag for our contact reference (40 base64url characters, so nothing to encode). */
  referenceTag(field: string): string;
  /** The tag for a query value, URL-encoded by the platform where it can; an empty profile field gives an empty value. */
  urlTag(field: string): string;
  /** Whether `urlTag` URL-encodes. Where not, `&`, `#`, `+` and `%` in a value are read as parts of the URL. */
  readonly encodes: boolean;
  /**
   * The tag for a double-quoted attribute, without a double quote of its own. `fallback` is already escaped for HTML and
   * stands in for an empty field; where no tag can say that, it stands for everybody.
   */
  attributeTag(field: string, fallback: string): string;
  /** Whether it is sure that no double quote of a value gets through `attributeTag`. */
  readonly escapes: boolean;
  /** The tag that differs from campaign to campaign, where there is one that is sure to work. */
  readonly sendTag?: string;
  /** What arrives when the platform does not fill a tag in: in its tests and previews. */
  readonly unreplaced: string;
  /** What to know before using it, one sentence each. */
  readonly limits: readonly string[];
  /** What cannot be done on it, one sentence each. */
  readonly cannot: readonly string[];
};

/**
 * A fallback, already escaped for HTML, as it stands in a tag between single quotes: platforms differ in what a backslash
 * does there, so it becomes an entity.
 */
export const quoted = (fallback: string): string => `'${fallback.replaceAll('\\', '&#92;')}'`;
