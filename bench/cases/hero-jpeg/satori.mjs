import { readFile } from 'node:fs/promises';
import { renderAsync } from '@resvg/resvg-js';
import satori from 'satori';
import sharp from 'sharp';
import { design, fontFiles, LABEL, readInputs } from '../../hero/design.mjs';
import { textsFor } from '../../hero/people.mjs';
import { inline } from '../../hero/prepared.mjs';

const box = (style, children) => ({ type: 'div', props: { style: { display: 'flex', ...style }, children } });
const place = (left, top, style) => ({ position: 'absolute', left, top, ...style });

/** satori for the layout, resvg for the pixels, sharp for the JPEG that resvg cannot make. No system fonts are searched. */
export async function open() {
  return openSatori(await readInputs());
}

/** The same over this photo and avatar. */
export async function openSatori({ photo, avatar }) {
  const fonts = await Promise.all(
    Object.entries(fontFiles).map(async ([weight, file]) => ({
      name: 'Inter',
      data: await readFile(file),
      weight: Number(weight),
    })),
  );
  const pictures = { photo: inline(photo, 'image/jpeg'), avatar: inline(avatar, 'image/jpeg') };
  const { width, height, quality } = design;
  return {
    async render(person) {
      const svg = await satori(heroTree(textsFor(person), pictures), { width, height, fonts });
      const { pixels } = await renderAsync(svg, { font: { loadSystemFonts: false } });
      return sharp(pixels, { raw: { width, height, channels: 4 } })
        .jpeg({ quality })
        .toBuffer();
    },
  };
}

function heroTree(texts, pictures) {
  const { width, height, shade, avatar, button } = design;
  const { size } = avatar;
  const picture = (src, style) => ({ type: 'img', props: { src, width: style.width, height: style.height, style } });
  return box({ width, height, position: 'relative', fontFamily: 'Inter' }, [
    picture(pictures.photo, place(0, 0, { width, height })),
    box(place(0, 0, { width, height, backgroundImage: `linear-gradient(90deg, ${shade.from}, ${shade.to})` })),
    picture(pictures.avatar, place(avatar.x, avatar.y, { width: size, height: size, borderRadius: size / 2 })),
    box(
      place(button.x, button.y, {
        width: button.width,
        height: button.height,
        borderRadius: button.radius,
        backgroundColor: button.color,
        color: '#ffffff',
        fontSize: button.size,
        fontWeight: 700,
        alignItems: 'center',
        justifyContent: 'center',
      }),
      button.text,
    ),
    ...Object.entries({ ...texts, label: LABEL }).map(([id, text]) =>
      box(
        place(design[id].x, design[id].y, {
          width: design[id].width,
          fontSize: design[id].size,
          fontWeight: design[id].weight,
          lineHeight: `${design[id].leading}px`,
          color: design[id].color,
          justifyContent: design[id].align === 'right' ? 'flex-end' : 'flex-start',
        }),
        text,
      ),
    ),
  ]);
}
