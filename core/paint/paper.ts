/** A page: its size in points, and the points to a CSS pixel across and down. */
export type Paper = { readonly width: number; readonly height: number; readonly across: number; readonly down: number };

type Size = { readonly width: number; readonly height: number };

const POINTS_PER_INCH = 72;
const PIXELS_PER_INCH = 96;

/** In inches. */
const PAPERS: readonly Size[] = [
  // A4, by ISO 216 in millimetres.
  { width: 210 / 25.4, height: 297 / 25.4 },
  // Letter.
  { width: 8.5, height: 11 },
];
/** The resolutions at which people draw a sheet of paper in pixels. */
const RESOLUTIONS = [72, PIXELS_PER_INCH, 150, 200, 300];

/**
 * The page of a template, by its size in CSS pixels: A4 or Letter, upright or across, for the size that sheet has at 72, 96,
 * 150, 200 or 300 dpi (794x1123 is A4 at 96); any other size at CSS' 96 to the inch. Pages have whole points.
 */
export function paperOf({ width, height }: Size): Paper {
  const inches = PAPERS.flatMap((paper) => [paper, { width: paper.height, height: paper.width }]).find((paper) =>
    RESOLUTIONS.some((dpi) => Math.abs(paper.width * dpi - width) < 1 && Math.abs(paper.height * dpi - height) < 1),
  ) ?? { width: width / PIXELS_PER_INCH, height: height / PIXELS_PER_INCH };
  const [x, y] = [pointsOf(inches.width), pointsOf(inches.height)];
  return { width: x, height: y, across: x / width, down: y / height };
}

const pointsOf = (inches: number): number => Math.max(1, Math.round(inches * POINTS_PER_INCH));
