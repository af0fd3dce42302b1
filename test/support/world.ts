import type { Node } from '../../src/contract/node.ts';
import type { DiskView } from '../../src/contract/disk.ts';
import type { Options } from '../../src/contract/options.ts';
import type { NodeId } from '../../src/kernel/ids.ts';
import { Streams } from '../../src/kernel/streams.ts';
import type { WorldSettings } from '../../src/world/settings.ts';
import { World } from '../../src/world/world.ts';

/** A world of small, quiet defaults: 3 nodes, no clients, latency exactly 1 ms, sync exactly 2 ms, perfect clocks. */
export function smallWorld(
  create: (process: NodeId, disk: DiskView, isNew: boolean, options: Options) => Node,
  changes: Partial<WorldSettings> & { readonly seed?: string } = {},
): World {
  const network = {
    latencyUsMin: 1_000, latencyUsMax: 1_000, lossPerMillion: 0, duplicatePerMillion: 0,
    slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
  };
  return new World({
    streams: new Streams(changes.seed ?? 'test'),
    protocol: 'test',
    nodes: 3,
    clients: 0,
    resources: 0,
    options: {},
    network,
    syncUs: { min: 2_000, max: 2_000 },
    driftPerMillion: 0,
    wallOffsetUs: 0,
    mailboxLimit: 1_000,
    limits: { events: 1_000_000, sameInstantEvents: 10_000 },
    trace: 'full',
    nodeFields: [],
    freezeMessages: true,
    create,
    monitor: {},
    onAssertion: (_process, fact) => {
      throw new Error(`unexpected assertion: ${fact}`);
    },
    ...changes,
  });
}
