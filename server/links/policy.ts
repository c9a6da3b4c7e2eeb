import type { Fields } from '../../core/template/fields/index.ts';
import { brokenRule } from '../../core/template/text-rules.ts';
import type { LinkPolicy, OpenFieldPolicy } from './link.ts';

// What people read as an address, also without a scheme; a name such as "J.R. Smith" is none.
const ADDRESS =
  /[a-z]:\/\/|www\.|@[\w-]+\.|[\w-]+\.(?:com|net|org|info|biz|io|co|ru|cn|xyz|top|site|online|shop|link|click|me|app|dev)\b/i;
const LINE_BREAK = /[\r\n\u2028\u2029]/;

const noPolicy: OpenFieldPolicy = { words: [] };
const USUAL_LENGTH = 60;
const ADDRESS_LENGTH = 2000;

/**
 * What a field lets through where its policy does not say: a text as long as its template allows, and addresses only where
 * the hosts they may name are known.
 */
function usualOf(asked: Fields[string] | undefined): { readonly maxLength: number; readonly urls: boolean } {
  const namesHosts = asked?.type === 'image' || (asked?.type === 'url' && asked.hosts !== undefined);
  if (namesHosts) return { maxLength: ADDRESS_LENGTH, urls: true };
  return { maxLength: (asked?.type === 'text' && asked.maxLength) || USUAL_LENGTH, urls: false };
}

/**
 * Whether the value that came in an open field may be drawn. Refused is whatever is too long, not on the list, has a
 * line break, is written in other letters or in another form than allowed, names an asset, holds an address or a word
 * from the list: an open field is text anybody can put on the owner's picture. `asked` is the field as its template has it.
 */
export function isLetThrough(policy: LinkPolicy, field: string, value: string, asked?: Fields[string]): boolean {
  const rules = policy.fields[field] ?? noPolicy;
  const usual = usualOf(asked);
  const { maxLength = usual.maxLength, urls = usual.urls } = rules;
  if ([...value].length > maxLength || LINE_BREAK.test(value)) return false;
  const folded = value.normalize('NFKC').toLowerCase().trim();
  // The workspace's own pictures are not for strangers to choose from.
  if (folded.startsWith('asset:') || folded.startsWith('s3:')) return false;
  if (rules.options && !rules.options.some((option) => option.normalize('NFKC').toLowerCase() === folded)) return false;
  if (brokenRule(rules, value) !== undefined) return false;
  if (!urls && ADDRESS.test(folded)) return false;
  const words = new Set(folded.split(/[^\p{L}\p{M}\p{N}]+/u));
  return !rules.words.some((word) => words.has(word.toLowerCase()));
}
