import { Liquid } from 'liquidjs';
import type { Filler, Profile } from './platforms.ts';

/** What the fakes put where a platform names the campaign. */
export const CAMPAIGN = 'campaign-7';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const plus = (text: string): string => percent(text).replaceAll('%20', '+');

/** Tags that stand for a value or a fallback and can do nothing else; the groups of `tag` are the name and the fallback. */
const plain =
  (tag: RegExp, nameOf = (name: string): string => name): Filler =>
  (text, profile, escaping) =>
    text.replace(tag, (_, name: string, fallback = '') => {
      const value = profile[nameOf(name)] ?? '';
      if (value === '') return fallback;
      return escaping === 'escapes' ? escapeHtml(value) : value;
    });

const caseless = (profile: Profile): Profile =>
  Object.fromEntries(Object.entries(profile).map(([name, value]) => [name.toLowerCase(), value]));

/** HubSpot says nothing of escaping; it runs filters on a contact's tokens in programmable email, as here. */
const hubspot: Filler = (text, profile, escaping) => {
  const write = (value: string): string => (escaping === 'escapes' ? escapeHtml(value) : value);
  return text
    .replace(/\{\{ contact\.(\w+)(\|urlencode)? \}\}/g, (_, name, encodes) =>
      encodes ? plus(profile[name] ?? '') : write(profile[name] ?? ''),
    )
    .replace(
      /\{\{ personalization_token\('contact\.(\w+)', '((?:[^'\\]|\\.)*)'\) \}\}/g,
      (_, name, fallback: string) => (profile[name] ? write(profile[name]) : fallback.replace(/\\(.)/g, '$1')),
    );
};

/** Brevo follows Django, whose grammar is Liquid's as far as these tags go; nobody says whether it escapes. */
const brevo: Filler = (text, profile, escaping) => {
  const engine = new Liquid({ jsTruthy: true, ...(escaping === 'escapes' && { outputEscape: 'escape' as const }) });
  engine.registerFilter('urlencode', (value) => percent(String(value ?? '')).replaceAll('%2F', '/'));
  return engine.parseAndRenderSync(text, { contact: profile });
};

/** The latest Liquid of Customer.io is LiquidJS: it escapes nothing, and a missing attribute fails the message. */
const customerio: Filler = (text, profile) => {
  const engine = new Liquid({ strictVariables: true, strictFilters: true, lenientIf: true });
  return engine.parseAndRenderSync(text, { customer: profile, campaign: { id: CAMPAIGN } });
};

/** Braze's Liquid escapes nothing; a name stands in `${}`, alone or behind its source. */
const braze: Filler = (text, profile) => {
  const engine = new Liquid({ strictFilters: true });
  engine.registerFilter('url_param_escape', (value) => percent(String(value ?? '')));
  const plainLiquid = text.replace(/(\w+\.)?\$\{([\w -]+)\}/g, (_, source = 'standard.', name) => {
    return `${source.slice(0, -1)}["${name}"]`;
  });
  const scopes = { standard: profile, custom_attribute: profile, campaign: { api_id: CAMPAIGN } };
  return engine.parseAndRenderSync(plainLiquid, scopes);
};

const kit: Filler = (text, profile) =>
  new Liquid({ strictFilters: true }).parseAndRenderSync(text, { subscriber: profile });

const lemlist: Filler = (text, profile, escaping) =>
  new Liquid({ ...(escaping === 'escapes' && { outputEscape: 'escape' as const }) }).parseAndRenderSync(text, profile);

