import type { Plain } from '../../contract/message.ts';
import { indexAfter } from '../zab/state.ts';
import type { Zxid } from '../zab/zxid.ts';
import type { ZooKeeperState } from './state.ts';

/** A committed transaction. */
interface Committed {
  readonly place: Zxid;
  readonly command: Plain;
}

const NONE: readonly Committed[] = [];

/** What this server has committed as a leader, or has with its epoch, behind what is known already. */
export function committedIn({ role, durable: { log } }: ZooKeeperState, after: Zxid): readonly Committed[] {
  if (role.kind !== 'leading' || role.phase !== 'broadcast' || role.committedTo <= after) return NONE;
  const fresh = log.entries.slice(indexAfter(log, after), indexAfter(log, role.committedTo));
  return fresh.map(({ zxid, command }) => ({ place: zxid, command }));
}
