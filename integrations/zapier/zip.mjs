// Makes build/build.zip, which Zapier runs, and build/source.zip, which its reviewers read, from what `npm run build` left in dist.
// Asks nothing of the network; the same sources make the same bytes. `zapier-platform upload` takes both as they are.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ZipFile } from 'yazl';
import { createAppHandler } from 'zapier-platform-core';
import app from './dist/index.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const read = (path) => readFileSync(join(folder, path));
const readJson = (path) => JSON.parse(read(path).toString());

// What runs and what has to come with it; types, maps and manuals stay behind.
const RUNS = /\.(?:js|cjs|mjs|json)$|(?:^|\/)(?:licen[cs]e|notice)[^/]*$/i;
const SOURCES = ['README.md', 'package.json', 'package-lock.json', 'tsconfig.json', 'zip.mjs'];

/** Every file below a folder, by its path from here; those of packages within packages come with those. */
const filesIn = (path) =>
  readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesIn(`${path}/${entry.name}`) : [`${path}/${entry.name}`];
  });

/** The folders of all that the app needs to run, as its lock has it. */
function dependencies() {
  const locked = Object.entries(readJson('package-lock.json').packages).filter(
    ([path, { dev, optional }]) => path !== '' && !dev && !optional,
  );
  const installed = readJson('node_modules/.package-lock.json').packages;
  for (const [path, { integrity }] of locked)
    if (installed[path]?.integrity !== integrity)
      throw new Error(`${path} is not what package-lock.json has: run npm ci in ${folder}.`);
  return locked.map(([path]) => path);
}

/** Runs a command of Zapier's on the app. */
const command = async (name) => (await createAppHandler(app)({ command: name, calledFromCli: true })).results;

async function zip(path, files) {
  const file = new ZipFile();
  // A moment without a time zone, so that the bytes are the same everywhere.
  const options = { mtime: new Date(2000, 0, 1), mode: 0o644, forceDosTimestamp: true };
  for (const name of [...files.keys()].sort()) file.addBuffer(files.get(name), name, options);
  file.end();
  const bytes = await buffer(file.outputStream);
  mkdirSync(join(folder, 'build'), { recursive: true });
  writeFileSync(join(folder, path), bytes);
  process.stdout.write(`${path}: ${files.size} files, ${Math.round(bytes.length / 1024)} KB\n`);
}

const faults = await command('validate');
if (faults.length > 0) throw new Error(`Zapier's schema refuses the app: ${JSON.stringify(faults, null, 2)}`);

const wrapper = read('node_modules/zapier-platform-core/include/zapierwrapper.mjs').toString();
const runs = [...filesIn('dist'), ...dependencies().flatMap(filesIn)].filter((path) => RUNS.test(path));
await zip(
  'build/build.zip',
  new Map([
    ...[...runs, 'package.json'].map((path) => [path, read(path)]),
    ['zapierwrapper.js', Buffer.from(wrapper.replaceAll('{REPLACE_ME_PACKAGE_NAME}', readJson('package.json').name))],
    ['definition.json', Buffer.from(JSON.stringify(await command('definition'), null, 2))],
  ]),
);
await zip('build/source.zip', new Map([...filesIn('src'), ...SOURCES].map((path) => [path, read(path)])));
