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

/** A candle in a smoked glass. */
const candle = scene(`
  <defs>
    <linearGradient id="glass" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#4a2f3a"/><stop offset="0.3" stop-color="#9b6a78"/><stop offset="0.6" stop-color="#6b4453"/><stop offset="1" stop-color="#35202a"/></linearGradient>
    <radialGradient id="flame" cx="0.5" cy="0.7" r="0.6"><stop offset="0" stop-color="#fff6cf"/><stop offset="0.5" stop-color="#ffc357"/><stop offset="1" stop-color="#f08a2e"/></radialGradient>
    <radialGradient id="shine" cx="0.5" cy="0.5" r="0.5"><stop offset="0" stop-color="#ffd88a" stop-opacity="0.75"/><stop offset="1" stop-color="#ffd88a" stop-opacity="0"/></radialGradient>
  </defs>
  <circle cx="220" cy="112" r="104" fill="url(#shine)"/>
  <path d="M132 156 H308 L298 340 C296 356 144 356 142 340 Z" fill="url(#glass)"/>
  <ellipse cx="220" cy="156" rx="88" ry="17" fill="#f4e3c4"/>
  <path d="M220 156 V128" stroke="#3b2a22" stroke-width="5" stroke-linecap="round"/>
  <path d="M220 58 C244 92 246 132 220 134 C194 132 196 92 220 58 Z" fill="url(#flame)"/>
  <rect x="168" y="224" width="104" height="70" rx="6" fill="#f8f1e6"/>
  <g fill="#8a5a2b"><rect x="186" y="242" width="68" height="7" rx="3.5"/><rect x="198" y="262" width="44" height="6" rx="3"/></g>
  <path d="M152 176 C150 230 154 290 158 330" stroke="#ffffff" stroke-opacity="0.4" stroke-width="8" stroke-linecap="round" fill="none"/>`);

/** A plant in a terracotta pot. */
const plant = scene(`
  <defs>
    <linearGradient id="pot" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#b4552f"/><stop offset="0.32" stop-color="#e08a5f"/><stop offset="1" stop-color="#8d3d1f"/></linearGradient>
    <linearGradient id="leaf" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#7fb069"/><stop offset="1" stop-color="#2f6b45"/></linearGradient>
  </defs>
  <g fill="url(#leaf)">
    <path d="M218 236 C150 220 104 168 96 96 C166 100 216 152 218 236 Z"/>
    <path d="M222 236 C222 150 258 96 334 74 C346 152 306 218 222 236 Z"/>
    <path d="M220 240 C186 160 190 92 226 36 C262 96 262 170 220 240 Z"/>
  </g>
  <g fill="none" stroke="#dcebc9" stroke-opacity="0.55" stroke-width="4" stroke-linecap="round"><path d="M214 226 C180 190 146 152 120 120"/><path d="M228 226 C252 180 284 130 316 96"/><path d="M221 226 C218 170 220 110 226 66"/></g>
  <path d="M142 246 H298 L278 352 C276 362 164 362 162 352 Z" fill="url(#pot)"/>
  <rect x="130" y="226" width="180" height="36" rx="8" fill="url(#pot)"/>
  <path d="M142 262 H298 L296 274 H144 Z" fill="#5f2812" fill-opacity="0.35"/>`);

/** A notebook bound in linen, with a ribbon. */
const notebook = scene(`
  <defs><linearGradient id="linen" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#4d6a9c"/><stop offset="1" stop-color="#263a63"/></linearGradient></defs>
  <path d="M136 92 H300 C310 92 316 98 316 108 V338 C316 348 310 354 300 354 H136 Z" fill="#f6efe2"/>
  <path d="M120 84 H290 C300 84 306 90 306 100 V330 C306 340 300 346 290 346 H120 Z" fill="url(#linen)"/>
  <rect x="120" y="84" width="26" height="262" fill="#1c2c4e" fill-opacity="0.55"/>
  <rect x="176" y="140" width="100" height="62" rx="4" fill="#f6efe2"/>
  <g fill="#8a5a2b"><rect x="192" y="158" width="68" height="6" rx="3"/><rect x="204" y="176" width="44" height="5" rx="2.5"/></g>
  <path d="M258 346 V382 L268 372 L278 382 V346 Z" fill="#c2452d"/>`);

/** What the carts show in their previews, and where a picture is missing. */
export async function cart() {
  const of = { 'abandoned-cart': { mug, bag }, 'cart-items': { mug, bag, candle, plant, notebook } };
  for (const [sample, pictures] of Object.entries(of))
    for (const [name, picture] of Object.entries(pictures))
      await sharp(await draw(picture))
        .flatten({ background: '#ffffff' })
        .jpeg({ quality: 88, mozjpeg: true })
        .toFile(await assetFile(sample, `${name}.jpg`));
}
