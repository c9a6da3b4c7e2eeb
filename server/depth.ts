/** How many values within values anything that comes from outside may have. */
const MOST_LEVELS = 100;

/** Whether something holds values within values past what anybody would write: walking through it could use up the stack. */
export function isTooDeep(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((each) => isTooDeep(each, levels - 1));
  // A list of what hundreds of thousands of names stand for takes as long to make as to look at.
  for (const name in value) if (isTooDeep(value[name as keyof typeof value], levels - 1)) return true;
  return false;
}
