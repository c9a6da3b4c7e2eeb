/**
 * Who asks for a picture, by `User-Agent`. Mail proxies fetch on behalf of people, before or without anybody looking: they
 * are named as what they are and never counted as somebody who opened an email.
 */
export type Reader = 'apple-proxy' | 'gmail-proxy' | 'yahoo-proxy' | 'outlook' | 'bot' | 'browser' | 'other';

/** In this order: many pretend to be a browser besides. */
const signs: readonly (readonly [Reader, RegExp])[] = [
  ['gmail-proxy', /GoogleImageProxy|ggpht\.com/i],
  ['yahoo-proxy', /YahooMailProxy/i],
  [
    'bot',
    /bot\b|crawl|spider|slurp|preview|facebookexternalhit|curl\/|wget|python|headless|monitor|scanner|http-?client/i,
  ],
  ['outlook', /Outlook|MSOffice|Microsoft Office/i],
  ['browser', /^Mozilla\/5\.0 .*(?:Firefox\/|Chrome\/|Safari\/|Edg\/)/],
];

// All that Apple's proxy says about itself is this; a browser says which one it is.
const APPLE = 'Mozilla/5.0';

/** The kind of reader a `User-Agent` tells of. */
export function readerOf(userAgent: string | undefined): Reader {
  const text = userAgent?.trim() ?? '';
  if (text === APPLE) return 'apple-proxy';
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? 'other';
}
