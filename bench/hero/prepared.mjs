import sharp from 'sharp';
import { design } from './design.mjs';

const quality = 95;

/** The photo and the avatar as JPEG in the size they are drawn at: it spares a peer the decoding and scaling of more. */
export async function prepare({ photo, avatar }) {
  const { size } = design.avatar;
  return {
    photo: await sharp(photo).resize(design.width, design.height).jpeg({ quality }).toBuffer(),
    avatar: await sharp(avatar).resize(size, size).jpeg({ quality }).toBuffer(),
  };
}

/** Bytes as a `data:` address. */
export const inline = (bytes, type) => `data:${type};base64,${bytes.toString('base64')}`;
