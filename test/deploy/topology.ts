import { missing, startTopology, type Topology } from '../../examples/deploy/local.mjs';
import type { RealKind } from '../real/describe.ts';

/** The topology under way, for `describeReal`. */
export type RealTopology = Topology & { close(): Promise<void> };

/** The topology of several machines as processes of this one, each with one render process. */
export const realTopology: RealKind<RealTopology> = {
  name: 'The topology',
  isBeside: true,
  missing: missing(),
  async start() {
    const topology = await startTopology({
      env: { MERGEPIX_RENDER_PROCESSES: '1', MERGEPIX_RATE_LIMIT: '1000000', MERGEPIX_LOG_LEVEL: 'info' },
    });
    return { ...topology, close: topology.stop };
  },
};
