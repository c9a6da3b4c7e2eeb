import { createRenderPool, type RenderPool } from '../core/node/pool.ts';
import type { Config } from './config.ts';

/** Starts as many render processes as are configured, or as suit the machine. */
export const startPool = ({ renderProcesses }: Pick<Config, 'renderProcesses'>): RenderPool =>
  createRenderPool(renderProcesses === undefined ? {} : { size: renderProcesses });
