// npm run bench [-- [--json] [--keep FOLDER] [CASE…]]
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cases } from './cases/index.mjs';
import { ensurePeers } from './peers.mjs';
import { formatTable } from './report.mjs';

const say = (line) => process.stderr.write(`bench: ${line}\n`);

async function main() {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, keep: { type: 'string' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(cases, name));
  if (unknown.length > 0)
    throw new Error(`unknown case ${unknown.join(', ')}: choose from ${Object.keys(cases).join(', ')}`);
  const chosen = Object.entries(cases).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  if (!existsSync(new URL('../dist/app/main.js', import.meta.url)))
    throw new Error('the product is not built: run ./setup first');
  if (chosen.some(([, { peers }]) => peers)) await ensurePeers(say);

  const results = {};
  for (const [name, benchmark] of chosen) {
    results[name] = await benchmark.run({ say, keep: values.keep });
    if (!values.json) console.log(`\n${formatTable(name, benchmark, results[name])}`);
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
}

try {
  await main();
} catch (error) {
  say(error.message);
  process.exit(1);
}
