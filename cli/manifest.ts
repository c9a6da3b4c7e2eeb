import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Warning } from '../core/template/value.ts';
import { writeWhole } from './output-file.ts';

/** What a finished file was made from, and what its layout had to mend. */
export type Made = { readonly key: string; readonly warnings: readonly Warning[] };

/** The files of an output folder that earlier runs finished, kept as `manifest.json` inside it. */
export type Manifest = {
  find(file: string): Made | undefined;
  add(file: string, made: Made): void;
  /** Writes it now, whole. Adding writes it too, every few seconds. */
  save(): Promise<void>;
};

const FILE = 'manifest.json';
const PAUSE_MS = 5000;

const schema = z.strictObject({
  files: z.record(z.string(), z.strictObject({ key: z.string(), warnings: z.array(z.looseObject({})).default([]) })),
});

/** Opens the manifest of a folder. One that is missing or damaged is empty: its files are made again. */
export async function openManifest(folder: string): Promise<Manifest> {
  const path = join(folder, FILE);
  const files = new Map<string, Made>(Object.entries(await readFiles(path)));
  let saving: Promise<void> = Promise.resolve();
  let failure: unknown;
  let savedAt = Date.now();

  const write = (): Promise<void> => {
    savedAt = Date.now();
    // Most pictures have no warnings, and a folder may hold very many pictures.
    const kept = [...files].map(([file, { key, warnings }]) => [file, warnings.length ? { key, warnings } : { key }]);
    saving = saving.then(() => writeWhole(path, `${JSON.stringify({ files: Object.fromEntries(kept) }, null, 1)}\n`));
    return saving;
  };

  return {
    find: (file) => files.get(file),
    add(file, made) {
      files.set(file, made);
      if (Date.now() - savedAt < PAUSE_MS) return;
      write().catch((error: unknown) => {
        failure = error;
      });
    },
    async save() {
      await saving.catch(() => undefined);
      if (failure !== undefined) throw failure;
      await write();
    },
  };
}

async function readFiles(path: string): Promise<Record<string, Made>> {
  const text = await readFile(path, 'utf8').catch(() => '{"files":{}}');
  try {
    return schema.parse(JSON.parse(text)).files as unknown as Record<string, Made>;
  } catch {
    return {};
  }
}
