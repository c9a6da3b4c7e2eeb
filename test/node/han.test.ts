import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const renderer = createRenderer();
let count = 0;

/** The pixels of the first two letters of a text in a template of that locale, or of more of it. */
async function draw(text: string, locale = 'en-US', width = 10 + 2 * 30, look = {}): Promise<string> {
  const template = parseTemplate({
    ...{ name: 'han', size: { width: 200, height: 60 }, output: { format: 'png', scale: 1 }, alt: 'Letters', locale },
    layers: [
      {
        ...{ id: 'words', type: 'text', text, box: { x: 10, y: 10, width: 180, height: 40 } },
        ...{ fontSize: 30, color: '#000000', ...look },
      },
    ],
  });
  const job = { key: `han ${count++}`, load: () => ({ template, assets: {} }) };
  const { bytes } = await renderer.render({
    ...{ template: job, values: {}, images: {}, format: 'png', scale: 1, quality: 82 },
  });
  const pixels = await sharp(bytes).extract({ left: 0, top: 0, width, height: 60 }).raw().toBuffer();
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

describe('Arabic, Hebrew, Devanagari and Thai beside Chinese characters', () => {
  it.each([
    '日本 [ไทย]{color=#000000}',
    '日本[ไทย]{color=#000000}',
    '한국 [नमस्ते]{color=#000000}',
    '日本\u00a0[ญู]{color=#000000}',
    '日本 [x ไทย]{color=#000000}日本',
  ])('stand on the same baseline as in a span of their own: %s', async (text) => {
    const plain = text.replace(/[[\]]|\{.*?\}/g, '');
    for (const look of [{}, { fontFamily: 'Caveat' }, { stroke: { color: '#d7263d', width: 4 } }])
      expect(await draw(plain, 'en-US', 200, look)).toEqual(await draw(text, 'en-US', 200, look));
  });

  it('stand on it where words run from right to left, too', async () => {
    expect(await draw('日本 مرحبا', 'en-US', 200)).toEqual(await draw('日本 [مرحبا]{color=#000000}', 'en-US', 200));
    expect(await draw('שלום 日本 ไทย', 'en-US', 200)).toEqual(
      await draw('שלום [日本 ]{color=#000000}ไทย', 'en-US', 200),
    );
  });
});

describe('Letters with an outline', () => {
  it('are not covered by that of the letters beside them', async () => {
    const pixels = async (look: object) =>
      Buffer.from(await draw('日[W]{weight=900}本[W]{weight=900}ไทย', 'en-US', 200, look), 'base64');
    const plain = await pixels({ stroke: { color: '#d7263d', width: 0.01 } });
    const outlined = await pixels({ stroke: { color: '#d7263d', width: 8 } });
    const black = [...plain.keys()].filter((i) => plain[i] === 0);
    expect(black.filter((i) => (outlined[i] ?? 0) > 40)).toHaveLength(0);
  });
});
