const outcomes = {
  hit: 'Made before',
  rendered: 'Drawn just now',
  stale: 'An older one of theirs',
  'last-good': 'The last good one of theirs',
  defaults: 'The defaults',
  fallback: 'The fallback picture',
  neutral: 'The neutral picture',
} as const;

const outcomeReasons = {
  'contact-blank': 'the address names nobody',
  'contact-unknown': 'nobody is known by that reference',
  'contact-invalid': 'the reference is not one of ours',
  'contact-unreadable': 'contacts cannot be read just now',
  'image-missing': 'a picture of theirs cannot be had',
  unavailable: 'the service cannot read what it needs just now',
  overloaded: 'the service is busy, looking again…',
  render_timeout: 'the service is busy, looking again…',
  revoked: 'the link was revoked',
  unpublished: 'the template is not published',
} as const;

/** Every sentence of the page that makes a block, in English. */
export const copy = {
  lead: 'Choose who sends the email. The block is the same text for everybody; the platform fills in who it is for.',
  platform: 'Platform',
  connected: (title: string) => `${title} (connected)`,
  mode: 'What the address holds',
  modes: {
    contact: [
      'A reference',
      'Nothing personal: who it is for is looked up here. For contacts that are synced or sent to us.',
    ],
    merge: [
      'Merge tags',
      'The platform writes the values themselves into the address. Only where the template allows it.',
    ],
  },
  tags: 'Where each field comes from',
  sources: { contact: 'From the contact', open: 'A tag of the platform', fixed: 'The same for everybody' },
  tagOf: (label: string) => `${label}: the platform’s own field`,
  noTag: 'No field: everybody sees the fallback',
  valueOf: (label: string) => `${label}: the value for everybody`,
  noValue: 'A value for everybody',
  received: {
    title: 'What a recipient gets',
    useTry: 'A test contact with the data from Try',
    useTryHelp: 'Without a contact this is who is not known yet. The test contact is kept here, one for each of you.',
    nobody: 'Nobody known yet',
    open: 'The tags in the address are filled with the data from Try.',
    address: 'The address as it is sent',
    outcome: (header: string) => {
      const [outcome = '', ...reasons] = header.split('; ');
      const shown = outcomes[outcome as keyof typeof outcomes] ?? outcome;
      const why = reasons.map((reason) => outcomeReasons[reason as keyof typeof outcomeReasons] ?? reason);
      return why.length === 0 ? shown : `${shown}: ${why.join(', ')}`;
    },
  },
  make: 'Make the block',
  making: 'Making…',
  made: 'Ready to paste',
  email: ['For the email', 'Paste it into an HTML or code block.'],
  url: ['The address alone', 'For an image block that takes an address.'],
  web: ['For a web page', 'With larger pictures for sharp screens.'],
  copy: 'Copy',
  copied: 'Copied',
  notes: 'Good to know',
  cannot: 'What this platform cannot do',
  unpublished: 'Only what is published can be put into an email: publish a version of this template first.',
  recipient: 'What a recipient gets, with the example data',
} as const;
