import type { Canvas } from 'canvas';
import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { createHost } from '../../core/node/host.ts';
import { sharp } from '../../core/node/native.ts';
import { createPainter } from '../../core/paint/painter.ts';
import type { Rect } from '../../core/paint/surface.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import { applyContract } from '../../core/template/contract.ts';
import { small } from './template.ts';

const square = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } })
  .png()
  .toBuffer();

const rectsOver = {
  // Through the headline's letters and the veil over them.
  letters: [{ x: 90, y: 5, width: 33, height: 40 }],
  // And through the star that only the first has, which is turned.
  'letters and what is turned': [
    { x: 90, y: 5, width: 33, height: 40 },
    { x: 0, y: 100, width: 50, height: 9 },
  ],
} satisfies Record<string, Rect[]>;

it.each(Object.entries(rectsOver))(
  'draws within rectangles what the whole picture has there, over %s',
  async (_what, rects) => {
    const host = createHost({ key: 'small', quality: 82 }, { 'asset:square': square }, new LRUCache({ max: 100 }));
    const painter = createPainter(compileTemplate(small), 1, true, host);
    await host.load(painter.staticNeeds, {});
    painter.flatten();
    const { width, height } = painter;
    const draft = (data: Record<string, unknown>) => painter.draft(applyContract(small.fields, data).values);
    const [one, other] = [
      draft({ first_name: 'Amira', vip: true }),
      draft({ first_name: 'Oluwaseun Featherstonehaugh' }),
    ];
    const pixelsOf = (surface: unknown) => (surface as Canvas).toBuffer('raw').toString('latin1');
    const [ones, others] = [pixelsOf(painter.paint(one)), pixelsOf(painter.paint(other))];
    painter.paint(other);
    const mixed = pixelsOf(painter.paint(one, rects));
    const at = (pixels: string, i: number) => pixels.slice(i * 4, i * 4 + 4);
    const wrong = Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const isWithin = rects.some((r) => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height);
      return at(mixed, i) !== at(ones, i) && (isWithin || at(mixed, i) !== at(others, i));
    }).filter((is) => is).length;
    expect(ones).not.toBe(others);
    expect(wrong).toBe(0);
    expect(pixelsOf(painter.paint(other)) === others, 'a whole picture afterwards is whole').toBe(true);
  },
);
