/** A page: its size in points, and the points to a CSS pixel across and down. */
export type Paper = { readonly width: number; readonly height: number; readonly across: number; readonly down: number };

type Size = { readonly width: number; readonly height: number };

/** A template's size, and how fine its pictures are. */
type Sized = { readonly size: Size; readonly output: { readonly scale: number; readonly dpi?: number | undefined } };

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
  const inches = sheetOf({ width, height })?.inches;
  const [x, y] = [
    pointsOf(inches?.width ?? width / PIXELS_PER_INCH),
    pointsOf(inches?.height ?? height / PIXELS_PER_INCH),
  ];
  return { width: x, height: y, across: x / width, down: y / height };
}

/** The sheet of paper that a size is, at so many CSS pixels to the inch. */
function sheetOf({ width, height }: Size): { readonly inches: Size; readonly resolution: number } | undefined {
  for (const inches of PAPERS.flatMap((paper) => [paper, { width: paper.height, height: paper.width }])) {
    const isOf = (dpi: number) =>
      Math.abs(inches.width * dpi - width) < 1 && Math.abs(inches.height * dpi - height) < 1;
    const resolution = RESOLUTIONS.find(isOf);
    if (resolution !== undefined) return { inches, resolution };
  }
  return undefined;
}

/** CSS pixels to the inch of a picture: those a sheet of paper was drawn at; else they are points. */
const resolutionOf = (size: Size): number => sheetOf(size)?.resolution ?? POINTS_PER_INCH;

// Scales are kept in databases, some of which keep no more digits of them.
const DIGITS = 4;

/** Device pixels per CSS pixel of a picture of so many dpi. */
export const scaleAt = (dpi: number, size: Size): number => Number((dpi / resolutionOf(size)).toFixed(DIGITS));

/** How many dpi a picture has at a scale: what its file says. */
export const dpiAt = (scale: number, size: Size): number => Math.round(scale * resolutionOf(size));

/** A template's own scale. */
export const scaleOf = ({ size, output }: Sized): number =>
  output.dpi === undefined ? output.scale : scaleAt(output.dpi, size);

const pointsOf = (inches: number): number => Math.max(1, Math.round(inches * POINTS_PER_INCH));
