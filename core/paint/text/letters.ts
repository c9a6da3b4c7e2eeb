import type { Shadow, Stroke } from '../../template/parts.ts';
import { drawWithShadow } from '../drawing.ts';
import { castShadow, liftShadow, paintable, useOutlines } from '../look.ts';
import type { Bench, Context, Host, Rect } from '../surface.ts';
import { drawLine, type Placed } from './draw.ts';
import type { Face } from './font.ts';
import type { Line } from './layout.ts';
import type { Bar } from './marks.ts';
import type { Run } from './runs.ts';

/** A line where it stands, in CSS pixels. */
export type SetLine = Pick<Line, 'ink' | 'tall'> & {
  readonly placed: readonly Placed[];
  readonly bars: readonly Bar[];
  readonly x: number;
  readonly baseline: number;
};

/** What lines are painted in; `isApart` where a letter is drawn by itself, or a line lies along some: then all at once. */
export type Paint = {
  readonly face: Face;
  readonly size: number;
  readonly color: string;
  readonly stroke: Stroke | undefined;
  readonly isApart: boolean;
  readonly area: Rect;
};

/** Paints what lies behind letters; of all lines before any letter, so that no line covers the one above it. */
export function drawGround(context: Context, lines: readonly SetLine[], color: string): void {
  for (const { bars } of lines) fillBars(context, bars, 'background', color);
}

/** Paints letters and the lines along them, within an area: the lines under them first, those through them last. */
export function drawLetters(
  context: Context,
  host: Host,
  lines: readonly SetLine[],
  { face, size, color, stroke, isApart, area }: Paint,
  bench: Bench,
  shadow: Shadow | undefined,
): void {
  const fill = (on: Context, run: Run, part: string, x: number, y: number) => {
    // Letters on a page can be selected only where they are not outlines.
    useOutlines(on, stroke ? !bench.isPage : shadow !== undefined);
    on.fillStyle = paintable(run.style?.color ?? color, '#000000');
    on.fillText(part, x, y);
  };
  const each = (on: Context, { placed, x, baseline }: SetLine, paint: Parameters<typeof drawLine>[5]) =>
    drawLine(on, host, placed, { x, baseline, size, face }, bench, paint);

  // Canvases cut off the shadow of an outline, and that of one run would lie over the letters of the run before.
  if (!isApart && !stroke) {
    for (const line of lines)
      each(context, line, (run, part, x, y) => {
        if (shadow) castShadow(context, shadow);
        fill(context, run, part, x, y);
        if (shadow) liftShadow(context);
      });
    return;
  }
  // All outlines lie under all letters and lines.
  const draw = (on: Context) => {
    if (stroke) {
      useOutlines(on, true);
      // Half of the outline lies under the letter's own fill, so it is drawn twice as wide as asked.
      on.lineWidth = stroke.width * 2;
      on.lineJoin = 'round';
      on.strokeStyle = paintable(stroke.color);
      for (const line of lines) {
        const letters = { ...line, placed: line.placed.filter(({ run }) => !run.emoji) };
        each(on, letters, (_, part, x, y) => on.strokeText(part, x, y));
        for (const { kind, x, y, width, height } of line.bars)
          if (kind !== 'background') on.strokeRect(x, y, width, height);
      }
    }
    for (const line of lines) {
      fillBars(on, line.bars, 'underline', color);
      each(on, line, (run, part, x, y) => fill(on, run, part, x, y));
      fillBars(on, line.bars, 'line-through', color);
    }
  };
  if (shadow) drawWithShadow(context, host, shadow, area, draw);
  else draw(context);
}

function fillBars(context: Context, bars: readonly Bar[], kind: Bar['kind'], color: string): void {
  for (const bar of bars) {
    if (bar.kind !== kind) continue;
    context.fillStyle = paintable(bar.color ?? color, kind === 'background' ? 'transparent' : '#000000');
    context.fillRect(bar.x, bar.y, bar.width, bar.height);
  }
}
