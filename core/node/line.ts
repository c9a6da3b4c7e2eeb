/** Who waits for a picture: somebody looking at an email now, or work that can wait for a quiet moment. */
export type Priority = 'recipient' | 'background';

/**
 * How much a picture is wanted; `until`, on the clock of `performance.now()`, is when nobody waits for it any more. It
 * is raised, also while its job waits, when others turn out to want the same picture. One that `isBrief` is done with its
 * bytes soon, and gives them back: see `Drawn`.
 */
export type Wish = { priority: Priority; until: number; isBrief?: boolean; hurried?: () => void };

/** Joins another wish to one: the more urgent priority and the later moment hold from now on. */
export function raiseWish(wish: Wish, { priority, until }: Pick<Wish, 'priority' | 'until'>): void {
  wish.until = Math.max(wish.until, until);
  if (priority === 'background' || wish.priority === 'recipient') return;
  wish.priority = 'recipient';
  wish.hurried?.();
}

/** Something that waits its turn; `since` is on the clock of `performance.now()`. */
export type InLine = { readonly wish: Wish; readonly since: number };

/** How many wait and for how long the first of them has, in ms. */
export type LineStats = { readonly waiting: Readonly<Record<Priority, number>>; readonly oldestMs: number };

/** Jobs in the order they came, recipients' before all others. */
export type Line<Job extends InLine> = {
  /** Adds one at the end; false when too many of its priority wait. */
  add(job: Job): boolean;
  /** Gives one that was taken already its place at the front again. */
  putBack(job: Job): void;
  /**
   * Takes the next of a priority that is still wanted once it is done in about `ms`, a background one only while no recipient
   * waits; those that are not wanted any more are given to `drop`.
   */
  take(priority: Priority, ms: number): Job | undefined;
  /** Takes all. */
  clear(): Job[];
  stats(): LineStats;
};

/** An empty line for at most `max` jobs of each priority. `hurried` is told when one, waiting or taken, became more urgent. */
export function createLine<Job extends InLine>({
  max,
  drop,
  hurried,
}: {
  max: number;
  drop(job: Job): void;
  hurried(job: Job): void;
}): Line<Job> {
  const jobs: Record<Priority, Job[]> = { recipient: [], background: [] };

  const dropLate = (now: number): void => {
    for (const priority of ['recipient', 'background'] as const) {
      const late = jobs[priority].filter(({ wish }) => wish.until <= now);
      if (late.length === 0) continue;
      jobs[priority] = jobs[priority].filter(({ wish }) => wish.until > now);
      for (const job of late) drop(job);
    }
  };

  return {
    add(job) {
      const { wish } = job;
      if (jobs[wish.priority].length >= max) dropLate(performance.now());
      if (jobs[wish.priority].length >= max) return false;
      jobs[wish.priority].push(job);
      wish.hurried = () => {
        const at = jobs.background.indexOf(job);
        if (at >= 0) jobs.recipient.push(...jobs.background.splice(at, 1));
        hurried(job);
      };
      return true;
    },
    putBack: (job) => void jobs[job.wish.priority].unshift(job),
    take(priority, ms) {
      for (;;) {
        if (priority === 'background' && jobs.recipient.length > 0) return undefined;
        const job = jobs[priority].shift();
        if (!job || job.wish.until > performance.now() + ms) return job;
        drop(job);
      }
    },
    clear: () => [...jobs.recipient.splice(0), ...jobs.background.splice(0)],
    stats() {
      const [first] = [...jobs.recipient.slice(0, 1), ...jobs.background.slice(0, 1)].sort((a, b) => a.since - b.since);
      return {
        waiting: { recipient: jobs.recipient.length, background: jobs.background.length },
        oldestMs: first ? performance.now() - first.since : 0,
      };
    },
  };
}
