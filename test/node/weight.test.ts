import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';

const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
const sand = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#888', noise } })
  .png()
  .toBuffer();

type Output = Partial<Template['output']> & { readonly format: 'jpeg' | 'webp' | 'png' };

/** A grainy photo with a name on it, which may weigh so much. */
const photo = (output: Output): Template =>
  parseTemplate({
    name: 'photo',
    size: { width: 400, height: 200 },
    output: { scale: 1, ...output },
    alt: 'Sand',
    fields: { name: { type: 'text', fallback: 'there' } },
    layers: [
      { id: 'sand', type: 'image', src: 'asset:sand', box: { x: 0, y: 0, width: 400, height: 200 } },
      { id: 'name', type: 'text', text: '{{ name }}', fontSize: 40, box: { x: 20, y: 60, width: 360, height: 60 } },
    ],
  });

async function draw(output: Output, names: readonly string[] = ['Amira']) {
  const template = photo(output);
  const renderer = createRenderer();
  const job = { template: { key: 'photo', load: () => ({ template, assets: { 'asset:sand': sand } }) }, images: {} };
  const { quality } = template.output;
  const drawn = await Promise.all(
    names.map((name) => renderer.render({ ...job, values: { name }, format: output.format, quality, scale: 1 })),
  );
  return drawn.map(({ bytes, warnings }) => ({
    bytes,
    said: warnings.map(({ code, message }) => `${code}: ${message}`),
  }));
}

const pixels = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).raw().toBuffer();

describe.each(['jpeg', 'webp'] as const)('a limit of what a %s weighs', (format) => {
  it('changes nothing in a picture that keeps to it', async () => {
    const [free] = await draw({ format });
    const [limited] = await draw({ format, maxBytes: free?.bytes.length as number });
    expect(limited?.bytes.equals(free?.bytes as Buffer)).toBe(true);
    expect(limited?.said).toEqual([]);
  });

  it('is kept at the highest quality it can be kept at, and told', async () => {
    const [wanted] = await draw({ format, quality: 62 });
    const maxBytes = wanted?.bytes.length as number;
    const [made] = await draw({ format, quality: 82, maxBytes });
    expect(made?.said).toEqual([
      `lower_quality: made at quality 62 instead of 82, since output.maxBytes allows ${Math.ceil(maxBytes / 1024)} KB`,
    ]);
    expect((await pixels(made?.bytes as Buffer)).equals(await pixels(wanted?.bytes as Buffer))).toBe(true);
  });

  it('gives the lightest picture there is when it cannot be kept, and tells that', async () => {
    const [wanted] = await draw({ format, quality: 30 });
    const [made] = await draw({ format, maxBytes: 1024 });
    expect(made?.said).toEqual([expect.stringMatching(/^too_heavy: weighs \d+ KB even at quality 30 where .* 1 KB/)]);
    expect((await pixels(made?.bytes as Buffer)).equals(await pixels(wanted?.bytes as Buffer))).toBe(true);
  });

  it('gives equal pictures equal bytes, also of many that are drawn at once', async () => {
    const output = { format, maxBytes: 20_000 };
    const names = ['Amira', 'Bo', 'Zoë', 'Amira'];
    const together = await draw(output, names);
    for (const [i, name] of names.entries()) {
      const [alone] = await draw(output, [name]);
      expect(together[i]?.bytes.equals(alone?.bytes as Buffer)).toBe(true);
      expect(together[i]?.said).toEqual(alone?.said);
    }
  });
});

it('tells of a PNG that is heavier than its limit, and loses nothing of it', async () => {
  const [free] = await draw({ format: 'png' });
  const [made] = await draw({ format: 'png', maxBytes: 2048 });
  expect(made?.bytes.equals(free?.bytes as Buffer)).toBe(true);
  expect(made?.said).toEqual([expect.stringMatching(/^too_heavy: weighs \d+ KB where output.maxBytes allows 2 KB/)]);
});
