import { brokenRule } from '../../core/template/text-rules.ts';
import { defaultPolicy, type LinkPolicy } from './link.ts';

// What people read as an address, also without a scheme; a name such as "J.R. Smith" is none.
const ADDRESS =
  /[a-z]:\/\/|www\.|@[\w-]+\.|[\w-]+\.(?:com|net|org|info|biz|io|co|ru|cn|xyz|top|site|online|shop|link|click|me|app|dev)\b/i;
const LINE_BREAK = /[\r\n\u2028\u2029]/;

/**
 * Whether the value that came in an open field may be drawn. Refused is whatever is too long, not on the list, has a
 * line break, is written in other letters or in another form than allowed, names an asset, holds an address or a word
 * from the list: an open field is text anybody can put on the owner's picture.
 */
export function isLetThrough(policy: LinkPolicy, field: string, value: string): boolean {
  const rules = policy.fields[field] ?? defaultPolicy;
  if ([...value].length > rules.maxLength || LINE_BREAK.test(value)) return false;
  const folded = value.normalize('NFKC').toLowerCase().trim();
  // The workspace's own pictures are not for strangers to choose from.
  if (folded.startsWith('asset:') || folded.startsWith('s3:')) return false;
  if (rules.options && !rules.options.some((option) => option.normalize('NFKC').toLowerCase() === folded)) return false;
  if (brokenRule(rules, value) !== undefined) return false;
  if (!rules.urls && ADDRESS.test(folded)) return false;
  const words = new Set(folded.split(/[^\p{L}\p{M}\p{N}]+/u));
  return !rules.words.some((word) => words.has(word.toLowerCase()));
}
