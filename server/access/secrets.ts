import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Config, KeySecret } from '../config.ts';
import { makeFolder } from '../stores/folder.ts';

/** Every secret of one installation. `adminKeyFile` is set when the admin key was made here and kept in that file. */
export type Secrets = {
  readonly signing: readonly KeySecret[];
  readonly encryption: readonly KeySecret[];
  readonly adminKey: string;
  readonly adminKeyFile: string | undefined;
};

const keySecret = z.strictObject({ kid: z.string().min(1).max(16), secret: z.string().min(32) });
const keysFile = z.strictObject({ signing: z.array(keySecret).min(1), encryption: z.array(keySecret).min(1) });

const makeSecret = () => randomBytes(48).toString('base64url');

/**
 * Gives the configured secrets; those not configured are made on first run and kept in the data folder (files 0600,
 * folder 0700) as `keys.json` and `admin.key`. Throws `start_failed` when the folder cannot be written.
 */
export async function openSecrets(
  config: Pick<Config, 'dataDir' | 'signingKeys' | 'encryptionKeys' | 'adminKey'>,
): Promise<Secrets> {
  const { dataDir, signingKeys, encryptionKeys, adminKey } = config;
  await openFolder(dataDir);
  const keysPath = join(dataDir, 'keys.json');
  const adminPath = join(dataDir, 'admin.key');
  let kept: z.output<typeof keysFile> | undefined;
  if (signingKeys.length === 0 || encryptionKeys.length === 0) {
    const made = { signing: [{ kid: 'k1', secret: makeSecret() }], encryption: [{ kid: 'e1', secret: makeSecret() }] };
    kept = readKeys(keysPath, await keep(keysPath, `${JSON.stringify(made, null, 2)}\n`));
  }
  return {
    signing: signingKeys.length > 0 ? signingKeys : (kept?.signing ?? []),
    encryption: encryptionKeys.length > 0 ? encryptionKeys : (kept?.encryption ?? []),
    adminKey: adminKey ?? (await keep(adminPath, `mpx_${makeSecret()}\n`)).trim(),
    adminKeyFile: adminKey === undefined ? adminPath : undefined,
  };
}

async function openFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    const trial = join(path, `.writable.${process.pid}.${randomBytes(4).toString('hex')}`);
    await writeFile(trial, '', { mode: 0o600 });
    await rm(trial);
  } catch (cause) {
    const message = `The data folder ${path} cannot be written: give this user write access to it or set MERGEPIX_DATA_DIR to another folder.`;
    throw new AppError('start_failed', message, { cause });
  }
  // A mounted folder may belong to somebody else: its files are still 0600.
  await chmod(path, 0o700).catch(() => undefined);
}

/** Reads the file, or makes it first; when two processes start at once, one of them makes it and both read it. */
async function keep(path: string, content: string): Promise<string> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (existing === undefined) {
      await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
      await link(draft, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await rm(draft);
    }
    await chmod(path, 0o600);
    return existing ?? (await readFile(path, 'utf8'));
  } catch (cause) {
    throw new AppError('start_failed', `${path} cannot be read or made: check its owner and permissions.`, { cause });
  }
}

function readKeys(path: string, text: string): z.output<typeof keysFile> {
  try {
    return keysFile.parse(JSON.parse(text));
  } catch {
    // The parser's own message would repeat a part of the file, and the file is secret.
    throw new AppError('start_failed', `${path} is damaged: put back a copy, or links in sent emails stop working.`);
  }
}
