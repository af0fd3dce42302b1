import { CORRUPT } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import { majority } from '../../contract/quorum.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Notification, Txn, Vote } from './messages.ts';
import { readSettings, type ZabSettings } from './options.ts';
import {
  ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE, endOfReading, type Following, holds, indexAfter, lastZxid, type Leading,
  type Learner, LOG_FILE, type LogMark,
  recover, type Snapshot, SNAPSHOT_FILE, type ZabState,
} from './state.ts';
import { type Zxid, zxidOf } from './zxid.ts';

/** How a follower is brought to the leader's history. What it lacks behind `from` follows. */
export type SyncPlan =
  | { readonly kind: 'DIFF' | 'TRUNC'; readonly from: Zxid }
  | { readonly kind: 'SNAP'; readonly from: Zxid; readonly snapshot: Snapshot };

/** The state of a node and the rules of the papers over it. Rules answer, and do nothing else. */
export abstract class ZabRules {
  readonly state: ZabState;
  protected readonly self: NodeId;
  protected readonly clusterSize: number;
  protected settings: ZabSettings;
  protected readonly machine: StateMachine;

  /** Recovery is this constructor: what the disk did not keep is gone. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.clusterSize = init.nodes.length;
    this.settings = readSettings(init.options);
    this.machine = init.machine;
    this.state = this.recovered(init, this.isForeign(init) || this.isDamaged(init));
  }

  // ── Durable state ────────────────────────────────────────────────────

  /** What a node begins with. Called by the constructor: no field is there yet. */
  protected recovered(init: NodeInit, isAmnesiac: boolean): ZabState {
    return recover(init, isAmnesiac);
  }

  /**
   * Whether the disk is not the one that this node had: it was started before and finds no epoch. One of them can be
   * missing, where a crash came before the first sync: nobody was told of it.
   */
  protected isForeign({ isNew, disk }: NodeInit): boolean {
    const files = [ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE];
    return !isNew && files.every((file) => disk.cell(file) === undefined);
  }

  /**
   * Whether a transaction cannot be read that was synced: others stand behind it, or what was dropped is in no
   * snapshot. At the end of the log stands what a crash has left of one that nobody was told of, and that is cut off.
   * In a log that is not allocated ahead, what a failed sync has left out before others is not: whoever was killed
   * before it heard of the failure may have found that in the cache when it was back, and have acknowledged it.
   */
  protected isDamaged({ disk }: NodeInit): boolean {
    const found = disk.log(LOG_FILE);
    const entries = found.slice(0, endOfReading(found));
    const unreadable = entries.indexOf(CORRUPT);
    const base = (disk.head(LOG_FILE).mark as LogMark | undefined)?.zxid ?? 0;
    const snapshot = disk.cell(SNAPSHOT_FILE) as Snapshot | undefined;
    return (unreadable !== -1 && unreadable < entries.length - 1) || base > (snapshot?.zxid ?? 0);
  }

  /**
   * What a crash has left behind an empty place is cut off before anything is written. We have logged 5 and 6 in one
   * go, and 6 alone has reached the disk: 5 to 7 of the next epoch, were they written behind that 6, we would
   * acknowledge, and not read again.
   */
  protected cutsBehindEnd(): boolean {
    return true;
  }

  // ── Fast Leader Election ─────────────────────────────────────────────

  /** Whoever was in a later epoch knows more; in the same one, whoever has more; of equals, the higher id. */
  protected isBetter(vote: Vote, than: Vote): boolean {
    if (vote.epoch !== than.epoch) return vote.epoch > than.epoch;
    if (vote.zxid !== than.zxid) return vote.zxid > than.zxid;
    return vote.leader > than.leader;
  }

  protected isSameVote(a: Vote, b: Vote): boolean {
    return a.leader === b.leader && a.zxid === b.zxid && a.epoch === b.epoch;
  }

  /** A vote of an earlier round was for what is over. */
  protected countsRound(round: number): boolean {
    return round >= this.state.round;
  }

  /** Those who follow somebody may not know that he is gone: he must say himself that he leads. */
  protected isLeading(candidate: NodeId, settled: ReadonlyMap<NodeId, Notification>, round: number): boolean {
    if (candidate === this.self) return round === this.state.round;
    return settled.get(candidate)?.state === 'LEADING';
  }

  protected isQuorum(members: { readonly length: number }): boolean {
    return members.length >= majority(this.clusterSize);
  }

  // ── Discovery (the paper's phase 1) ──────────────────────────────────

  /** Above all epochs that a quorum has promised: no other leader of it can have, or get, a quorum. */
  protected nextEpoch(promised: Iterable<number>): number {
    return Math.max(...promised) + 1;
  }

  /** Only a promise that is given now counts: of the same number, another prospective leader may have got it before. */
  protected countsPromise(isFirst: boolean): boolean {
    return isFirst;
  }

