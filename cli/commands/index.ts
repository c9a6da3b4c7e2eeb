import type { Command } from 'commander';
import { addBatch } from './batch.ts';
import { addBench } from './bench.ts';
import { addConnection } from './connection.ts';
import { addContacts } from './contacts.ts';
import { addErase } from './erase.ts';
import { addFit } from './fit.ts';
import { addKeys } from './keys.ts';
import { addLink } from './link.ts';
import { addPlace } from './place.ts';
import { addRender } from './render.ts';
import { addServe } from './serve.ts';
import { addSync } from './sync.ts';
import { addTemplate } from './template.ts';
import { addWarm } from './warm.ts';
import { addWorker } from './worker.ts';

/** Every command of `mergepix`, in the order of its help. A new one is a file and a line here. */
export const commands = {
  serve: addServe,
  worker: addWorker,
  render: addRender,
  batch: addBatch,
  fit: addFit,
  link: addLink,
  place: addPlace,
  sync: addSync,
  warm: addWarm,
  template: addTemplate,
  connection: addConnection,
  contacts: addContacts,
  erase: addErase,
  keys: addKeys,
  bench: addBench,
} satisfies Record<string, (program: Command) => void>;
