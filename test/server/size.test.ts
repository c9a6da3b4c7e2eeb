import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readSize } from '../../server/assets/size.ts';
import { sniffImage } from '../../server/assets/sniff.ts';

const plain = sharp({ create: { width: 300, height: 70, channels: 4, background: '#ff000080' } });

const pictures: Record<string, () => Promise<Buffer>> = {
  'a PNG': () => plain.clone().png().toBuffer(),
  'a JPEG': () => plain.clone().jpeg().toBuffer(),
  'a progressive JPEG with Exif': () =>
    plain
      .clone()
      .withExif({ IFD0: { Copyright: 'Us' } })
      .jpeg({ progressive: true })
      .toBuffer(),
  'a JPEG held upside down': () => plain.clone().withMetadata({ orientation: 3 }).jpeg().toBuffer(),
  'a GIF': () => plain.clone().gif().toBuffer(),
  'a lossy WebP': () => plain.clone().removeAlpha().webp().toBuffer(),
  'a lossless WebP': () => plain.clone().webp({ lossless: true }).toBuffer(),
  'a WebP with transparency': () => plain.clone().webp().toBuffer(),
  'an AVIF': () => plain.clone().avif({ effort: 0 }).toBuffer(),
};

const sizeOf = (bytes: Buffer) => {
  const mime = sniffImage(bytes);
  if (!mime) throw new Error('it should be a picture');
  return readSize(bytes, mime);
};

describe('the size of a picture', () => {
  it.each(Object.entries(pictures))('is read from the header of %s', async (_, make) => {
    expect(sizeOf(await make())).toEqual({ width: 300, height: 70 });
  });

  it('is that of the picture as it is shown, when the camera was held sideways', async () => {
    for (const orientation of [5, 6, 7, 8]) {
      const bytes = await plain.clone().withMetadata({ orientation }).jpeg().toBuffer();
      expect(sizeOf(bytes), String(orientation)).toEqual({ width: 70, height: 300 });
    }
  });

  it('is unknown when the header is cut short, wherever', async () => {
    for (const make of Object.values(pictures)) {
      const bytes = await make();
      for (let length = 16; length < Math.min(bytes.length, 400); length++) {
        const part = bytes.subarray(0, length);
        const size = sniffImage(part) ? sizeOf(part) : undefined;
        if (size) expect(size).toEqual({ width: 300, height: 70 });
      }
    }
  });

  it('is unknown rather than an endless search in bytes that only begin like a picture', () => {
    for (const start of [
      '\xff\xd8\xff\xe1\0\0',
      '\xff\xd8\xff\xff\xff',
      '\xff\xd8\xff\xe1\0\x10Exif\0\0II*\0\xff\xff\xff\xff',
    ])
      expect(sizeOf(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(64)]))).toBeUndefined();
    expect(sizeOf(Buffer.from('GIF89a'.padEnd(20, '\0')))).toBeUndefined();
  });
});
