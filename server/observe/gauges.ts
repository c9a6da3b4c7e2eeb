import { Counter, Gauge } from 'prom-client';
import { desiredWorkers } from '../jobs/index.ts';
import type { Services } from '../services.ts';
import { listOldestSyncs } from '../stores/records/connections.ts';
import { answerOf, askCache, askQueue, askRecords } from './health.ts';

/** Brings the figures of stores, queues and render processes up to date, for one look at them. */
export type Gauges = { collect(): Promise<void> };

/** Adds them to the registry of the service. */
export function createGauges({ observed, pool, jobs, cache, records, sources }: GaugeParts): Gauges {
  const registers = [observed.metrics.registry];
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge<Label>({ name: `mergepix_${name}`, help, labelNames, registers });
  const total = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter<Label>({ name: `mergepix_${name}_total`, help, labelNames, registers });

  const up = gauge('store_up', 'Whether a store answers, 1 or 0', 'store');
  const processes = gauge('render_processes', 'Render processes, by state', 'state');
  const replaced = total('render_processes_replaced', 'Render processes that ended or hung');
  const waiting = gauge('renders_waiting', 'Pictures that wait for a render process', 'priority');
  const waited = gauge('renders_oldest_seconds', 'How long the first of them has waited');
  const queued = gauge('jobs', 'Jobs, by state', 'kind', 'state');
  const due = gauge('jobs_oldest_seconds', 'How long the first job has been due', 'kind');
  const desired = gauge('queue_desired_workers', 'Workers that the queue keeps busy');
  const hits = total('cache_hits', 'Pictures found in the cache', 'tier');
  const misses = total('cache_misses', 'Pictures not found in the cache');
  const evicted = total('cache_evicted', 'Pictures that had to make room');
  const held = gauge('cache_bytes', 'Bytes the cache holds', 'of');
  const entries = gauge('cache_entries', 'Pictures the cache holds');
  const answering = gauge('source_up', 'Whether a source answers, 1 or 0', 'workspace', 'source');
  const asked = total('source_requests', 'Requests to a source, by how they went', 'workspace', 'source', 'ok');
  const latency = gauge('source_seconds', 'How long a source took last', 'workspace', 'source');
  const synced = gauge('sync_age_seconds', 'How long ago the oldest last sync of a schedule began', 'platform');
  const dropped = total('figures_dropped', 'Figures that could not be kept');

  const set = (counter: Counter<string>, value: number, labels: Record<string, string> = {}) => {
    counter.remove(labels);
    counter.inc(labels, value);
  };

  function lookAtProcesses(): void {
    const { pids, busy, replaced: ended, waiting: lines, oldestMs } = pool.stats();
    processes.set({ state: 'busy' }, busy);
    processes.set({ state: 'idle' }, pids.length - busy);
    set(replaced, ended);
    for (const [priority, count] of Object.entries(lines)) waiting.set({ priority }, count);
    waited.set(oldestMs / 1000);
    set(dropped, observed.dropped());
  }

  /** What a store says in time; undefined, and marked as down, when it does not. */
  async function ask<Result>(store: string, asked: Promise<Result | undefined>): Promise<Result | undefined> {
    const answer = await asked;
    up.set({ store }, answer === undefined ? 0 : 1);
    return answer;
  }

  async function lookAtRecords(): Promise<void> {
    await Promise.all([ask('records', askRecords(records)), ask('queue', askQueue(jobs))]);
    const oldest = await answerOf(listOldestSyncs(records));
    if (oldest) {
      synced.reset();
      for (const { platform, oldest: from } of oldest)
        if (from !== null) synced.set({ platform }, (Date.now() - from) / 1000);
    }
    const stats = await answerOf(jobs.stats());
    if (!stats) return;
    queued.reset();
    due.reset();
    desired.set(desiredWorkers(stats));
    for (const { kind, waiting: wait, due: ready, running, oldestMs } of stats) {
      queued.set({ kind, state: 'waiting' }, wait);
      queued.set({ kind, state: 'due' }, ready);
      queued.set({ kind, state: 'running' }, running);
      due.set({ kind }, oldestMs / 1000);
    }
  }

  async function lookAtCache(): Promise<void> {
    const stats = await ask('cache', askCache(cache));
    if (!stats) return;
    set(hits, stats.hits.process, { tier: 'process' });
    set(hits, stats.hits.store, { tier: 'store' });
    set(misses, stats.misses);
    set(evicted, stats.evicted);
    held.set({ of: 'all' }, stats.bytes);
    held.set({ of: 'pinned' }, stats.pinnedBytes);
    held.set({ of: 'most' }, stats.maxBytes);
    entries.set(stats.entries);
  }

  function lookAtSources(): void {
    for (const metric of [answering, asked, latency]) metric.reset();
    for (const { workspace, source, isFailing, asked: all, failed, latencyMs } of sources.health()) {
      answering.set({ workspace, source }, isFailing ? 0 : 1);
      asked.inc({ workspace, source, ok: 'true' }, all - failed);
      asked.inc({ workspace, source, ok: 'false' }, failed);
      if (latencyMs !== null) latency.set({ workspace, source }, latencyMs / 1000);
    }
  }

  return {
    async collect() {
      lookAtProcesses();
      lookAtSources();
      await Promise.all([lookAtRecords(), lookAtCache()]);
    },
  };
}

type GaugeParts = Pick<Services, 'observed' | 'pool' | 'jobs' | 'cache' | 'records' | 'sources'>;
