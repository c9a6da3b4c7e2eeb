/** What a benchmark of one process tells; times in milliseconds, bytes of a typical picture. */
export type Figures = {
  readonly template: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly bytes: number;
  readonly images_per_core_hour: number;
  /** The price of a core-hour that was given, and what 1,000 pictures cost at it. */
  readonly price_per_core_hour: number;
  readonly cost_per_1000: number;
};

/** One picture of a benchmark. */
export type Timing = { readonly ms: number; readonly bytes: number };

/**
 * Sums timings up. `busyMs` is what all of them together kept a core busy for; a core-hour is an hour of that.
 */
export function sumUp(timings: readonly Timing[], busyMs: number, price: number) {
  const perCoreHour = (timings.length * 3_600_000) / busyMs;
  const times = timings.map(({ ms }) => ms).sort((a, b) => a - b);
  const sizes = timings.map(({ bytes }) => bytes).sort((a, b) => a - b);
  return {
    count: timings.length,
    p50_ms: round(quantile(times, 0.5), 3),
    p95_ms: round(quantile(times, 0.95), 3),
    bytes: quantile(sizes, 0.5),
    images_per_core_hour: Math.round(perCoreHour),
    price_per_core_hour: price,
    cost_per_1000: round((price * 1000) / perCoreHour, 6),
  } satisfies Partial<Figures>;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
