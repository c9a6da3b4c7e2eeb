import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer, type RenderJob } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const box = (x: number, width: number) => ({ x, y: 20, width, height: 60 });
const digits = { fontSize: 40, fontWeight: 700, color: '#ffffff', fit: { maxLines: 1 } };
const template = parseTemplate({
  name: 'sale',
  size: { width: 240, height: 100 },
  output: { format: 'gif', scale: 1 },
  freshness: { mode: 'live', seconds: 60 },
  alt: 'A sale',
  fields: { ends: { type: 'date', fallback: '' }, photo: { type: 'image', hosts: ['cdn.example.com'] } },
  countdown: { to: '{{ ends }}' },
  layers: [
    {
      ...{ id: 'sky', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 240, height: 100 } },
      fill: {
        type: 'linear',
        angle: 60,
        stops: [
          { offset: 0, color: '#264653' },
          { offset: 1, color: '#e76f51' },
        ],
      },
    },
    { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 200, y: 0, width: 40, height: 40 } },
    {
      id: 'minutes',
      type: 'text',
      when: 'not countdown.over',
      text: '{{ countdown.minutes }}',
      box: box(20, 60),
      ...digits,
    },
    {
      id: 'seconds',
      type: 'text',
      when: 'not countdown.over',
      text: '{{ countdown.seconds }}',
      box: box(100, 60),
      ...digits,
    },
    { id: 'over', type: 'text', when: 'countdown.over', text: 'Over!', box: box(20, 160), ...digits, color: '#ffd166' },
  ],
});
const photo = 'https://cdn.example.com/a.png';
const blue = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#0000ff' } })
  .png()
  .toBuffer();
const ends = '2026-12-24T18:00:00Z';
const end = Date.parse(ends);

const job = (changes: Partial<RenderJob>, data: Record<string, unknown> = {}): RenderJob => ({
  template: { key: 'sale', load: () => ({ template, assets: {} }) },
  values: applyContract(template.fields, { ends, photo, ...data }).values,
  images: { [photo]: blue },
  ...{ format: 'gif', scale: 1, quality: 82, live: { now: end - 600_000 } },
  ...changes,
});

const framesOf = async (bytes: Buffer) => {
  const { pages = 1 } = await sharp(bytes, { animated: true }).metadata();
  return Promise.all(Array.from({ length: pages }, (_, page) => sharp(bytes, { page }).removeAlpha().raw().toBuffer()));
};
const differenceOf = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;

describe('a GIF', () => {
  it('shows every second of a minute as it would be drawn, once, and stays on the last', async () => {
    const renderer = createRenderer();
    const { bytes, width, height } = await renderer.render(job({}));
    expect([width, height]).toEqual([240, 100]);
    const { format, delay, loop } = await sharp(bytes, { animated: true }).metadata();
    expect({ format, loop, delays: new Set(delay) }).toEqual({ format: 'gif', loop: 1, delays: new Set([1000]) });
    const frames = await framesOf(bytes);
    expect(frames).toHaveLength(60);
    for (const second of [0, 1, 10, 37, 59]) {
      const drawn = await renderer.render(job({ format: 'png', live: { now: end - 600_000 + second * 1000 } }));
      const own = await sharp(drawn.bytes).removeAlpha().raw().toBuffer();
      // What 255 colours with error diffusion differ by; another second differs by far more.
      expect(differenceOf(frames[second] as Buffer, own), `second ${second}`).toBeLessThan(3);
    }
    expect(bytes.length).toBeLessThan(100_000);
  });

  it('gives the same bytes for the same input, whoever it was made for before', async () => {
    const renderer = createRenderer();
    const first = await renderer.render(job({}));
    await renderer.render(job({}, { ends: '2026-12-25T00:00:00Z', photo: '' }));
    const [again, together] = await Promise.all([renderer.render(job({})), renderer.render(job({}))]);
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(together.bytes.equals(first.bytes)).toBe(true);
  });

  it('changes over when the end comes, in the colours of what is shown then', async () => {
    const frames = await framesOf((await createRenderer().render(job({ live: { now: end - 20_000 } }))).bytes);
    // Nothing moves any more, so the end is the last frame.
    expect(frames).toHaveLength(21);
    const over = await createRenderer().render(job({ format: 'png', live: { now: end } }));
    const own = await sharp(over.bytes).removeAlpha().raw().toBuffer();
    expect(differenceOf(frames.at(-1) as Buffer, own)).toBeLessThan(3);
  });

  it('is one frame once it is over, of a template without a clock, and as a fallback', async () => {
    const renderer = createRenderer();
    for (const live of [{ now: end }, undefined])
      expect(await framesOf((await renderer.render(job({ live }))).bytes)).toHaveLength(1);
    const still = parseTemplate({ ...template, countdown: undefined, layers: template.layers.slice(0, 2) });
    const source = { key: 'still', load: () => ({ template: still, assets: {} }) };
    expect(await framesOf((await renderer.render(job({ template: source }))).bytes)).toHaveLength(1);
  });
});
