import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { templateJsonSchema } from '../template/schema.ts';
import { writeBundledCoverage } from './coverage.ts';
import { emojiFile } from './emoji.ts';
import { canvas, sharp } from './native.ts';
import { packageFolder, places } from './places.ts';

/**
 * The last step of a build: emoji as single files, the template's JSON Schema, the letters of every font, the build's digest, the
 * font cache.
 */
splitEmoji();
writeBundledCoverage();
writeFileSync(join(places.built, 'template.schema.json'), `${JSON.stringify(templateJsonSchema(), null, 2)}\n`);
// Measuring fills fontconfig's cache, which takes seconds the first time.
canvas.createCanvas(1, 1).getContext('2d').measureText('x');
writeFileSync(places.build, JSON.stringify({ digest: digestOf() }));

function splitEmoji(): void {
  const folder = packageFolder('@iconify-json/noto');
  const version = readFileSync(join(folder, 'package.json'), 'utf8');
  const stamp = join(places.emoji, 'from.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return;
  mkdirSync(places.emoji, { recursive: true });
  const { icons, aliases, width, height } = createRequire(import.meta.url)('@iconify-json/noto/icons.json') as {
    icons: Record<string, { body: string }>;
    aliases: Record<string, { parent: string }>;
    width: number;
    height: number;
  };
  const names = JSON.parse(readFileSync(join(folder, 'chars.json'), 'utf8')) as Record<string, string>;
  for (const [codes, name] of Object.entries(names)) {
    const icon = icons[name] ?? icons[aliases[name]?.parent ?? ''];
    if (!icon) continue;
    const text = codes
      .split('-')
      .map((code) => String.fromCodePoint(Number.parseInt(code, 16)))
      .join('');
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${icon.body}</svg>`;
    writeFileSync(join(places.emoji, emojiFile(text)), svg);
  }
  writeFileSync(stamp, version);
}

function digestOf(): string {
  const drawing = Object.entries(canvas).filter(([key]) => key.endsWith('Version'));
  const libraries = { node: process.versions, drawing, sharp: sharp.versions };
  const hash = createHash('sha256').update(JSON.stringify(libraries));
  const core = join(places.built, 'core');
  for (const file of readdirSync(core, { recursive: true, encoding: 'utf8' }).sort()) {
    if (file.endsWith('.js')) hash.update(file).update(readFileSync(join(core, file)));
  }
  return hash
    .update(readFileSync(join(places.root, 'package-lock.json')))
    .digest('base64url')
    .slice(0, 16);
}
