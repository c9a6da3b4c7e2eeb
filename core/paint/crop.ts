import type { Need } from './surface.ts';

/** A picture a layer needs. */
export type ImageNeed = Extract<Need, { kind: 'image' }>;

const MIDDLE = { x: 0.5, y: 0.5 };

/**
 * The part of a picture, in its own pixels, that is shown where it covers the needed shape: its focus point is kept as near
 * the middle as the edges allow. One that has yet to be looked for is taken to be the middle.
 */
export function partToShow({ width, height, focus }: ImageNeed, fullWidth: number, fullHeight: number) {
  const scale = Math.min(fullWidth / width, fullHeight / height);
  const cropWidth = Math.min(fullWidth, Math.max(1, Math.round(width * scale)));
  const cropHeight = Math.min(fullHeight, Math.max(1, Math.round(height * scale)));
  const { x, y } = typeof focus === 'string' ? MIDDLE : focus;
  const clamp = (value: number, most: number) => Math.round(Math.max(0, Math.min(most, value)));
  return {
    left: clamp(fullWidth * x - cropWidth / 2, fullWidth - cropWidth),
    top: clamp(fullHeight * y - cropHeight / 2, fullHeight - cropHeight),
    width: cropWidth,
    height: cropHeight,
  };
}
