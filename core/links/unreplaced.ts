/**
 * Merge tags as they look when a platform did not fill them in: in tests, in previews, or misspelled. Each is matched
 * on a trimmed value, runs in linear time, and carries examples that the tests read.
 */
export const unreplacedPatterns = [
  { platform: 'Mailchimp', pattern: /^\*\|/, examples: ['*|FNAME|*', '*|IF:FNAME|**|FNAME|**|END:IF|*', '*|URL:CITY'] },
  { platform: 'Mailchimp, inside a text', pattern: /\*\|[^|*]+\|\*/, examples: ['Hi *|FNAME|*', 'a *|URL:CITY|* b'] },
  { platform: 'Mailchimp tests', pattern: /^<<[^<>]*>>$/, examples: ['<< Test First Name >>', '<<Test City>>'] },
  { platform: 'Mailchimp test addresses', pattern: /^__\w+__$/, examples: ['__test_email__'] },
  {
    platform: 'Klaviyo, HubSpot, Brevo, SendGrid, Customer.io, Braze, Iterable, Instantly, Lemlist, Kit, Marketo',
    // Unclosed too: a browser cuts a URL at the # of `{{#urlEncode}}`.
    pattern: /^\{\{/,
    examples: [
      '{{ first_name|default:"" }}',
      '{{contact.firstname}}',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Braze writes its tags so.
      '{{${first_name} | default: "x"}}',
      '{{insert first_name "default=x"}}',
      '{{lead.First Name:default=x}}',
      '{{firstName | x}}',
      '{{#urlEncode}}{{{firstName}}}{{/urlEncode}}',
      '{{#if first_name}}',
      '{{[First Name]}}',
      "{{ personalization_token('contact.firstname', 'x') }}",
      '{{insert first_name',
      '{{',
    ],
  },
  { platform: 'double braces, inside a text', pattern: /\{\{[^{}]*\}\}/, examples: ['Hi {{ first_name }}!'] },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Braze writes its tags so.
  { platform: 'Braze, inside a text', pattern: /\{\{\$\{[^{}]*\}[^{}]*\}\}/, examples: ['Hi {{${first_name}}}'] },
  {
    platform: 'Django and Liquid blocks',
    pattern: /^\{%/,
    examples: ['{% if first_name %}', '{%=lead.firstName%}', '{%'],
  },
  { platform: 'blocks, inside a text', pattern: /\{%[^{}]*%\}/, examples: ['Hi {% if vip %}Bo{% endif %}'] },
  { platform: 'MailerLite, inside a text', pattern: /\{\$\w[^{}]*\}/, examples: ["Hi {$name|default('x')}!"] },
  { platform: 'MailerLite', pattern: /^\{\$\w/, examples: ["{$name|default('x')}", '{$name'] },
  {
    platform: 'Salesforce Marketing Cloud',
    // With its escapes too, for decoding `%%Fax%20Number%%` would take `%Fa` for one.
    pattern: /^%%(?:[^%]|%[0-9A-Fa-f]{2})+%%$/,
    examples: ['%%FirstName%%', '%%=v(@name)=%%', '%%First Name%%', '%%Fax%20Number%%'],
  },
  {
    platform: 'Salesforce Marketing Cloud, inside a text',
    pattern: /%%[A-Za-z_=][^%]*%%/,
    examples: ['Hi %%First Name%%', '%%FirstName%% %%LastName%%'],
  },
  {
    platform: 'AMPscript, cut at a quote',
    pattern: /^%%[=[]/,
    examples: ["%%=URLEncode(AttributeValue('FirstName'),1,1)=%%", '%%=v(AttributeValue(', '%%[IF EMPTY(', '%%='],
  },
  {
    platform: 'ActiveCampaign',
    // Never inside a text: `%A9TIENNE%` stands in many an encoded name.
    pattern: /^%[A-Za-z_][\w.:-]*%(?:(?:[\s+]|%20)+%[A-Za-z_][\w.:-]*%)*$/,
    examples: ['%FIRSTNAME%', '%DATE%', '%FACEBOOK%', '%PERS_CITY%', '%FIRSTNAME% %LASTNAME%', '%DATE%%20%FACEBOOK%'],
  },
  { platform: 'Constant Contact, cut at a quote', pattern: /^\[\[\w[\w.]{0,99} OR\b/, examples: ['[[FIRSTNAME OR'] },
  {
    platform: 'Constant Contact',
    pattern: /^\[\[[^[\]]*\]\]$/,
    examples: ['[[FIRSTNAME OR "x"]]', '[[FIRSTNAME]]', '[[CUSTOM.mergepix]]'],
  },
  {
    platform: 'Constant Contact, inside a text',
    pattern: /\[\[[A-Za-z][^[\]]*\]\]/,
    examples: ['Hi [[FIRSTNAME OR "x"]]', '[[FIRSTNAME]] [[LASTNAME]]'],
  },
  {
    platform: 'Campaign Monitor, inside a text',
    pattern: /\[[A-Za-z]\w{0,60},fallback=[^[\]]*\]/i,
    examples: ['Hi [firstname,fallback=x]!'],
  },
  {
    platform: 'Campaign Monitor',
    pattern: /^\[[A-Za-z][\w ]{0,60},\s{0,9}fallback=/i,
    examples: ['[firstname,fallback=x]', '[firstname, fallback=', '[first name,fallback=]'],
  },
] as const;

/**
 * Whether a value is a merge tag nobody replaced, of any platform, or holds a whole `*|TAG|*` or `{{ tag }}`: such a
 * value counts as blank. Linear in the text's length.
 */
export function isUnreplaced(text: string): boolean {
  const value = text.trim();
  return unreplacedPatterns.some(({ pattern }) => pattern.test(value));
}
