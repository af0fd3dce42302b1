import type { NodeId } from '../../kernel/ids.ts';
import { durableTermAt, endOf, endOfDurable, isOnDisk, type NodeGhost, termOf, UNSETTLED } from './ghost.ts';
import * as invariants from './invariants.ts';
import { UNKNOWN } from './ledger.ts';
import { filled } from './replication.ts';
import type { Leader } from './state.ts';
import type { Watch } from './watch.ts';

/** Followers whose matchIndex is looked at after an event of their leader: all of them up to nine nodes. */
const PEERS_PER_EVENT = 8;

/** What leaders believe: R13, R14, R21. */
export class LeaderMonitor {
  private readonly watch: Watch;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  onElected(ghost: NodeGhost): void {
    const size = this.watch.nodes.length;
    ghost.matchIndex = filled(size, 0);
    ghost.settledIndex = filled(size, 0);
    ghost.nextPeer = 0;
    ghost.leaseReads = 0;
  }

  /** What a node has on its disk may be less than it was. */
  onStarted(node: NodeId): void {
    this.unsettle(node, 0);
  }

  onTruncate(node: NodeId, from: number): void {
    this.unsettle(node, from);
  }

  /** What a node has on its disk from an index on is to be looked at by those who count on it. */
  private unsettle(node: NodeId, from: number): void {
    for (const ghost of this.watch.nodes) {
      if (ghost.ledTerm !== 0 && from <= (ghost.matchIndex[node] as number)) ghost.settledIndex[node] = UNSETTLED;
    }
  }

  checkFollowers(node: NodeId, ghost: NodeGhost, leader: Leader): void {
    const ownIndex = leader.matchIndex[node] as number;
    const ownKnown = ghost.matchIndex[node] as number;
    if (ownIndex !== ownKnown) this.checkItself(node, ghost, ownIndex, ownKnown);
    const size = this.watch.nodes.length;
    if (size > PEERS_PER_EVENT + 1) return this.checkInTurn(node, ghost, leader);
    let peer = nextUnsettled(node, ghost, leader, 0);
    while (peer < size) {
      this.checkFollower(node, ghost, leader, peer as NodeId);
      peer = nextUnsettled(node, ghost, leader, peer + 1);
    }
  }

  /** The followers take turns, so that the cost of an event does not grow with the cluster. */
  private checkInTurn(node: NodeId, ghost: NodeGhost, leader: Leader): void {
    const size = this.watch.nodes.length;
    let { nextPeer } = ghost;
    for (let looked = PEERS_PER_EVENT; looked > 0; looked--) {
      if (nextPeer === node) nextPeer += 1;
      if (nextPeer >= size) nextPeer = node === 0 ? 1 : 0;
      this.checkFollower(node, ghost, leader, nextPeer as NodeId);
      nextPeer += 1;
    }
    ghost.nextPeer = nextPeer;
  }

  private checkItself(node: NodeId, ghost: NodeGhost, index: number, known: number): void {
    ghost.matchIndex[node] = index;
    if (index >= known && this.isHeldBy(ghost, index, ghost)) return;
    const text = `${this.watch.name(node)}, leader of term ${ghost.currentTerm}, counts itself up to ${index} ` +
      `(before: ${known}), and has ${endOfDurable(ghost.synced)} entries on its disk`;
    this.watch.breach(invariants.matchIndexTrue, text);
  }

  private checkFollower(node: NodeId, ghost: NodeGhost, leader: Leader, peer: NodeId): void {
    const matchIndex = leader.matchIndex[peer] as number;
    if ((leader.nextIndex[peer] as number) <= matchIndex) {
      const text = `${this.watch.name(node)} has nextIndex ${leader.nextIndex[peer]} and matchIndex ${matchIndex} ` +
        `for ${this.watch.name(peer)}`;
      this.watch.breach(invariants.nextIndexAhead, text);
    }
    if (matchIndex === ghost.settledIndex[peer]) return;
    const known = ghost.matchIndex[peer] as number;
    const follower = this.watch.ghostOf(peer);
    ghost.matchIndex[peer] = matchIndex;
    // What was cut off is on the disk until the cut is synced.
    ghost.settledIndex[peer] = follower.cutFrom > matchIndex ? matchIndex : UNSETTLED;
    const isHeld = this.isHeldBy(follower, matchIndex, ghost);
    if (isHeld && matchIndex >= known) return;
    const text = `${this.watch.name(node)}, leader of term ${ghost.currentTerm}, has matchIndex ${matchIndex} ` +
      `(before: ${known}) for ${this.watch.name(peer)}, on whose disk are ${endOfDurable(follower.synced)} entries ` +
      (isHeld ? 'that agree' : 'that do not agree');
    this.watch.breach(invariants.matchIndexTrue, text);
  }

  /** Whether a node has the leader's entry at `index` on its disk. */
  private isHeldBy(holder: NodeGhost, index: number, leader: NodeGhost): boolean {
    // Whoever has been in a higher term may have dropped what this leader wrote. It may have forgotten that term since:
    // term and log are synced apart, so a crash can take the term and leave the cut.
    if (index === 0 || holder.highestTerm > leader.currentTerm) return true;
    if (index > endOf(leader)) return false;
    const ours = termOf(leader, index);
    const term = ours === UNKNOWN ? this.watch.ledger.committedTerm(index) : ours;
    if (index <= holder.durableIndex && termOf(holder, index) === term) return true;
    if (isOnDisk(holder.synced, index, term)) return true;
    return term === UNKNOWN && durableTermAt(holder.synced, index) !== undefined;
  }

  /** `committedTerm` is the highest term in which anything is committed: the lease was to keep it from being higher. */
  onLeaseRead(node: NodeId, ghost: NodeGhost, leaseReads: number, committedTerm: number): void {
    ghost.leaseReads = leaseReads;
    if (committedTerm <= ghost.currentTerm) return;
    const text = `${this.watch.name(node)} answers a read by its lease of term ${ghost.currentTerm}, ` +
      `but the leader of term ${committedTerm} has committed an entry`;
    this.watch.breach(invariants.leaseExclusive, text);
  }
}

/**
 * The first follower from `from` on that is to be looked at; behind the last one, none is. A function of its own,
 * because a loop that calls nothing keeps what it has loaded.
 */
function nextUnsettled(
  node: NodeId, { settledIndex }: NodeGhost, { matchIndex, nextIndex }: Leader, from: number,
): number {
  let peer = from;
  for (; peer < settledIndex.length; peer++) {
    const index = matchIndex[peer] as number;
    if ((index !== settledIndex[peer] || (nextIndex[peer] as number) <= index) && peer !== node) break;
  }
  return peer;
}
