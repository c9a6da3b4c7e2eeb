import { readFile } from 'node:fs/promises';
import { Renderer } from '@takumi-rs/core';
import { design, fontFiles, LABEL, readInputs } from '../../hero/design.mjs';
import { textsFor } from '../../hero/people.mjs';

/** Takumi with one renderer for all pictures, fonts registered once and its cache of decoded images in use. */
export async function open() {
  const draw = await openTakumi(await readInputs());
  return { render: (person) => draw(person, { format: 'jpeg', quality: design.quality }) };
}

/** A function that draws a person's hero, over this photo and avatar, into the format asked for. */
export async function openTakumi({ photo, avatar }) {
  const renderer = new Renderer();
  for (const [weight, file] of Object.entries(fontFiles))
    await renderer.registerFont({ name: 'Inter', data: await readFile(file), weight: Number(weight) });
  const images = Object.entries({ photo, avatar }).map(([src, data]) => ({ src, data }));
  const { width, height } = design;
  return (person, output) => renderer.render(heroTree(textsFor(person)), { width, height, images, ...output });
}

function heroTree(texts) {
  const { width, height, shade, avatar, button } = design;
  const { size } = avatar;
  const place = (left, top, style) => ({ position: 'absolute', left, top, ...style });
  return {
    type: 'container',
    style: { width, height, position: 'relative', display: 'flex', fontFamily: 'Inter' },
    children: [
      { type: 'image', src: 'photo', style: place(0, 0, { width, height }) },
      {
        type: 'container',
        style: place(0, 0, { width, height, backgroundImage: `linear-gradient(90deg, ${shade.from}, ${shade.to})` }),
      },
      {
        type: 'image',
        src: 'avatar',
        style: place(avatar.x, avatar.y, { width: size, height: size, borderRadius: size / 2 }),
      },
      {
        type: 'container',
        style: place(button.x, button.y, {
          width: button.width,
          height: button.height,
          borderRadius: button.radius,
          backgroundColor: button.color,
          display: 'flex',
          alignItems: 'center',
          justifyContent: 'center',
        }),
        children: [
          { type: 'text', text: button.text, style: { fontSize: button.size, fontWeight: 700, color: '#ffffff' } },
        ],
      },
      ...Object.entries({ ...texts, label: LABEL }).map(([id, text]) => ({
        type: 'text',
        text,
        style: place(design[id].x, design[id].y, {
          width: design[id].width,
          fontSize: design[id].size,
          fontWeight: design[id].weight,
          lineHeight: `${design[id].leading}px`,
          color: design[id].color,
          textAlign: design[id].align,
        }),
      })),
    ],
  };
}
