const PLACEHOLDER = /\{([^{}]*)\}/g;
// Where an address leads may never depend on data: scheme, host and port end before the first placeholder.
const LITERAL_ORIGIN = /^https?:\/\/[^/?#{}\\@\s]+(?:[/?]|$)/i;

/** The parameters an address has places for: `city` of `https://api.example.com/weather?q={city}`. */
export const placeholders = (url: string): string[] => [...url.matchAll(PLACEHOLDER)].map(([, name = '']) => name);

/** Whether an address can be one of a source: http or https, a host in plain letters, no login, no fragment. */
export const isSourceAddress = (url: string): boolean =>
  LITERAL_ORIGIN.test(url) && !url.includes('#') && URL.canParse(url.replace(PLACEHOLDER, 'x'));

/** The address with its parameters, encoded; undefined when one of them, `.` or `..`, would lead to another path. */
export function fillAddress(url: string, params: Readonly<Record<string, string>>): string | undefined {
  const filled = url.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent((params[name] ?? '').toWellFormed()));
  return levels(filled) === levels(url.replace(PLACEHOLDER, 'x')) ? filled : undefined;
}

const levels = (url: string): number => new URL(url).pathname.split('/').filter((level) => level !== '').length;
