import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

const secret = () => randomBytes(48).toString('base64url');

/** Makes the secrets of an installation in a folder of their own, one file each: those that are there stay as they are. */
export function makeSecrets(folder) {
  mkdirSync(folder, { recursive: true });
  // Nobody else comes in; inside, containers read as users of their own.
  chmodSync(folder, 0o700);
  const password = secret();
  const files = {
    signing: `k1:${secret()}`,
    encryption: `e1:${secret()}`,
    admin: `mpx_${secret()}`,
    metrics: secret(),
    'database-password': password,
    // That of compose.yaml.
    database: `postgres://mergepix:${password}@database:5432/mergepix`,
  };
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    if (!existsSync(file)) writeFileSync(file, content, { mode: 0o644 });
  }
}

// node examples/deploy/secrets.mjs <folder>
if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  if (argv[2] === undefined) {
    stdout.write('Name a folder outside the repository: node examples/deploy/secrets.mjs $HOME/mergepix-secrets\n');
    process.exitCode = 1;
  } else {
    const folder = resolve(argv[2]);
    makeSecrets(folder);
    stdout.write(`${folder} holds the secrets now: back it up, no link that is sent opens without them\n`);
  }
}
