/** Numbers that look random and are the same on every run, in [0, 1). */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const lattice = Float32Array.from({ length: 65536 }, createRandom(7));
const at = (x, y) => lattice[((x & 255) << 8) | (y & 255)];
const ease = (t) => t * t * t * (t * (t * 6 - 15) + 10);

/** Smooth value noise over the plane, 0..1, repeating every 256 units. */
export function noise(x, y) {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const u = ease(x - column);
  const v = ease(y - row);
  const top = at(column, row) + (at(column + 1, row) - at(column, row)) * u;
  const bottom = at(column, row + 1) + (at(column + 1, row + 1) - at(column, row + 1)) * u;
  return top + (bottom - top) * v;
}

/** Noise added up over octaves, each turned a little so that the lattice does not show; 0..1. */
export function fractal(x, y, octaves, gain = 0.5) {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += noise(x, y) * weight;
    total += weight;
    weight *= gain;
    [x, y] = [x * 1.63 - y * 1.18 + 17.3, x * 1.18 + y * 1.63 + 5.7];
  }
  return sum / total;
}
