import { createHash, randomBytes } from 'node:crypto';
import { openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCoverage, writeCoverage } from '../paint/text/coverage.ts';
import { type OwnFont, ownName, referencedFace } from '../paint/text/own-fonts.ts';
import { canvas } from './native.ts';
import { checkFont, codePointsOf, renameFont } from './sfnt.ts';

// The public `registerFont` asks for the real path first, which a file without a name has none of.
const { _registerFont: register } = canvas.Canvas as unknown as {
  _registerFont(path: string, face: { family: string }): void;
};

type Loaded = Pick<OwnFont, 'name' | 'coverage'>;

const loaded = new Map<string, Loaded>();
let held = 0;

/** How many bytes of fonts this process holds: what is loaded once stays until the process ends. */
export const ownFontBytes = (): number => held;

/**
 * The fonts among a template's assets, ready to be drawn with in this process, each under a name made of its bytes: two
 * workspaces may have other fonts of one family, and never meet each other's. Throws `font_invalid` for one that is none.
 */
export const loadOwnFonts = (assets: Readonly<Record<string, Uint8Array>>): OwnFont[] =>
  Object.entries(assets).flatMap(([reference, bytes]) => {
    const face = referencedFace(reference);
    return face ? [{ ...face, ...load(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) }] : [];
  });

function load(bytes: Buffer): Loaded {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const found = loaded.get(digest);
  if (found) return found;
  checkFont(bytes);
  const name = ownName(digest);
  // A family that is asked for by the name registered here would be taken in the file's own weight, and all behind it too.
  register(nameless(renameFont(bytes, name)), { family: `File of ${name}` });
  held += bytes.length;
  const font = { name, coverage: readCoverage(writeCoverage(codePointsOf(bytes))) };
  loaded.set(digest, font);
  return font;
}

/** A path to bytes that only this process has and that are gone with it, however it ends. */
function nameless(bytes: Buffer): string {
  const path = join(tmpdir(), `mergepix-${randomBytes(12).toString('hex')}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  return `/proc/self/fd/${fd}`;
}
