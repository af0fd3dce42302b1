import type { Zxid } from '../../src/history/znode-lines.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { isWrite, linesOf, type Asked, type ZnodeRecord } from './record.ts';

/**
 * The other half of K1: whoever has called `sync`, and reads then, reads what was written before the call. As reads of
 * a session never go back, it is enough that the zxid of each answer to `sync` is no lower than that of any write, of
 * whichever session, which was answered before `sync` was called.
 *
 * ZooKeeper's own `sync` asks its leader, and no quorum: one that was deposed and does not know it answers from what it
 * has. With such a `sync` this is expected to fail (ZOOKEEPER-1675).
 */
export function judgeFreshSync(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  const { asked } = record;
  const writes = asked.filter((one) => isWrite(one) && one.answer !== null).sort(byEnd);
  const syncs = asked.filter(({ request, answer }) => request.op === 'sync' && answer !== null);
  let next = 0;
  let compared = 0;
  let highest: Asked | null = null;
  for (const sync of syncs) {
    for (let write = writes[next]; write !== undefined && endOf(write) < sync.operation.invokedIndex;) {
      if (highest === null || (write.zxid as Zxid) > (highest.zxid as Zxid)) highest = write;
      next += 1;
      write = writes[next];
    }
    if (highest === null) continue;
    compared += 1;
    if ((sync.zxid as Zxid) >= (highest.zxid as Zxid)) continue;
    const written = `${showZxid(highest.zxid as Zxid)} had been answered when sync was called`;
    const summary = `${written}, which was answered as of ${showZxid(sync.zxid as Zxid)}`;
    breaches.addOf(sync, 'K1', 'stale-sync', [endOf(highest), ...linesOf(sync)], summary);
  }
  const checked = { syncs: syncs.length, behindWrites: compared };
  if (compared === 0) return { breaches, checked, unknown: 'no sync was called after a write' };
  const valid = `${compared} of ${syncs.length} syncs were called after writes, and had them all`;
  return { breaches, checked, valid };
}

function endOf({ operation }: Asked): number {
  return operation.completedIndex as number;
}

function byEnd(left: Asked, right: Asked): number {
  return endOf(left) - endOf(right);
}
