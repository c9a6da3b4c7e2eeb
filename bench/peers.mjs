import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Installs the peers that are not there yet, in the versions the lock names. They are no part of the product's setup. */
export async function ensurePeers(say) {
  const { dependencies } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
  const missing = Object.keys(dependencies).filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  say(`installing the peers: ${missing.join(', ')}`);
  const { status } = spawnSync(
    'npm',
    ['install', '--workspace', 'bench', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error('the peers could not be installed: run npm install --workspace bench to see why');
}

function isInstalled(name) {
  try {
    return import.meta.resolve(name) !== '';
  } catch {
    return false;
  }
}
