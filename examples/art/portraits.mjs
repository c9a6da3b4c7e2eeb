import sharp from 'sharp';
import { assetFile, draw, grainLayer } from './raster.mjs';

const SIZE = 480;

/**
 * People as a soft studio portrait: key light from the upper left, a warm rim from behind. Faces stay without features,
 * so that at the size of an avatar they read as somebody and never as anybody.
 */
const people = {
  amira: {
    backdrop: ['#f2b48a', '#c9655a'],
    skin: ['#c98a63', '#8f5238'],
    hair: '#2a1a1f',
    cloth: ['#1f5a63', '#0f3440'],
    behind:
      'M150 250 C140 120 190 78 246 78 C322 78 352 140 344 230 C340 290 366 322 352 372 C300 404 180 404 136 366 C132 330 152 300 150 250 Z',
    front:
      'M176 214 C170 138 204 106 252 104 C302 104 330 140 322 216 C312 176 292 152 262 140 C240 168 206 182 176 214 Z',
  },
  ingrid: {
    backdrop: ['#c3c6f2', '#6a6fc0'],
    skin: ['#f0c3a4', '#c98d6f'],
    hair: '#c9934e',
    cloth: ['#2b3170', '#161a45'],
    behind:
      'M164 214 C150 124 198 78 250 78 C312 78 344 126 334 214 C334 262 332 282 318 306 C290 322 208 322 182 306 C168 282 166 256 164 214 Z',
    front:
      'M178 206 C166 134 204 98 254 98 C306 98 332 136 322 206 C318 182 310 160 296 146 C270 158 226 158 204 146 C188 162 182 182 178 206 Z',
  },
  noah: {
    backdrop: ['#b9c9d6', '#5c7890'],
    skin: ['#e6b493', '#b97a58'],
    hair: '#4a3022',
    cloth: ['#f0e9dd', '#b9ab97'],
    behind: 'M172 190 C160 116 206 78 256 80 C312 82 338 122 328 190 L318 214 L182 214 Z',
    front:
      'M180 188 C160 112 214 70 270 78 C324 84 338 132 322 192 C316 176 314 164 306 152 C286 146 262 124 240 122 C226 144 196 148 190 160 C184 170 182 178 180 188 Z',
    ears: true,
  },
};

function portrait({ backdrop, skin, hair, cloth, behind, front, ears = false }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="52 52 392 392" width="${SIZE}" height="${SIZE}">
  <defs>
    <radialGradient id="room" cx="0.3" cy="0.22" r="1"><stop offset="0" stop-color="${backdrop[0]}"/><stop offset="1" stop-color="${backdrop[1]}"/></radialGradient>
    <linearGradient id="face" x1="0.15" y1="0.1" x2="0.95" y2="0.9"><stop offset="0" stop-color="${skin[0]}"/><stop offset="1" stop-color="${skin[1]}"/></linearGradient>
    <linearGradient id="cloth" x1="0.1" y1="0" x2="0.9" y2="1"><stop offset="0" stop-color="${cloth[0]}"/><stop offset="1" stop-color="${cloth[1]}"/></linearGradient>
    <linearGradient id="sheen" x1="0" y1="0" x2="1" y2="0.6"><stop offset="0" stop-color="#fff" stop-opacity="0.22"/><stop offset="0.5" stop-color="#fff" stop-opacity="0"/></linearGradient>
    <clipPath id="head"><path d="M182 202 C182 140 210 112 250 112 C292 112 318 142 318 202 C318 262 288 306 250 306 C212 306 182 262 182 202 Z"/></clipPath>
  </defs>
  <rect width="480" height="480" fill="url(#room)"/>
  <path d="${behind}" fill="${hair}"/>
  ${ears ? `<g fill="${skin[1]}"><ellipse cx="181" cy="216" rx="12" ry="20"/><ellipse cx="319" cy="216" rx="12" ry="20"/></g>` : ''}
  <path d="M60 480 C66 392 132 366 206 346 L294 346 C370 366 428 392 436 480 Z" fill="url(#cloth)"/>
  <path d="M212 270 L212 346 C226 372 276 372 290 346 L290 270 Z" fill="${skin[1]}"/>
  <path d="M182 202 C182 140 210 112 250 112 C292 112 318 142 318 202 C318 262 288 306 250 306 C212 306 182 262 182 202 Z" fill="url(#face)"/>
  <g clip-path="url(#head)"><path d="M318 112 L318 320 L240 320 C292 288 300 220 290 140 Z" fill="${skin[1]}" opacity="0.55"/></g>
  <path d="${front}" fill="${hair}"/>
  <path d="${front}" fill="url(#sheen)"/>
  <path d="M436 480 C428 392 370 366 294 346 C360 374 398 410 404 480 Z" fill="#fff" opacity="0.14"/>
</svg>`;
}

async function save(name, sample) {
  const drawn = await draw(portrait(people[name]), 0.6);
  await sharp(drawn)
    .composite([{ input: await grainLayer(SIZE, SIZE, 15, 3), blend: 'soft-light' }])
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 88, mozjpeg: true })
    .toFile(await assetFile(sample, `${name}.jpg`));
}

/** The people in the samples' previews: a member of the rewards programme, speakers, and the sender of the outreach card. */
export async function portraits() {
  await save('amira', 'summer-rewards-hero');
  await save('ingrid', 'event-badge');
  await save('noah', 'outreach-card');
  await save('amira', 'conference-agenda');
}
