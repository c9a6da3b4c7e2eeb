import { defineInputFields } from 'zapier-platform-core';

/** The inputs for how a picture comes out: both are the template's own when left blank. */
export const outputInputs = defineInputFields([
  {
    key: 'format',
    label: 'Format',
    choices: { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' },
    helpText: "Left blank: the template's own. Some mail clients do not show WebP.",
  },
  {
    key: 'scale',
    label: 'Size',
    choices: [
      { value: '1', sample: '1', label: '1x: as large as designed' },
      { value: '1.5', sample: '1.5', label: '1.5x' },
      { value: '2', sample: '2', label: '2x: sharp on phones and in emails' },
      { value: '3', sample: '3', label: '3x: for print and zooming in' },
    ],
    helpText: "Pixels for each pixel of the design. Left blank: the template's own.",
  },
]);

/** The input for pictures that are printed. */
export const dpiInput = {
  key: 'dpi',
  label: 'DPI',
  type: 'integer',
  helpText: 'For print, in place of a size: pixels to the inch, 72 to 600. 300 is what printers ask for.',
} as const;

/** What an order says of it. */
export const outputOf = ({
  format,
  scale,
  dpi,
}: {
  readonly format?: string;
  readonly scale?: string;
  readonly dpi?: number;
}) => ({
  ...(format && { format }),
  ...(scale && { scale: Number(scale) || scale }),
  ...(dpi && { dpi }),
});
