import { type DiskView, WHOLE } from '../../contract/disk.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type Ballot, NO_BALLOT } from './ballot.ts';
import type { Governing } from './configuration.ts';
import type { Value } from './messages.ts';
import { FOLLOWER, JOURNAL_FILE, type PaxosState, type Role } from './state.ts';

/** Where in the journal of a node an acceptance stands. */
interface Place {
  readonly ballot: Ballot;
  readonly position: number;
}

/** What the monitor remembers of one node. */
export interface NodeGhost {
  /** The node itself, while it is up or was last. */
  state: PaxosState | null;
  /** What a crash of its machine would leave. */
  synced: DiskView;
  /** How often it was started. */
  incarnation: number;
  /** Last slot of a snapshot that it has told a leader of: who loses it gets it back before it is counted on again. */
  toldSnapshot: number;
  /** A node that has lost its disk begins another life. */
  life: number;
  promised: Ballot;
  /** Highest ballot that it has told anybody to have promised, in its whole life. */
  attested: Ballot;
  /** Highest ballot that it accepted in the event that is going on. */
  acceptedNow: Ballot;
  /** By slot, each acceptance. */
  readonly places: Map<number, Place[]>;
  ownAcceptance: PaxosState['ownAcceptance'];
  executed: number;
  role: Role;
  /** Of a leader, and the last for which promises were looked at; so, too, of the configurations. */
  reach: number;
  configurations: readonly Governing[];
}

const NOTHING: DiskView = { cell: () => undefined, log: () => [], head: () => WHOLE, room: () => 0 };

/** A node of which nothing is known. */
export function newNodeGhost(): NodeGhost {
  return {
    state: null,
    synced: NOTHING,
    incarnation: 0,
    toldSnapshot: 0,
    life: 0,
    promised: NO_BALLOT,
    attested: NO_BALLOT,
    acceptedNow: NO_BALLOT,
    places: new Map(),
    ownAcceptance: null,
    executed: 0,
    role: FOLLOWER,
    reach: 0,
    configurations: [],
  };
}

/** Whether an acceptance is on a disk, or was, before it was dropped as chosen: P13 says what has its place then. */
export function isAcceptanceSynced(
  { places, state }: NodeGhost, synced: DiskView, slot: number, ballot: Ballot,
): boolean {
  if (slot <= (state?.durable.truncatedTo ?? 0)) return true;
  const { dropped } = synced.head(JOURNAL_FILE);
  const position = places.get(slot)?.find((place) => place.ballot === ballot)?.position;
  return position !== undefined && position <= dropped + synced.log(JOURNAL_FILE).length;
}

/** The last acceptance of each slot that a restart finds: a crash also undoes what was dropped and not synced. */
export function replacePlaces({ places }: NodeGhost, { journal, journalBase, durable }: PaxosState): void {
  places.clear();
  journal.forEach((slot, at) => {
    const entry = durable.accepted.get(slot);
    if (entry !== undefined) places.set(slot, [{ ballot: entry.ballot, position: journalBase + at + 1 }]);
  });
}

/** A value that was proposed in a slot in one ballot, and who has ever said to have accepted it. */
export interface Proposed {
  readonly value: Value;
  readonly acceptedBy: NodeId[];
}

/** All that was ever said of one slot. */
export interface SlotGhost {
  readonly proposed: Map<Ballot, Proposed>;
  /** The first that a quorum has accepted in one ballot. */
  chosen: { readonly ballot: Ballot; readonly value: Value } | null;
  /** What the first replica has executed there. */
  executed: Value | null;
  /** The state in which the first replica was that stopped there; `null` while none has. */
  digest: number | null;
}

/** Whether two values are one: mostly one object, which travels and is stored unchanged. */
export function isSameValue(a: Value, b: Value): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
