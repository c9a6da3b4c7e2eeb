/** How many values within values anything that comes from outside may have. */
const MOST_LEVELS = 100;

/** Whether something holds values within values past what anybody would write: walking through it could use up the stack. */
export function isTooDeep(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isTooDeep(each, levels - 1));
}
