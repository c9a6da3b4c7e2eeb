/** Counts the changes this process makes to records, so that what was derived from them knows when to look again. */
export type Changes = { count(): number; note(): void };

/** Starts counting at 0. */
export function createChanges(): Changes {
  let count = 0;
  return {
    count: () => count,
    note() {
      count++;
    },
  };
}
