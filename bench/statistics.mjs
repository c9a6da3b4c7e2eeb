/** The value below which a share (0..1) of the samples lies: the nearest rank, no interpolation. */
export function percentile(samples, share) {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Rounds a figure to what can be told apart from noise: three significant digits below a hundred, whole numbers above. */
export const tidy = (value) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
