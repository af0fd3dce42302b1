import type { NodeId } from '../../../src/kernel/ids.ts';
import type { Op, WriteOp } from '../../../src/protocols/zookeeper/messages.ts';
import { Service, type ServiceSettings } from './service.ts';

const OPTIONS = { snapCount: 8, snapshotPiece: 2, snapshotPause: 30_000 };

/** What a follower has come to that was restarted from a snapshot which was written while `change` was applied. */
export interface Recovered {
  readonly service: Service;
  readonly follower: NodeId;
}

const create = (path: string, mode: 'persistent' | 'ephemeral' = 'persistent'): Op =>
  ({ op: 'create', path, data: '', mode });
const set = (path: string): WriteOp => ({ op: 'set', path, data: 'new', version: -1 });

/**
 * The eighth transaction has all servers begin a snapshot: the root and /p are written, then /p/e and /q, then the
 * rest. `last` is that transaction, and `change` comes between the first two pieces.
 */
function recovered(settings: ServiceSettings, last: Op, change: Op): Recovered {
  const service = new Service({ ...settings, options: { ...OPTIONS, ...settings.options } });
  const follower = service.follower();
  const [owner, other] = service.connected(service.follower(1), service.leaderId() ?? follower);
  if (owner === undefined || other === undefined) throw new Error('there are two clients');
  for (const op of [create('/p'), create('/p/e', 'ephemeral'), create('/q'), create('/r'), create('/s')]) owner.ask(op);
  owner.ask(last);
  owner.ask(change);
  service.pass(200);
  other.create('/t');
  service.pass(20);
  service.crash(follower);
  service.pass(20);
  service.restart(follower);
  service.settle();
  service.pass(100);
  return { service, follower };
}

/** A session ends when the parent of its ephemeral znode is written, and that znode is not. */
export function closeWhileWritten(settings: ServiceSettings = {}): Recovered {
  return recovered(settings, set('/s'), { op: 'close' });
}

/** A child is deleted when its parent is written, and it is not. */
export function deleteWhileWritten(settings: ServiceSettings = {}): Recovered {
  return recovered(settings, set('/s'), { op: 'delete', path: '/p/e', version: -1 });
}

/** A multi changes what is written first, and what is written last. */
export function multiWhileWritten(settings: ServiceSettings = {}): Recovered {
  return recovered(settings, { op: 'multi', ops: [set('/p'), set('/s')] }, set('/q'));
}
