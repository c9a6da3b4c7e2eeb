import sharp from 'sharp';
import { assetFile, draw } from './raster.mjs';

const SIZE = 440;

const scene = (content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 440" width="${SIZE}" height="${SIZE}">
  <defs>
    <linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f4efe8"/><stop offset="1" stop-color="#e7ddd0"/></linearGradient>
    <radialGradient id="fall" cx="0.5" cy="0.5" r="0.5"><stop offset="0" stop-color="#5b4636" stop-opacity="0.42"/><stop offset="1" stop-color="#5b4636" stop-opacity="0"/></radialGradient>
  </defs>
  <rect width="440" height="440" fill="url(#wall)"/>
  <rect y="322" width="440" height="118" fill="#d9cbb9"/>
  <ellipse cx="226" cy="352" rx="150" ry="26" fill="url(#fall)"/>${content}</svg>`;

/** A stoneware mug, glazed down to a bare foot. */
const mug = scene(`
  <defs>
    <linearGradient id="glaze" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#2f5d62"/><stop offset="0.28" stop-color="#6fa3a0"/><stop offset="0.55" stop-color="#3f7377"/><stop offset="1" stop-color="#1f4347"/></linearGradient>
    <linearGradient id="clay" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#b98f6a"/><stop offset="0.3" stop-color="#dcb993"/><stop offset="1" stop-color="#93694a"/></linearGradient>
    <clipPath id="body"><path d="M118 128 L302 128 L290 336 C286 356 134 356 130 336 Z"/></clipPath>
  </defs>
  <path d="M296 168 C372 158 378 276 288 282" fill="none" stroke="#2a5357" stroke-width="27" stroke-linecap="round"/>
  <path d="M296 165 C366 156 372 272 288 278" fill="none" stroke="#5f9693" stroke-width="9" stroke-linecap="round" stroke-opacity="0.7"/>
  <g clip-path="url(#body)">
    <rect x="110" y="120" width="200" height="240" fill="url(#clay)"/>
    <path d="M110 120 H310 V286 C286 302 268 282 246 292 C222 304 204 284 180 296 C156 306 138 288 110 298 Z" fill="url(#glaze)"/>
    <path d="M148 150 C144 206 146 248 152 282" stroke="#d6ecea" stroke-width="9" stroke-opacity="0.5" stroke-linecap="round" fill="none"/>
    <g fill="#e8dccb" fill-opacity="0.5"><circle cx="204" cy="196" r="2.4"/><circle cx="252" cy="232" r="2"/><circle cx="226" cy="260" r="1.7"/><circle cx="182" cy="244" r="2"/><circle cx="274" cy="178" r="2.2"/><circle cx="236" cy="166" r="1.6"/></g>
  </g>
  <ellipse cx="210" cy="128" rx="92" ry="19" fill="#27494c"/>
  <ellipse cx="210" cy="131" rx="82" ry="14" fill="#4a2c1a"/>
  <path d="M132 127 A82 14 0 0 1 210 117" stroke="#caa06f" stroke-width="2.4" fill="none" stroke-opacity="0.7"/>
  <g fill="none" stroke="#ffffff" stroke-opacity="0.55" stroke-width="7" stroke-linecap="round">
    <path d="M184 98 C170 80 196 66 184 44"/><path d="M230 100 C216 80 244 64 232 40"/>
  </g>`);

/** A paper bag, for whatever was put into the cart. */
const bag = scene(`
  <defs><linearGradient id="paper" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#c98f5c"/><stop offset="0.5" stop-color="#e0ad7c"/><stop offset="1" stop-color="#b67c4b"/></linearGradient></defs>
  <path d="M172 136 C172 62 268 62 268 136" fill="none" stroke="#6e4a2c" stroke-width="9" stroke-linecap="round"/>
  <path d="M112 132 L328 132 L340 350 L100 350 Z" fill="url(#paper)"/>
  <path d="M280 132 L328 132 L340 350 L300 350 Z" fill="#8f5f37" fill-opacity="0.35"/>
  <path d="M112 132 L328 132 L329 150 L111 150 Z" fill="#7a5030" fill-opacity="0.25"/>
  <path d="M220 268 C176 236 186 200 206 200 C216 200 220 208 220 214 C220 208 224 200 234 200 C254 200 264 236 220 268 Z" fill="#fbf3e6"/>`);

/** What the abandoned cart shows in its preview, and where a picture is missing. */
export async function cart() {
  for (const [name, picture] of Object.entries({ mug, bag }))
    await sharp(await draw(picture))
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 88, mozjpeg: true })
      .toFile(await assetFile('abandoned-cart', `${name}.jpg`));
}