  /** Step l.1.2 of the paper chooses the history of the most recent follower; here its leader gives up instead. */
  protected isMoreRecent(
    follower: Pick<Learner, 'currentEpoch' | 'lastZxid'>, leader: Pick<Leading, 'currentEpoch' | 'lastZxid'>,
  ): boolean {
    if (follower.currentEpoch !== leader.currentEpoch) return follower.currentEpoch > leader.currentEpoch;
    return follower.lastZxid > leader.lastZxid;
  }

  // ── Synchronisation (phase 2) ────────────────────────────────────────

  /**
   * What two histories have in common ends with the last transaction of ours that is not behind the follower's end: of
   * one epoch, both have what its leader has proposed, in its order, and of the epochs before, what that one began
   * with. What is under way counts as ours. ZooKeeper has it cut off and sends it again; but the follower may have
   * acknowledged it before it came back: were it committed by that, and its new copy lost in a crash, it would be on
   * our disk alone.
   */
  protected planSync(theirs: Zxid): SyncPlan {
    const { durable: { log, snapshot }, toLog } = this.state;
    const behind = indexAfter(log, theirs);
    const isRecent = log.entries.length - behind <= this.settings.committedLog;
    const isHeld = theirs >= log.base;
    if (snapshot !== null && snapshot.zxid > theirs && !(isRecent && isHeld)) {
      return { kind: 'SNAP', from: snapshot.zxid, snapshot };
    }
    const underWay = toLog.filter(({ zxid }) => zxid <= theirs).at(-1);
    const common = underWay?.zxid ?? log.entries[behind - 1]?.zxid ?? log.base;
    return { kind: common === theirs ? 'DIFF' : 'TRUNC', from: common };
  }

  /** Up to where a learner is sent our log: all of it, what is not committed yet as well. */
  protected endOfSync(_role: Leading): Zxid {
    return Infinity;
  }

  /** What the leader does not have behind this transaction was never committed, and is cut off. */
  protected endOfTruncated(zxid: Zxid): Zxid {
    return zxid;
  }

  /** Whether what came as a snapshot has to be on our disk before the epoch is. */
  protected storesSnapshot(snapshot: Snapshot | null): boolean {
    return snapshot !== null;
  }

  /** History first, then the epoch: who has the epoch and not the history can win the next election without it. */
  protected storesHistoryFirst(): boolean {
    return true;
  }

  /** Whether the answer to NEWLEADER waits until history and epoch are on the disk. */
  protected acksDurably(): boolean {
    return true;
  }

  /** Our ACKs of proposals come behind the one of NEWLEADER, which the leader waits for. */
  protected mayLog({ phase }: Following): boolean {
    return phase !== 'writing';
  }

  /** With UPTODATE, what the epoch began with is committed; of its own proposals, what the leader has said. */
  protected committedAtUpToDate({ epoch, committedTo }: Following): Zxid {
    const { log } = this.state.durable;
    const before = log.entries[indexAfter(log, zxidOf(epoch, 0)) - 1]?.zxid ?? log.base;
    return Math.max(before, committedTo);
  }

  /** Whoever looks for a leader votes with all that it has logged: that is its history, applied or not. */
  protected appliesWholeLog(): boolean {
    return true;
  }

  /** What the sync processor has not come to is of a leader that we have left. */
  protected keepsQueue(): boolean {
    return false;
  }

  // ── Broadcast (phase 3) ──────────────────────────────────────────────

  /** A learner that has been sent our history gets all that comes behind it. */
  protected isForwardedTo({ phase }: Learner): boolean {
    return phase === 'synchronising' || phase === 'synchronised';
  }

  /** Nothing is proposed before a quorum has the history that the epoch began with. */
  protected mayPropose({ phase }: Leading): boolean {
    return phase === 'broadcast';
  }

  protected zxidFor(epoch: number, counter: number): Zxid {
    return zxidOf(epoch, counter);
  }

  /** ZOOKEEPER-1277: the counter must not run over into the epoch. */
  protected isUsedUp(counter: number): boolean {
    return counter > this.settings.counterMax;
  }

  /** Whether a node acknowledges a proposal only when it is on its disk (`forceSync`). */
  protected syncsBeforeAck(): boolean {
    return true;
  }

  /** One after the other, as they stand in the log. */
  protected inOrderOfCommit(txns: readonly Txn[]): readonly Txn[] {
    return txns;
  }

  protected countsAck(node: NodeId, ackedBy: readonly NodeId[]): boolean {
    return !ackedBy.includes(node);
  }

  protected get lastZxid(): Zxid {
    return lastZxid(this.state.durable.log);
  }

  protected holds(zxid: Zxid): boolean {
    return holds(this.state.durable.log, zxid);
  }
}
