// `node bench/hero/frozen.mjs --write` after a change made on purpose: figures before and after it do not compare.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { design } from './design.mjs';
import { personAt } from './people.mjs';
import { drawHero, openCanvas } from './plain-canvas.mjs';

const FILES = ['template.json', 'photo.jpg', 'avatar.jpg', 'design.mjs', 'people.mjs'];
const RECORD = new URL('digest.json', import.meta.url);

/** The least share of the picture's rows that have to hold something personal. */
const PERSONAL_ROWS = 0.4;

const digests = async () =>
  Object.fromEntries(
    await Promise.all(
      FILES.map(async (name) => {
        const bytes = await readFile(new URL(name, import.meta.url));
        return [name, createHash('sha256').update(bytes).digest('hex')];
      }),
    ),
  );

/** Throws when the template, its pictures, its texts or its people are not the ones all figures were taken with. */
export async function assertFrozen() {
  const [actual, expected] = [await digests(), JSON.parse(await readFile(RECORD, 'utf8'))];
  const changed = FILES.filter((name) => actual[name] !== expected[name]);
  if (changed.length > 0)
    throw new Error(
      `bench/hero has changed (${changed.join(', ')}): restore it, or freeze it anew with node bench/hero/frozen.mjs --write`,
    );
}

/** The share of rows in which a person's picture differs from the one without any person: the smallest over all people. */
async function personalRows() {
  const [photo, avatar] = await Promise.all(FILES.slice(1, 3).map((name) => readFile(new URL(name, import.meta.url))));
  const pictures = await openCanvas({ photo, avatar });
  const shared = drawHero(pictures).toBuffer('raw');
  const stride = shared.length / design.height;
  const shares = Array.from({ length: 500 }, (_, n) => {
    const own = drawHero(pictures, personAt(n)).toBuffer('raw');
    let rows = 0;
    for (let at = 0; at < own.length; at += stride)
      if (own.compare(shared, at, at + stride, at, at + stride) !== 0) rows++;
    return rows / design.height;
  });
  return Math.min(...shares);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const share = await personalRows();
  const text = `personal content on ${(share * 100).toFixed(1)}% of the rows at least`;
  if (share < PERSONAL_ROWS) throw new Error(`${text}: the benchmark asks for ${PERSONAL_ROWS * 100}%`);
  console.log(text);
  if (process.argv.includes('--write')) await writeFile(RECORD, `${JSON.stringify(await digests(), null, 2)}\n`);
  await assertFrozen();
}
