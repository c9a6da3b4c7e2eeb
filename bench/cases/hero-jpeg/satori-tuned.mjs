import { readInputs } from '../../hero/design.mjs';
import { prepare } from '../../hero/prepared.mjs';
import { openSatori } from './satori.mjs';

/** satori and resvg over pictures scaled beforehand. */
export const open = async () => openSatori(await prepare(await readInputs()));