/** Handlebars: two braces escape, three do not; an empty text is false. */
const handlebars: Filler = (text, profile) => {
  const value = (name: string): string => profile[name.replace(/^\[(.*)\]$/, '$1')] ?? '';
  const escaped = (raw: string): string =>
    escapeHtml(raw).replace(/&#39;|[`=]/g, (c) => ({ '`': '&#x60;', '=': '&#x3D;' })[c] ?? '&#x27;');
  const fill = (part: string): string =>
    part.replace(/\{\{\{([^{}]+)\}\}\}|\{\{([^{}#/]+)\}\}/g, (_, raw, name) =>
      raw === undefined ? escaped(value(name)) : value(raw),
    );
  return text
    .split(/(\{\{#urlEncode\}\}.*?\{\{\/urlEncode\}\}|\{\{#if [^{}]+\}\}.*?\{\{\/if\}\})/s)
    .map((part) => {
      const [, encoded] = /^\{\{#urlEncode\}\}(.*)\{\{\/urlEncode\}\}$/s.exec(part) ?? [];
      if (encoded !== undefined) return plus(fill(encoded));
      const [, name, then, otherwise = ''] =
        /^\{\{#if ([^{}]+)\}\}(.*?)(?:\{\{else\}\}(.*))?\{\{\/if\}\}$/s.exec(part) ?? [];
      if (name === undefined || then === undefined) return fill(part);
      return fill(value(name) === '' ? otherwise : then);
    })
    .join('');
};

/** AMPscript, as far as one expression goes: it escapes nothing, and an attribute that does not exist is empty. */
const marketingcloud: Filler = (text, profile) => {
  const functions: Readonly<Record<string, (...given: string[]) => string>> = {
    ATTRIBUTEVALUE: (name = '') => profile[name] ?? '',
    URLENCODE: (value = '', all, whole) => (all === '1' && whole === '1' ? plus(value) : value.replaceAll(' ', '%20')),
    REPLACE: (value = '', what = '', by = '') => value.replaceAll(what, () => by),
    CHAR: (code = '') => String.fromCharCode(Number(code)),
    CONCAT: (...parts) => parts.join(''),
  };
  const evaluate = (source: string): string => {
    let at = 0;
    const read = (): string => {
      const [token = ''] = /'(?:[^']|'')*'|\d+|\w+|./sy.exec(source.slice(at)) ?? [];
      at += token.length;
      if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
      if (source[at] !== '(') return token;
      const given: string[] = [];
      do {
        at++;
        given.push(read());
      } while (source[at] === ',');
      if (source[at++] !== ')') throw new Error(`AMPscript: a bracket is missing in ${source}`);
      const call = functions[token.toUpperCase()];
      if (!call) throw new Error(`AMPscript has no function ${token}`);
      return call(...given);
    };
    const value = read();
    if (at !== source.length) throw new Error(`AMPscript: ${source.slice(at)} is left over`);
    return value;
  };
  return text
    .replaceAll('%%jobid%%', CAMPAIGN)
    .replace(/%%\[IF EMPTY\((.*?)\) THEN\]%%(.*?)%%\[ELSE\]%%(.*?)%%\[ENDIF\]%%/gs, (_, subject, then, otherwise) =>
      evaluate(subject) === '' ? then : otherwise,
    )
    .replace(/%%=(.*?)=%%/g, (_, expression) => evaluate(expression));
};

/** Marketo encodes every value for HTML and sends a token as it stands when there is no field of that name. */
const marketo: Filler = (text, profile) =>
  text
    .replaceAll('{{program.id}}', CAMPAIGN)
    .replace(/\{\{lead\.([^:{}]+)(?::default=([^{}]*))?\}\}/g, (token, name: string, fallback = '') => {
      const value = profile[name];
      return value === undefined ? token : value === '' ? fallback : escapeHtml(value);
    });

/** The platforms without a connector. Where none says what it escapes, both answers are tried. */
export const neighbours = {
  hubspot,
  brevo,
  activecampaign: plain(/%([A-Z][A-Z0-9_]*)%()/g),
  sendgrid: handlebars,
  customerio,
  braze,
  iterable: (text, profile, escaping) => handlebars(text, { campaignId: CAMPAIGN, ...profile }, escaping),
  campaignmonitor: (text, profile, escaping) =>
    plain(/\[(\w+),fallback=([^\]]*)\]/g, (name) => name.toLowerCase())(text, caseless(profile), escaping),
  constantcontact: (text, profile, escaping) =>
    plain(/\[\[([\w.]+)(?: OR "([^"]*)")?\]\]/g, (name) => name.toLowerCase())(text, caseless(profile), escaping),
  instantly: plain(/\{\{(\w+)(?: \| ([^}]*))?\}\}/g),
  lemlist,
  mailerlite: plain(/\{\$(\w+)(?:\|default\('([^']*)'\))?\}/g),
  kit,
  marketingcloud,
  marketo,
} satisfies Record<string, Filler>;
