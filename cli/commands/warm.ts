import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../../server/access/roles.ts';
import { warmKinds } from '../../server/jobs/kinds.ts';
import type { Services } from '../../server/services.ts';
import { findWarmup, type WarmupRecord } from '../../server/stores/records/warmups.ts';
import { failures } from '../../server/warmups/result.ts';
import { expectedEnd, showWorst, unmappedFields } from '../../server/warmups/show.ts';
import { startWarmup } from '../../server/warmups/start.ts';
import { totalsOf } from '../../server/warmups/totals.ts';
import { readWarmup } from '../../server/warmups/warmup.ts';
import { printJson } from '../connection-report.ts';
import { readableSends, warmDue } from '../due-sends.ts';
import { FAILED } from '../failure.ts';
import { createProgress } from '../progress.ts';
import { withServices } from '../services.ts';
import { readableWarmup, type WarmupOutcome } from '../warmup-report.ts';

type Options = {
  readonly connection?: string;
  readonly audience?: readonly string[];
  readonly exclude?: readonly string[];
  readonly send?: string;
  readonly sendAt?: string;
  readonly due?: true;
  readonly workspace?: string;
  readonly json?: true;
};

const LOOK_MS = 250;
const INTERRUPTED = 130;
const collect = (id: string, others: readonly string[] = []): readonly string[] => [...others, id];

/** `mergepix warm`: makes pictures before they are asked for, and tells what to know of them. Exit code 1 when somebody should look. */
export function addWarm(program: Command): void {
  program
    .command('warm')
    .description(
      'make the pictures of an audience before its send goes out; interrupted, one with --send goes on where it was',
    )
    .argument('[links...]', 'the links in the email; those of a planned campaign with --connection and --send alone')
    .option('--connection <id>', 'whose audience it is; all contacts of the workspace when absent')
    .option(
      '--audience <id>',
      "a list or segment that gets the send (default: the connection's own); may be repeated",
      collect,
    )
    .option('--exclude <id>', 'one whose members do not; may be repeated', collect)
    .option(
      '--send <marker>',
      'the marker of the send, of which there is one warm-up at a time; or the id of a campaign',
    )
    .option('--send-at <time>', 'when it goes out, such as 2026-05-04T12:00:00Z')
    .option('--due', 'look at all planned campaigns, and warm those whose time has come; a service does by itself')
    .option('--workspace <id>', 'where; the default workspace when absent')
    .option('--json', 'print the report as JSON')
    .action(async (links: string[], options: Options) => {
      if (options.due) return showDue(options);
      const outcome = await withServices((services, cli) => warm(services, cli, links, options), options.workspace, {
        sharesCache: true,
      });
      const { record } = outcome;
      if (options.json) printJson(shown(outcome));
      else console.log(readableWarmup(outcome));
      if (isPending(record)) {
        // Without a marker, the same command is another warm-up.
        const others = record.send === null ? '' : ', and so does the same command';
        console.error(`stopped: a service that runs goes on with it${others}`);
        process.exitCode = INTERRUPTED;
      } else if (record.state !== 'complete' || record.attention !== '[]') process.exitCode = FAILED;
    });
}

async function warm(services: Services, by: Actor, links: readonly string[], options: Options): Promise<WarmupOutcome> {
  const { records } = services;
  const { connection, audience, exclude, send, sendAt: text } = options;
  refuseOwnCache(services);
  const sendAt = text === undefined ? undefined : Date.parse(text);
  if (Number.isNaN(sendAt))
    throw new AppError('request_invalid', 'Write --send-at as a time such as 2026-05-04T12:00:00Z.');
  // A service may begin with it before this process hears that it is ordered.
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let record = await startWarmup(services, by, {
    ...{ links: links.length === 0 ? undefined : links, connection, send, sendAt },
    ...{ included: audience, excluded: exclude },
  });
  // Loaded when it is needed, as the rest of the service is.
  const { startJobs } = await import('../../server/jobs/index.ts');
  let progress = createProgress(0, 'contacts');
  let isMaking = false;
  // A service or worker on the same data may be quicker to take a part: any of them does.
  const jobs = startJobs(services, { kinds: [...warmKinds, 'connection.write'] });
  try {
    while (isPending(record) && !stop.signal.aborted) {
      await pause(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      record = (await findWarmup(records, record.workspace, record.id)) ?? { ...record, state: 'cancelled' };
      const totals = await totalsOf(records, record);
      const done = totals.made + totals.warm + failures(totals);
      // First the contacts are gone through, then their pictures.
      if (record.pictures !== null && !isMaking) {
        progress.stop();
        progress = createProgress(record.pictures);
        isMaking = true;
      }
      if (record.pictures === null) progress.reach(totals.contacts, Math.max(record.total ?? 0, record.listed));
      else progress.reach(done, record.pictures);
    }
  } finally {
    progress.stop();
    await jobs.close();
  }
  record = (await findWarmup(records, record.workspace, record.id)) ?? record;
  const totals = await totalsOf(records, record);
  const worst = await showWorst(services, record, totals);
  return { record, totals, unmapped: await unmappedFields(services, record), worst };
}

async function showDue({ workspace, json }: Options): Promise<void> {
  const sends = await withServices(
    (services, by) => {
      refuseOwnCache(services);
      return warmDue(services, by.workspace);
    },
    workspace,
    { sharesCache: true },
  );
  if (json) printJson(sends);
  else console.log(readableSends(sends));
  for (const { send, notes } of sends) for (const note of notes) console.error(`note: ${send}: ${note}`);
  if (sends.some(({ attention }) => attention.length > 0)) process.exitCode = FAILED;
}

function refuseOwnCache({ config }: Pick<Services, 'config'>): void {
  if (config.cache.startsWith('memory:'))
    throw new AppError(
      'request_invalid',
      'The service keeps its cache in its own memory: order the warm-up with POST /v1/warmups, or set MERGEPIX_CACHE to one that is shared.',
    );
}

const isPending = ({ state }: WarmupRecord): boolean => state === 'queued' || state === 'running';

const toTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function shown({ record, totals, unmapped, worst }: WarmupOutcome) {
  const { id, connection, send, state, links, included, excluded, attention, sendAt } = readWarmup(record);
  const { contacts, erased, defaults, fields, made, warm, failed, shorter, overflow, dead, bytes } = totals;
  return {
    ...{ id, connection, links, audiences: included, excluded, send, sendAt: toTime(sendAt), state },
    ...{ error: record.error, attention, contacts, erased, defaults, pictures: record.pictures },
    ...{ ready: made + warm, made, warm, failed: failures(totals), failures: failed, fields, unmapped },
    ...{ shorterTexts: shorter, overflows: overflow, deadAssets: dead.length, bytes, worst },
    expectedAt: toTime(expectedEnd(record, totals, Date.now())),
    finishedAt: toTime(record.finished_at),
  };
}
