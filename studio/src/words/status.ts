const percent = (share: number): string => {
  const shown = Math.round(share * 1000) / 10;
  return share > 0 && shown === 0 ? 'under 0.1%' : `${shown === 100 && share < 1 ? 99.9 : shown}%`;
};
const times = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
const pictures = (count: number): string => times(count, 'picture', 'pictures');
const within = (ms: number): string =>
  ms >= 60_000 ? 'more than 5 s' : ms >= 1000 ? `${ms / 1000} s` : `${ms.toLocaleString('en')} ms`;

/** What the page about how it goes says, in English. */
export const status = {
  title: 'Status',
  lead: 'What recipients see, how fast they see it, and what is made ahead of sends.',
  looking: 'Looking…',
  unknown: 'not known yet',
  percent,
  pictures,
  within,
  told: 'Told as it happens',
  asked: 'Asked every 15 seconds',

  alerts: 'Needs attention',
  well: 'All is well: nothing needs attention.',
  first: {
    title: 'Nothing has been sent yet',
    lead: 'Here you will see how the pictures of your emails do. Three steps to get there:',
    steps: [
      'Choose a template and try it with names of yours.',
      'Connect your email platform with npx mergepix connection add, so that pictures know your contacts.',
      'Copy the block into an email and send yourself a test.',
    ],
    open: 'Choose a template',
  },
  alert: {
    records: [
      'The database does not answer.',
      'Pictures go on from what is known; nothing can be changed. Look at the database and its disk.',
    ],
    cache: [
      'The cache does not answer.',
      'Pictures are drawn anew each time, which is slower. Look at the cache and its disk.',
    ],
    queue: ['What brings jobs to workers does not answer.', 'Syncs and warm-ups wait. Look at the Redis of the queue.'],
    renderers: [
      'No process is there to draw with.',
      'Only pictures that were made before are served. Look at the log of the service, and start it again.',
    ],
    jobs: (minutes: number) => [
      `Syncs, warm-ups or batches have waited for ${times(minutes, 'minute', 'minutes')}.`,
      'Start a worker, or one more: npx mergepix worker.',
    ],
    below: (share: number) => [
      `${percent(share)} of the pictures of the last hour showed less than they should.`,
      'See why under “Less than they should be”, and mend the most frequent cause first.',
    ],
    slow: (ms: number) => [
      `5 in 100 pictures of the last hour took ${ms >= 2000 ? 'two seconds' : 'about a second'} or more.`,
      'Order a warm-up before the next send, or give the service more processors.',
    ],
    field: (field: string, template: string, share: number) => [
      `${field} of ${template} fell back in ${percent(share)} of the last hour’s pictures.`,
      'Look at its mapping and at the values on the platform.',
    ],
    warmup: (title: string) => [
      `${title}: the warm-up calls for attention.`,
      'Its report below says what to mend before the send.',
    ],
    connection: (name: string) => [
      `${name} is refused by its platform.`,
      'Renew its key: what to do stands beside it below.',
    ],
  },

  health: 'Health',
  parts: {
    records: ['Database', 'Templates, links and contacts'],
    cache: ['Cache', 'Finished pictures'],
    queue: ['Queue', 'Syncs, warm-ups and batches'],
    renderers: ['Drawing', 'Processes that draw'],
  },
  up: 'Works',
  down: 'Does not answer',
  renderers: (count: number) => times(count, 'process', 'processes'),
  jobs: (count: number) => (count === 0 ? 'Nothing waits' : `${times(count, 'job waits', 'jobs wait')}`),

  served: 'Pictures shown',
  noServed: 'No picture was asked for in this time.',
  window: 'How far back',
  windows: { quarter: 'Last 15 minutes', hour: 'Last hour', day: 'Last day' },
  asMeant: 'As they should be',
  half: 'Half within',
  most: '95 of 100 within',
  nearlyAll: '99 of 100 within',
  trend: (count: number, below: number, from: string, to: string) =>
    `${pictures(count)} from ${from} to ${to}; ${below === 0 ? 'all as they should be' : `${below.toLocaleString('en')} less than they should be`}.`,
  step: (at: string, count: number, below: number) =>
    `${at}: ${pictures(count)}${below > 0 ? `, ${below.toLocaleString('en')} of them less than they should be` : ''}`,
  legend: { whole: 'As they should be', below: 'Less than they should be' },
  asTable: 'The same as a table',
  from: 'From',
  slowest: '95 of 100 within',
  how: 'How they came about',
  outcomes: {
    hit: ['Ready', 'was there already'],
    rendered: ['Drawn', 'drawn when it was asked for'],
    stale: ['A little older', 'the same picture, while a new one is drawn'],
    'last-good': ['The last good one', 'the recipient’s own, from before'],
    defaults: ['With fallbacks', 'the template without anybody’s values'],
    fallback: ['The kept one', 'the picture kept when the template was published'],
    neutral: ['Blank', 'one light grey pixel'],
  } as Readonly<Record<string, readonly [string, string] | undefined>>,

  fields: 'Fields that fell back',
  noFields: 'Every field showed what the data said.',
  fieldsAbout: 'What recipients were shown instead was the fallback that the template has for the field.',
  why: 'Why',
  share: 'Share of its pictures',
  reasons: {
    blank: 'Blank',
    junk: 'Looks like junk',
    unreplaced: 'A merge tag nobody replaced',
    invalid: 'Not what the field takes',
    too_long: 'Too long',
  } as Readonly<Record<string, string | undefined>>,

  failures: 'Less than they should be',
  failuresAbout: 'Of the last day, the most frequent cause first.',
  noFailures: 'Every recipient saw what they should.',
  cause: 'Cause',
  shown: 'Shown instead',
  template: 'Template',
  count: 'How often',
  last: 'Last',
  picture: 'Picture',
  noPicture: 'Not known whose',
  pictureOf: { shown: 'What was shown', now: 'What the same recipient sees now' },
  version: (name: string, version: number | null) => (version === null ? name : `${name}, version ${version}`),
  causes: {
    'contact-blank': [
      'The address names nobody.',
      'The contact has no reference yet: sync, or look at the merge tag in the email.',
    ],
    'contact-unknown': [
      'Nobody is known by the reference.',
      'It is of another workspace, or the contact was taken out.',
    ],
    'contact-invalid': ['The reference is not one of ours.', 'Look at what the platform writes into c of the address.'],
    'contact-unreadable': ['The contact could not be read.', 'The database was away, or a key is missing.'],
    'image-missing': ['A picture inside could not be had.', 'Look at the addresses of pictures in the data.'],
    'source-failed': ['A live source did not answer.', 'Look at the source.'],
    late: ['It was not ready in time.', 'Order a warm-up before the send, or give it more processors.'],
    overloaded: ['Too much was asked for at once.', 'Order a warm-up before the send, or give it more processors.'],
    'render-failed': ['It could not be drawn.', 'Try the template with such data.'],
    'render-timeout': ['Drawing took too long.', 'Try the template with such data.'],
    'render-crashed': ['Drawing ended the process.', 'Look at the pictures inside.'],
    unpublished: ['The template is not published.', 'Publish a version of it.'],
    unavailable: ['Something behind it did not answer.', 'Look at Health above.'],
    unknown: ['There is no such link here.', 'Copy the block again.'],
    revoked: ['It was taken back.', 'That is on purpose.'],
    erased: ['The contact was erased.', 'That is on purpose.'],
    expired: ['The link has ended.', 'That is on purpose.'],
  } as Readonly<Record<string, readonly [string, string] | undefined>>,

  warmups: 'Warm-ups',
  noWarmups: 'No pictures have been made ahead of a send yet.',
  sendAt: (when: string) => `Send of ${when}`,
  warmedAt: (when: string) => `Ordered ${when}`,
  states: {
    queued: 'Waiting',
    running: 'Under way',
    complete: 'Complete',
    refused: 'Refused',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },
  phases: {
    excluding: 'Leaving out who is excluded',
    listing: 'Listing the audience',
    resolving: 'Finding out who sees what',
    checking: 'Asking whether pictures can be had',
    making: 'Making pictures',
    reporting: 'Summing up',
  },
  done: (done: number, all: number) => `${done.toLocaleString('en')} of ${all.toLocaleString('en')}`,
  expected: (when: string) => `ready about ${when}`,
  attention: {
    unmapped:
      'A field is neither mapped in the connection nor left out on purpose, so everybody sees its fallback: the report names it.',
    blank: 'More contacts than allowed have blank fields.',
    junk: 'More contacts than allowed have junk in a field.',
    defaults: 'More contacts than allowed see the defaults.',
    failed: 'More pictures than allowed could not be made.',
    late: 'It may not be finished before the send.',
    refused: 'There is no room for its pictures.',
    stopped: 'It was stopped by something that has to be mended.',
  },
  contacts: 'Contacts',
  picturesOf: 'Pictures',
  ready: 'Ready',
  failed: 'Failed',
  fromCache: 'Answered from the cache',
  openReport: 'Show the report',
  closeReport: 'Close the report',
  shorter: 'Shorter texts used',
  overflows: 'Texts cut',
  dead: 'Pictures not to be had',
  defaults: 'See the defaults',
  weight: 'Weight of all',
  unmapped: (field: string) =>
    `${field} is not mapped: map it in the connection, or leave it out on purpose with an empty value.`,
  mended: 'What was mended',
  field: 'Field',
  mendedHow: 'How',
  worst: 'The worst pictures',

  connections: 'Connections',
  noConnections: 'No account is connected. Connect one with npx mergepix connection add.',
  synced: 'Last complete sync began',
  nextSync: 'Next sync',
  lastSync: 'Newest sync',
  syncing: { reading: 'Reading contacts', checking: 'Looking who is gone', writing: 'Writing references' },
  read: 'Read',
  changed: 'Changed',
  written: 'References written',
  never: 'never',
  onOrder: 'when it is ordered',
  coverage: 'Filled fields',
  coverageOf: (contacts: number) => `Of ${times(contacts, 'contact', 'contacts')} looked at.`,
  noContacts: 'No contact has been synced yet.',
  filled: (share: number, junk: number) =>
    junk > 0 ? `${percent(share)}, ${percent(junk)} look like junk` : percent(share),
} as const;
