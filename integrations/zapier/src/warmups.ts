/** A warm-up, as the event and the API tell it. */
export type Warmup = {
  readonly id: string;
  readonly connection: string | null;
  readonly send: string | null;
  readonly sendAt: string | null;
  readonly state: string;
  readonly error: string | null;
  readonly contacts: number;
  readonly made: number;
  readonly warm: number;
  readonly failed: number;
  readonly attention: readonly string[];
};

/** What each cause means for whoever reads it in a message, by the name the API gives it. */
const CAUSES: Readonly<Record<string, string>> = {
  unmapped:
    'A field is not mapped in the connection, so everybody sees its fallback: map it, or leave it out on purpose with an empty value. The report names it.',
  blank: 'A field is blank for too many contacts.',
  junk: 'A field cannot be shown for too many contacts.',
  defaults: 'The platform has no reference of too many contacts: they will see the defaults. Sync the connection.',
  failed: 'Too many pictures could not be made.',
  late: 'It will not be finished before the send.',
  refused: 'The cache has no room for the pictures: set MERGEPIX_CACHE_MB to what the report says.',
  stopped: 'It could not go on: the report says why.',
};

/** Causes for attention as one text, a sentence each. */
export const sentencesOf = (causes: readonly string[]): string =>
  causes.map((cause) => CAUSES[cause] ?? `Look at the report: ${cause}.`).join(' ');

/** States of a warm-up that is over. */
export const isOver = ({ state }: { readonly state: string }): boolean => state !== 'queued' && state !== 'running';

/** A warm-up as steps of a Zap see it. `ready` pictures were made or there before. */
export const showWarmup = (warmup: Warmup) => {
  const { id, connection, send, sendAt, state, error, contacts, made, warm, failed, attention } = warmup;
  return {
    ...{ id, connection, send, send_at: sendAt, state, error: error ?? '', contacts },
    ...{ ready: made + warm, made, warm, failed, needs_attention: attention.length > 0 },
    attention: attention.join(', '),
    message: sentencesOf(attention),
  };
};

/** What of it has labels, in their order. */
export const warmupFields = [
  { key: 'id', label: 'Warm-Up ID' },
  { key: 'connection', label: 'Connection ID' },
  { key: 'send', label: 'Send' },
  { key: 'send_at', label: 'Send At', type: 'datetime' },
  { key: 'state', label: 'State' },
  { key: 'error', label: 'Error' },
  { key: 'contacts', label: 'Contacts', type: 'integer' },
  { key: 'ready', label: 'Pictures Ready', type: 'integer' },
  { key: 'made', label: 'Pictures Made', type: 'integer' },
  { key: 'warm', label: 'Pictures There Before', type: 'integer' },
  { key: 'failed', label: 'Pictures That Failed', type: 'integer' },
  { key: 'needs_attention', label: 'Needs Attention', type: 'boolean' },
  { key: 'attention', label: 'Causes' },
  { key: 'message', label: 'What to Look At' },
] as const;

/** A warm-up that ended well but for blanks. */
export const warmupSample = {
  id: '0mf3k2a9cVx8ZqJm3Yt1R',
  connection: 'B-myT3Zq4N7xw0aK',
  send: '01J9VQ5S6M8N2T4X7ZBD3CWE1K',
  send_at: '2027-06-18T12:00:00.000Z',
  state: 'complete',
  error: '',
  contacts: 100_000,
  ready: 5990,
  made: 5900,
  warm: 90,
  failed: 10,
  needs_attention: true,
  attention: 'blank',
  message: 'A field is blank for too many contacts.',
};

/** The input that keeps a trigger to one connection. */
export const connectionFilter = {
  key: 'connection',
  label: 'Connection',
  dynamic: 'list_connections.id.name',
  helpText: 'Only sends of this account. Left blank: those of all.',
} as const;
