import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const renderer = createRenderer();
let count = 0;

/** The pixels of the first two letters of a text in a template of that locale. */
async function draw(text: string, locale = 'en-US'): Promise<string> {
  const template = parseTemplate({
    ...{ name: 'han', size: { width: 200, height: 60 }, output: { format: 'png', scale: 1 }, alt: 'Letters', locale },
    layers: [
      {
        ...{ id: 'words', type: 'text', text, box: { x: 10, y: 10, width: 180, height: 40 } },
        ...{ fontSize: 30, color: '#000000' },
      },
    ],
  });
  const job = { key: `han ${count++}`, load: () => ({ template, assets: {} }) };
  const { bytes } = await renderer.render({
    ...{ template: job, values: {}, images: {}, format: 'png', scale: 1, quality: 82 },
  });
  const pixels = await sharp(bytes)
    .extract({ left: 0, top: 0, width: 10 + 2 * 30, height: 60 })
    .raw()
    .toBuffer();
  return pixels.toString('base64');
}

// Both have other strokes in Japanese than in Chinese.
const NAME = '直骨';

describe('Chinese characters, which languages draw otherwise', () => {
  it('have the shapes of the letters around them, in a span of their own, too', async () => {
    expect(await draw(`[${NAME}]{color=#000000}さん`)).toEqual(await draw(`${NAME}さん`));
    expect(await draw(`[${NAME}]{color=#000000}님`)).toEqual(await draw(`${NAME}님`));
  });

  it('have those of the template’s locale where they stand alone', async () => {
    const [chinese, japanese, korean] = await Promise.all(['中', 'さ', '님'].map((letter) => draw(NAME + letter)));
    expect(japanese).not.toEqual(chinese);
    expect(await draw(NAME, 'ja-JP')).toEqual(japanese);
    expect(await draw(NAME, 'ko')).toEqual(korean);
    expect(await draw(NAME, 'zh-CN')).toEqual(chinese);
    expect(await draw(NAME)).toEqual(chinese);
  });
});
