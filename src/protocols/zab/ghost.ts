import { type DiskView, WHOLE } from '../../contract/disk.ts';
import type { Txn } from './messages.ts';
import {
  ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE, endOfReading, LOG_FILE, type Role, type Snapshot, SNAPSHOT_FILE,
  type ZabState,
} from './state.ts';
import { NO_ZXID, type Zxid } from './zxid.ts';

/** What the monitor remembers of one node. */
export interface NodeGhost {
  /** The node itself, while it is up or was last. */
  state: ZabState | null;
  /** What a crash of its machine would leave. */
  synced: DiskView;
  /** Last transaction of its log, as written, and its position. */
  last: Zxid;
  end: number;
  /** By transaction: where in its log it is. */
  readonly positions: Map<Zxid, number>;
  role: Role | null;
  phase: string;
  applied: Zxid;
  /** Of its service there; -1 before the first. */
  digest: number;
  /** The last transaction that it has delivered since it took part; -1 while it does not. */
  delivered: Zxid;
  committedTo: Zxid;
  /** Highest epochs that it has told anybody to have promised, and to have begun. */
  attestedAccepted: number;
  attestedCurrent: number;
  /** Current epoch that was last seen on its disk. */
  currentOnDisk: number;
}

const NOTHING: DiskView = { cell: () => undefined, log: () => [], head: () => WHOLE, room: () => 0 };

/** A node of which nothing is known. */
export function newNodeGhost(): NodeGhost {
  return {
    state: null, synced: NOTHING, last: NO_ZXID, end: 0, positions: new Map(), role: null, phase: '', applied: NO_ZXID,
    digest: -1, delivered: -1, committedTo: NO_ZXID, attestedAccepted: 0, attestedCurrent: 0, currentOnDisk: 0,
  };
}

/** A transaction that was proposed, and what comes before it in every history that has it. */
export interface TxnGhost {
  readonly txn: Txn;
  readonly before: Zxid;
}

/** An epoch whose leader has said with which history it begins. */
export interface EpochGhost {
  readonly leader: number;
  /** Tells attempts of one node from each other. */
  readonly role: Role;
  /** End of that history. */
  readonly begin: Zxid;
  isEstablished: boolean;
}

// ── Disks ──────────────────────────────────────────────────────────────

export function acceptedOnDisk(synced: DiskView): number {
  return (synced.cell(ACCEPTED_EPOCH_FILE) as number | undefined) ?? 0;
}

export function currentOnDisk(synced: DiskView): number {
  return (synced.cell(CURRENT_EPOCH_FILE) as number | undefined) ?? 0;
}

/** Up to here a disk has everything in a snapshot. */
function heldOnDisk(synced: DiskView): Zxid {
  return (synced.cell(SNAPSHOT_FILE) as Snapshot | undefined)?.zxid ?? NO_ZXID;
}

/** Whether a transaction is on a disk: in the log, as far as that is read, or in the snapshot that stands for it. */
export function isOnDisk({ positions }: NodeGhost, synced: DiskView, zxid: Zxid): boolean {
  if (zxid <= heldOnDisk(synced)) return true;
  const position = positions.get(zxid);
  if (position === undefined) return false;
  const entries = synced.log(LOG_FILE);
  const at = position - synced.head(LOG_FILE).dropped - 1;
  return (entries[at] as Txn | undefined)?.zxid === zxid && at < endOfReading(entries);
}
