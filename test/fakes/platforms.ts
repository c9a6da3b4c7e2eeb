import type { DialectId } from '../../core/links/dialects/index.ts';
import { neighbours } from './neighbours.ts';

/** What a platform knows of one recipient: profile fields by name, an event's under `event.<name>`. */
export type Profile = Readonly<Record<string, string>>;

/** The two answers to what nobody has documented: Mailchimp's encoding of values, Klaviyo's switch for autoescape. */
export type Escaping = 'escapes' | 'raw';

/** Fills in one platform's tags. */
export type Filler = (text: string, profile: Profile, escaping: Escaping) => string;

/** What the platform would send to one recipient in place of `text`, an email's HTML with merge tags. */
export function fillAs(platform: DialectId, text: string, profile: Profile, escaping: Escaping = 'escapes'): string {
  return fillers[platform](text, profile, escaping);
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? '&#39;');

const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function fillMailchimp(text: string, profile: Profile, escaping: Escaping): string {
  const value = (tag: string): string => profile[tag] ?? '';
  return text
    .replace(/\*\|IF:(\w+)\|\*(.*?)\*\|ELSE:\|\*(.*?)\*\|END:IF\|\*/gs, (_, tag, then, otherwise) =>
      value(tag) === '' ? otherwise : then,
    )
    .replace(/\*\|(URL:)?(\w+)\|\*/g, (_, url, tag) => {
      if (url) return percent(value(tag)).replaceAll('%20', '+');
      return escaping === 'escapes' ? escapeHtml(value(tag)) : value(tag);
    });
}

type Django = { readonly text: string; readonly isSafe: boolean; readonly path: string };

// Follows Django: literal arguments are safe, `escape` marks a value for escaping once, urlencode leaves the slash.
const filters: Readonly<Record<string, (value: Django, argument: string, profile: Profile) => Django>> = {
  lookup: ({ path }, name, profile) => {
    const deeper = path === 'person' ? name : `${path}.${name}`;
    return { text: profile[deeper] ?? '', isSafe: false, path: deeper };
  },
  default: (value, argument) => (value.text === '' ? { ...value, text: argument, isSafe: true } : value),
  urlencode: (value) => ({ ...value, text: percent(value.text).replaceAll('%2F', '/'), isSafe: false }),
  escape: (value) => (value.isSafe ? value : { ...value, text: escapeHtml(value.text), isSafe: true }),
};

function fillKlaviyo(text: string, profile: Profile, escaping: Escaping): string {
  return text.replace(/\{\{ ?(.*?) ?\}\}/g, (_, expression: string) => {
    const [, name = '', rest = ''] = /^([\w.]+)(.*)$/s.exec(expression) ?? [];
    // Django has no names that begin with an underscore.
    if (/\._/.test(name)) throw new Error(`Klaviyo could not read ${name}`);
    let value: Django = {
      text: profile[name] ?? profile[name.replace(/^person\./, '')] ?? '',
      isSafe: false,
      path: name,
    };
    const consumed = rest.replace(/\|(\w+)(?::'((?:[^'\\]|\\.)*)')?/g, (_filter, filter: string, argument = '') => {
      const apply = filters[filter];
      if (!apply) throw new Error(`Klaviyo has no filter "${filter}"`);
      value = apply(value, argument.replace(/\\(.)/g, '$1'), profile);
      return '';
    });
    if (consumed !== '') throw new Error(`Klaviyo could not parse the remainder: ${consumed}`);
    return value.isSafe || escaping === 'raw' ? value.text : escapeHtml(value.text);
  });
}

const fillers = { mailchimp: fillMailchimp, klaviyo: fillKlaviyo, ...neighbours } satisfies Record<DialectId, Filler>;
