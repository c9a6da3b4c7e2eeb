/**
 * The last step of the ladder: one light grey pixel as PNG, which mail clients stretch to the size in the email without
 * anything to distort.
 */
export const neutralPicture = {
  mime: 'image/png',
  bytes: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mN49+EzAAWhAtKTuaxoAAAAAElFTkSuQmCC',
    'base64',
  ),
} as const;
