import { createCanvas, loadImage, registerFont } from 'canvas';
import { design, fontFiles, LABEL } from './design.mjs';
import { textsFor } from './people.mjs';

// Inter's own metrics in em, as CSS uses them to place a line of text in its leading.
const ASCENT = 0.96875;
const DESCENT = 0.2412;

/** Registers Inter and decodes the photo and the avatar once, for as many pictures as are drawn from them. */
export async function openCanvas({ photo, avatar }) {
  registerFont(fontFiles[400], { family: 'Inter', weight: 'normal' });
  registerFont(fontFiles[700], { family: 'Inter', weight: 'bold' });
  return { photo: await loadImage(photo), avatar: await loadImage(avatar) };
}

/** Draws the whole hero on a new canvas, the way a first attempt does. Without a person, only what everybody shares. */
export function drawHero(pictures, person) {
  const canvas = createCanvas(design.width, design.height);
  const context = canvas.getContext('2d');
  // Of 1600x900, the middle 1600x800 covers 1200x600.
  context.drawImage(pictures.photo, 0, 50, 1600, 800, 0, 0, design.width, design.height);
  const shade = context.createLinearGradient(0, 0, design.width, 0);
  shade.addColorStop(0, design.shade.from);
  shade.addColorStop(1, design.shade.to);
  context.fillStyle = shade;
  context.fillRect(0, 0, design.width, design.height);

  const { x, y, size } = design.avatar;
  context.save();
  context.beginPath();
  context.arc(x + size / 2, y + size / 2, size / 2, 0, Math.PI * 2);
  context.clip();
  context.drawImage(pictures.avatar, x, y, size, size);
  context.restore();

  const { button } = design;
  context.fillStyle = button.color;
  context.beginPath();
  context.roundRect(button.x, button.y, button.width, button.height, button.radius);
  context.fill();
  writeText(context, button.text, {
    ...button,
    weight: 700,
    leading: button.height,
    color: '#ffffff',
    align: 'center',
  });
  writeText(context, LABEL, design.label);
  if (person) for (const [id, text] of Object.entries(textsFor(person))) writeText(context, text, design[id]);
  return canvas;
}

function writeText(context, text, { x, y, width, size, weight, leading, color, align }) {
  context.font = `${weight === 700 ? 'bold' : 'normal'} ${size}px Inter`;
  context.fillStyle = color;
  context.textAlign = align;
  const left = x + { left: 0, center: width / 2, right: width }[align];
  let baseline = y + (leading - (ASCENT + DESCENT) * size) / 2 + ASCENT * size;
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && context.measureText(longer).width > width) {
      context.fillText(line, left, baseline);
      baseline += leading;
      line = word;
    } else line = longer;
  }
  context.fillText(line, left, baseline);
}
