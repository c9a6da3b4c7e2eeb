import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../../server/access/roles.ts';
import { readConnection } from '../../server/connections/connection.ts';
import { editConnection, heldConnection } from '../../server/connections/keep.ts';
import { parseSettings } from '../../server/connections/order.ts';
import type { Services } from '../../server/services.ts';
import { findPendingSync, findSync, type SyncRecord } from '../../server/stores/records/syncs.ts';
import { orderSync } from '../../server/syncs/order.ts';
import { printJson } from '../connection-report.ts';
import { FAILED } from '../failure.ts';
import { collectPairs } from '../pairs.ts';
import { createProgress } from '../progress.ts';
import { withServices } from '../services.ts';

type Options = {
  readonly full?: true;
  readonly map?: Readonly<Record<string, string>>;
  readonly workspace?: string;
  readonly json?: true;
};

const LOOK_MS = 250;
const INTERRUPTED = 130;

/** `mergepix sync`: brings a connection's contacts up to date, beside a service that may be running. Exit code 1 when it failed. */
export function addSync(program: Command): void {
  program
    .command('sync')
    .description(
      "bring a connection's contacts up to date and write their references back; interrupted, it goes on where it was",
    )
    .argument('<connection>', 'a connection')
    .option('--full', 'read everything, not only what has changed')
    .option(
      '--map <field=tag>',
      "first map a template field to the platform's own name, besides those mapped already; nothing behind the = leaves the field out on purpose; may be repeated",
      collectPairs('first_name=FNAME', true),
    )
    .option('--workspace <id>', 'where; the default workspace when absent')
    .option('--json', 'print what came of it as JSON')
    .action(async (connection: string, options: Options) => {
      const { record, isStopped } = await withServices(
        (services, by) => sync(services, by, connection, options),
        options.workspace,
      );
      if (options.json) printJson(shownSync(record));
      else console.log(readableSync(record));
      if (isStopped) {
        console.error('stopped: a service that runs goes on with it, and so does the same command');
        process.exitCode = INTERRUPTED;
      } else if (record.state !== 'complete') process.exitCode = FAILED;
    });
}

async function sync(
  services: Services,
  by: Actor,
  connection: string,
  { full, map }: Options,
): Promise<{ record: SyncRecord; isStopped: boolean }> {
  const { records } = services;
  if (map) {
    const { mapping } = readConnection(await heldConnection(services, by.workspace, connection));
    await editConnection(services, by, connection, parseSettings({ mapping: { ...mapping, ...map } }));
  }
  const of = { workspace: by.workspace, connection };
  let record = await orderSync(services, by, connection, full ? 'full' : 'incremental').catch(
    async (error: unknown) => {
      const pending =
        error instanceof AppError && error.code === 'sync_pending' ? await findPendingSync(records, of) : undefined;
      if (!pending) throw error;
      console.error('note: a sync of this connection is under way already: going on with that one');
      return pending;
    },
  );
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // Loaded when it is needed, as the rest of the service is.
  const { startJobs } = await import('../../server/jobs/index.ts');
  const progress = createProgress(record.total ?? 0, 'contacts');
  // A service on the same data may be quicker to take it: either does.
  const jobs = startJobs(services, { kinds: ['connection.sync'] });
  try {
    while (isPending(record) && !stop.signal.aborted) {
      await pause(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      record = (await findSync(records, of, record.id)) ?? { ...record, state: 'cancelled' };
      progress.reach(record.read, Math.max(record.total ?? 0, record.read));
    }
  } finally {
    progress.stop();
    await jobs.close();
  }
  // What was kept while it ended.
  record = (await findSync(records, of, record.id)) ?? record;
  return { record, isStopped: isPending(record) };
}

const isPending = ({ state }: SyncRecord): boolean => state === 'queued' || state === 'running';

const shownSync = (record: SyncRecord) => {
  const { id, connection, mode, state, read, added, changed, unsubscribed, left, erased, written, refused } = record;
  return {
    ...{ id, connection, mode, state, read, added, changed, unsubscribed, left, erased, written, refused },
    ...{ notes: JSON.parse(record.notes) as string[], error: record.error },
  };
};

function readableSync(record: SyncRecord): string {
  const { mode, state, read, notes, error, ...counts } = shownSync(record);
  const { added, changed, unsubscribed, left, erased, written, refused } = counts;
  return [
    `${mode} sync ${state}: ${read} contacts read`,
    `  ${added} added, ${changed} changed, ${unsubscribed} unsubscribed, ${left} left, ${erased} erased`,
    `  ${written} references written, ${refused} refused`,
    ...notes.map((note) => `  ${note}`),
    ...(error === null ? [] : [`  ${error}`]),
  ].join('\n');
}
