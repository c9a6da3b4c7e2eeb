/** Something that is done again and again. */
export type Ticking = { close(): Promise<void> };

/**
 * Does something every so often until closed, and never twice at once: a tick that comes meanwhile is left out. What fails
 * is told, and done again at the next.
 */
export function startTicking(everyMs: number, work: () => Promise<unknown>, failed: (error: unknown) => void): Ticking {
  let working: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    working ??= work()
      .catch(failed)
      .finally(() => {
        working = undefined;
      });
  }, everyMs).unref();
  return {
    async close() {
      clearInterval(timer);
      await working;
    },
  };
}
