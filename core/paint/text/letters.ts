import type { Shadow, Stroke } from '../../template/parts.ts';
import { contextOf } from '../drawing.ts';
import { castShadow, liftShadow, paintable, reach, useOutlines } from '../look.ts';
import { type Bench, boundsOf, type Context, grow, type Host, intersect, isEmpty, type Rect } from '../surface.ts';
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

/** What lines are painted in; `spaced` where each of their letters is drawn by itself. */
export type Paint = {
  readonly face: Face;
  readonly size: number;
  readonly color: string;
  readonly stroke: Stroke | undefined;
  readonly spaced: boolean;
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
  { face, size, color, stroke, spaced, area }: Paint,
  bench: Bench,
  shadow: Shadow | undefined,
): void {
  const isApart = spaced || lines.some(({ bars }) => bars.some(({ kind }) => kind !== 'background'));
  const outline = (on: Context, part: string, x: number, y: number) => {
    useOutlines(on, true);
    beginOutline(on, stroke);
    on.strokeText(part, x, y);
  };
  const fill = (on: Context, run: Run, part: string, x: number, y: number) => {
    // Letters on a page can be selected only where they are not outlines.
    useOutlines(on, stroke ? !bench.isPage : shadow !== undefined);
    on.fillStyle = paintable(run.style?.color ?? color, '#000000');
    on.fillText(part, x, y);
  };
  const each = (on: Context, { placed, x, baseline }: SetLine, paint: Parameters<typeof drawLine>[5]) =>
    drawLine(on, host, placed, { x, baseline, size, face }, bench, paint);

  if (!isApart) {
    for (const line of lines)
      each(context, line, (run, part, x, y) => {
        if (shadow) castShadow(context, shadow);
        if (stroke) outline(context, part, x, y);
        if (stroke && shadow) liftShadow(context);
        fill(context, run, part, x, y);
        if (shadow) liftShadow(context);
      });
    return;
  }
  // All outlines lie under all letters and lines.
  const draw = (on: Context) => {
    for (const line of stroke ? lines : []) {
      const letters = { ...line, placed: line.placed.filter(({ run }) => !run.emoji) };
      each(on, letters, (_, part, x, y) => outline(on, part, x, y));
      beginOutline(on, stroke);
      for (const { kind, x, y, width, height } of line.bars)
        if (kind !== 'background') on.strokeRect(x, y, width, height);
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

function beginOutline(context: Context, stroke: Stroke | undefined): void {
  // Half of the outline lies under the letter's own fill, so it is drawn twice as wide as asked.
  context.lineWidth = (stroke?.width ?? 0) * 2;
  context.lineJoin = 'round';
  context.strokeStyle = paintable(stroke?.color ?? 'transparent');
}

function fillBars(context: Context, bars: readonly Bar[], kind: Bar['kind'], color: string): void {
  for (const bar of bars) {
    if (bar.kind !== kind) continue;
    context.fillStyle = paintable(bar.color ?? color, kind === 'background' ? 'transparent' : '#000000');
    context.fillRect(bar.x, bar.y, bar.width, bar.height);
  }
}

/** Draws onto a surface of its own, and then that with its shadow, so that nothing lies in the shadow of its neighbour. */
function drawWithShadow(context: Context, host: Host, shadow: Shadow, area: Rect, draw: (on: Context) => void): void {
  const { a, b, c, d, e, f } = context.getTransform();
  const { width, height } = context.canvas;
  const beside = reach(undefined, shadow);
  const seen = intersect(grow({ x: 0, y: 0, width, height }, beside), boundsOf(area, [a, b, c, d, e, f]));
  if (isEmpty(seen)) return;
  const [x, y] = [Math.floor(seen.x), Math.floor(seen.y)];
  const group = host.createSurface(Math.ceil(seen.x + seen.width) - x, Math.ceil(seen.y + seen.height) - y);
  const on = contextOf(group);
  on.setTransform(a, b, c, d, e - x, f - y);
  draw(on);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  castShadow(context, shadow);
  context.drawImage(group, x, y);
  context.restore();
}
