import { mkdir, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { design } from '../../hero/design.mjs';
import { assertFrozen } from '../../hero/frozen.mjs';
import { openSubject } from '../../processes.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const subjects = {
  mergepix: './mergepix.mjs',
  'mergepix-strangers': './mergepix-strangers.mjs',
  takumi: './takumi.mjs',
  'takumi-tuned': './takumi-tuned.mjs',
  satori: './satori.mjs',
  'satori-tuned': './satori-tuned.mjs',
  'canvas-naive': './canvas-naive.mjs',
  chromium: './chromium.mjs',
  'chromium-tuned': './chromium-tuned.mjs',
  'encode-only': './encode-only.mjs',
};

const ROUNDS = 8;
/** Each subject has this long per round (ms), and makes at least this many pictures. */
const ROUND = { budget: 600, least: 4 };
const WARM_UP = { budget: 1000, least: 12 };

/** How far a subject's picture may be from the mean of a sixteenth of its size, per channel of 255: design, not pixels. */
const LIKENESS = 6;

/** The personal hero as JPEG, 1200x600, by one process after another. */
export const heroJpeg = {
  title: 'a personal 1200x600 hero as JPEG, in one process',
  figures: ['p50_ms', 'p95_ms', 'bytes'],
  compare: { figure: 'p50_ms', quicker: 'less' },
  peers: true,

  async run({ say, keep }) {
    await assertFrozen();
    const open = await openAll(say);
    await compareLooks(open, keep);
    const samples = new Map(open.map(({ name }) => [name, { times: [], sizes: [], next: 100 }]));
    await measure(open, samples, WARM_UP);
    for (const sample of samples.values()) Object.assign(sample, { times: [], sizes: [] });
    for (let round = 0; round < ROUNDS; round++) {
      say(`hero-jpeg: round ${round + 1} of ${ROUNDS}`);
      // Another subject begins each round, so that none always comes after the same one.
      await measure([...open.slice(round % open.length), ...open.slice(0, round % open.length)], samples, ROUND);
    }
    for (const { ask } of open) await ask('close');
    return Object.fromEntries(open.map(({ name }) => [name, summarise(samples.get(name))]));
  },
};

async function openAll(say) {
  const open = [];
  for (const [name, path] of Object.entries(subjects)) {
    const subject = await openSubject(name, new URL(path, import.meta.url));
    if (subject.skipped) {
      say(`hero-jpeg: ${name} is left out: ${subject.skipped}`);
      await subject.ask('close');
    } else open.push(subject);
  }
  return open;
}

async function measure(open, samples, effort) {
  for (const { name, ask } of open) {
    const sample = samples.get(name);
    const { times, sizes } = await ask('round', { ...effort, first: sample.next });
    sample.next += times.length;
    sample.times.push(...times);
    sample.sizes.push(...sizes);
  }
}

/** A subject that leaves out half of the design would win: everybody's picture of one person has to look the same. */
async function compareLooks(open, keep) {
  const looks = [];
  for (const { name, ask } of open) {
    const { bytes } = await ask('picture', { person: 10 });
    if (keep) {
      await mkdir(keep, { recursive: true });
      await writeFile(`${keep}/hero-${name}.jpg`, bytes);
    }
    const { format, width, height } = await sharp(bytes).metadata();
    if (format !== 'jpeg' || width !== design.width || height !== design.height)
      throw new Error(`${name} made a ${format} of ${width}x${height}, not a jpeg of ${design.width}x${design.height}`);
    looks.push({ name, pixels: await sharp(bytes).resize(75).removeAlpha().raw().toBuffer() });
  }
  const model = looks.find(({ name }) => name === 'canvas-naive').pixels;
  for (const { name, pixels } of looks) {
    const distance = pixels.reduce((sum, value, i) => sum + Math.abs(value - model[i]), 0) / pixels.length;
    if (distance > LIKENESS)
      throw new Error(`${name} drew another design (mean difference ${distance.toFixed(1)} of 255)`);
  }
}

const summarise = ({ times, sizes }) => ({
  p50_ms: tidy(percentile(times, 0.5)),
  p95_ms: tidy(percentile(times, 0.95)),
  bytes: percentile(sizes, 0.5),
});
