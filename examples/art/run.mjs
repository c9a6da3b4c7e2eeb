import { aurora } from './aurora.mjs';
import { cart } from './cart.mjs';
import { certificate } from './certificate.mjs';
import { outreach } from './desk.mjs';
import { marks } from './marks.mjs';
import { portraits } from './portraits.mjs';
import { seaside } from './seaside.mjs';

// Draws the pictures the sample templates use. They are kept in the repository: run this only to change them.
for (const make of [seaside, certificate, aurora, outreach, portraits, cart, marks]) await make();
