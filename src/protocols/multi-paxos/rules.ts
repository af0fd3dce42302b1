import type { Context, RandomStream } from '../../contract/context.ts';
import { CORRUPT } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import { type Ballot, ballotOf, eraOf, NO_BALLOT, roundOf } from './ballot.ts';
import { ascending, configurationOf, type Governing } from './configuration.ts';
import { consistent, lifeOf } from './lives.ts';
import { type AcceptedValue, type Change, type Configuration, NO_OP, type Value } from './messages.ts';
import { type PaxosSettings, readSettings } from './options.ts';
import {
  isAcceptQuorum, isAmong, isPrepareQuorum, meetsEachPrepareQuorum, type Quorums, quorumsOf,
} from './quorums.ts';
import {
  BALLOT_FILE, type BallotRecord, type CountedPromise, JOURNAL_FILE, type Leader, type PaxosState, recover,
} from './state.ts';

/** The state of a node and the rules of the papers over it. Rules answer, and do nothing else. */
export abstract class PaxosRules {
  readonly state: PaxosState;
  protected readonly self: NodeId;
  protected readonly nodes: readonly NodeId[];
  protected settings: PaxosSettings;
  protected readonly machine: StateMachine;
  /** Where election timeouts are drawn from, once it was looked up. */
  private timeoutLuck: RandomStream | null = null;

  /** Recovery is this constructor: what the disk did not keep is gone. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.nodes = init.nodes;
    this.settings = readSettings(init.options);
    this.machine = init.machine;
    this.state = recover(init, this.isForeign(init) || this.isDamaged(init));
  }

  // ── Durable state ────────────────────────────────────────────────────

  protected ballotRecord(): BallotRecord {
    const { promised, round, window } = this.state.durable;
    return { promised, round, window };
  }

  /**
   * Whether the disk is not the one that this node had: it was started before and finds no promise. It would promise
   * less than it has promised already.
   */
  protected isForeign({ isNew, disk }: NodeInit): boolean {
    return !isNew && (disk.cell(BALLOT_FILE) ?? null) === null;
  }

  /**
   * Whether an acceptance cannot be read that was synced: others stand behind it. At the end of the journal stands what
   * a crash has left of one that nobody was told of, and that is cut off. What a failed sync has left out before others
   * is not: whoever was killed before it heard of the failure may have found that in the cache when it was back, and
   * have acknowledged it.
   */
  protected isDamaged({ disk }: Pick<NodeInit, 'disk'>): boolean {
    const entries = disk.log(JOURNAL_FILE);
    const unreadable = entries.indexOf(CORRUPT);
    return unreadable !== -1 && unreadable < entries.length - 1;
  }

  // ── Acceptor (Paxos Made Simple, section 2.2) ────────────────────────

  /**
   * Phase 1b: nothing below what was promised. The same ballot again is the same question: ballots are unique, so only
   * its proposer can ask it.
   */
  protected mayPromise(ballot: Ballot): boolean {
    return ballot >= this.state.durable.promised;
  }

  /** Phase 2b: unless a higher ballot was promised, in whatever slot: one promise goes for all of them. */
  protected mayAccept(ballot: Ballot, _slot: number): boolean {
    return ballot >= this.state.durable.promised;
  }

  /**
   * To accept a ballot is to promise it. Acceptor 1 accepts (2, B) without having been asked for a promise; were it
   * still free for ballot 1, the late (1, A) would take the place of B, which may be chosen by now.
   */
  protected promiseOnAccept(ballot: Ballot): Ballot {
    return ballot;
  }

  /**
   * Up to where acceptances may be dropped: what is in our own snapshot on the disk, and in those of an accept quorum,
   * so that whoever prepares finds somebody who can tell. What is dropped here is told with each promise.
   */
  protected mayTruncateTo(quorumHas: number): number {
    return Math.min(quorumHas, this.state.snapshotSlot);
  }

  // ── Quorums (Flexible Paxos) ─────────────────────────────────────────

  /** Any prepare quorum and any accept quorum have an acceptor in common; nothing else is needed. */
  protected quorumsOf(members: readonly NodeId[]): Quorums {
    return quorumsOf(this.settings, members);
  }

  /** Q1: whether these promises are enough. */
  protected isPrepareQuorum(nodes: readonly NodeId[], quorums: Quorums): boolean {
    return isPrepareQuorum(quorums, nodes);
  }

  /** Q2: whether these acceptances are enough. */
  protected isAcceptQuorum(nodes: readonly NodeId[], quorums: Quorums): boolean {
    return isAcceptQuorum(quorums, nodes);
  }

  /** Whether these replicas can keep everybody else from completing phase 1. */
  protected isLeaseQuorum(nodes: readonly NodeId[], quorums: Quorums): boolean {
    return meetsEachPrepareQuorum(quorums, nodes);
  }

  // ── Configurations (Reconfiguring a State Machine) ───────────────────

  /** The configuration of the next slot to be executed. */
  protected get inForce(): Governing {
    return this.state.configurations[0] as Governing;
  }

  /** Nobody asks of a slot that is executed. */
  protected configurationOf(slot: number): Governing {
    return configurationOf(this.state.configurations, slot);
  }

  protected withQuorums(configurations: readonly Configuration[]): readonly Governing[] {
    return configurations.map(({ from, era, members }) => ({ from, era, members, quorums: this.quorumsOf(members) }));
  }

  protected isMember({ members }: Configuration): boolean {
    return isAmong(members, this.self);
  }

  /** Who stands for leadership over the slots of a configuration: its members, or those who propose and do no more. */
  protected standsIn(configuration: Configuration): boolean {
    return this.state.proposers === null ? this.isMember(configuration) : this.onlyProposes(this.self);
  }

  /** Whether a node is there to propose, and never accepts. */
  protected onlyProposes(node: NodeId): boolean {
    const { proposers } = this.state;
    return proposers !== null && isAmong(proposers, node);
  }

  /** Everybody else whom a leader tells what is chosen: these, and who may take its place. */
  protected audienceOf(acceptors: readonly NodeId[]): readonly NodeId[] {
    const all = new Set([...acceptors, ...this.state.proposers ?? []]);
    return ascending([...all]).filter((node) => node !== this.self);
  }

  /**
   * The first slot that a change governs. Not the next one, but for a stop: leader 1 has proposed in slots 7 to 9 to n1
   * to n3 when slot 7, which hands over to n3 to n5, is chosen. Were n4 and n5 to decide in slot 8 from then on, they
   * would not hear that n1 and n2 have.
   */
  protected governsFrom(slot: number, { kind }: Change): number {
    return kind === 'stop' ? slot + 1 : slot + this.state.durable.window;
  }

  /** Behind a stop nothing is proposed, and nothing executed that was chosen by those whom it stops. */
  protected isLast(value: Value): boolean {
    return value.kind === 'stop';
  }

  /** What was accepted in slots behind a stop before that was executed. */
  protected isVoid(accepted: Ballot, ballot: Ballot): boolean {
    return eraOf(accepted) < eraOf(ballot);
  }

  /**
   * Whether slots from there on are all chosen by acceptors that accept no more. Whoever asks for them lags behind, and
   * is told: one that was removed unawares would otherwise depose everybody, over and over.
   */
  protected isOver(slot: number): boolean {
    return slot < this.inForce.from;
  }

  /** Phase 1 of a slot is that of its own acceptors, who may be none of those who have accepted in the slots before. */
  protected isPrepared(promises: readonly CountedPromise[], configuration: Governing): boolean {
    return this.isPrepareQuorum(consistent(promises).map(({ from }) => from), configuration.quorums);
  }

  /**
   * Whether we have executed the stops before a ballot. Who has promised a ballot behind a stop accepts nothing more
   * that could bring that stop about: so whoever promises can tell of it. Were it the proposer alone, and gone, nobody
   * could.
   */
  protected knowsEra(ballot: Ballot): boolean {
    return eraOf(ballot) <= this.inForce.era;
  }

  /** Whether a restart finds that we are in the configuration in force: the snapshot with which it begins is stored. */
  protected isBeginningStored(): boolean {
    return this.state.snapshotSlot + 1 >= this.inForce.from;
  }

  /**
   * Whether a ballot goes on in another configuration. n2 has prepared ballot 6 with those to come when n5 leads in
   * ballot 7 those in force, to the last of their slots. Masters have higher ballots than those before them, so n2
   * begins again.
   */
  protected leadsOn(ballot: Ballot): boolean {
    return ballot >= this.newestBallot();
  }

  /** Whether there are stops that we have not executed yet. */
  protected lacksStop(): boolean {
    return eraOf(this.newestBallot()) > this.inForce.era;
  }

  /** Who has promised is a set: the network may deliver a promise twice. */
  protected countsPromise(node: NodeId, counted: readonly NodeId[]): boolean {
    return !counted.includes(node);
  }

  /** So is who has accepted. */
  protected countsAcceptance(node: NodeId, counted: readonly NodeId[]): boolean {
    return !counted.includes(node);
  }

  // ── Proposer (Paxos Made Simple, section 2.2) ────────────────────────

  /** Above every round that we have used, restarts included, and every ballot that we have seen. */
  protected nextRound(): number {
    return Math.max(this.state.durable.round, roundOf(this.newestBallot())) + 1;
  }

  /** The highest that we know to be used, by others or by us. */
  protected newestBallot(): Ballot {
    return Math.max(this.state.seen, this.state.durable.promised);
  }

  /** Who has lost its disk has lost the rounds that it has used, too. */
  protected mayPropose(): boolean {
    return lifeOf(this.state.durable.lives, this.self).number === 0;
  }

  protected nextBallot(): Ballot {
    return ballotOf(this.nextRound(), this.self, this.inForce.era);
  }

  /** A promise counts for the very ballot that it was given to. */
  protected isPromiseOf(answered: Ballot, ballot: Ballot): boolean {
    return answered === ballot;
  }

  /**
   * Phase 2a, P2c: of what the promises of a quorum show for a slot, the value of the highest ballot. It may be chosen;
   * no other value of a lower ballot can be. `null` where they show nothing: the slot is free.
   */
  protected chooseValue(reported: readonly AcceptedValue[]): Value | null {
    let highest: AcceptedValue | null = null;
    for (const entry of reported) if (highest === null || entry.ballot > highest.ballot) highest = entry;
    return highest?.value ?? null;
  }

  /**
   * Paxos Made Simple, section 3: a slot below others in which a quorum shows nothing is filled, so that those behind
   * it can execute.
   */
  protected holeFiller(): Value | null {
    return NO_OP;
  }

  /** Up to where everything was chosen before a ballot: executed here, or dropped by a member of its quorum. */
  protected floorOf(promises: readonly CountedPromise[]): number {
    return promises.reduce((floor, { truncatedTo }) => Math.max(floor, truncatedTo), this.state.executed);
  }

  /** PMMC's WINDOW: how far a leader may propose. */
  protected lastSlotOfWindow(): number {
    return this.state.executed + this.state.window;
  }

  // ── Learning ─────────────────────────────────────────────────────────

  /** A value is chosen in a ballot: acceptances of the slot in another one say nothing of this one's value. */
  protected isAcceptanceOf(answered: Ballot, ballot: Ballot): boolean {
    return answered === ballot;
  }

  // ── Mastership (Paxos Made Live, sections 5.2 and 5.3) ───────────────

  /** Whether we have granted a lease to somebody else, which has not run out by our clock. */
  protected isLeasedToOther(proposer: NodeId, nowUs: DurationUs): boolean {
    const { lease } = this.state;
    return this.settings.readsByLease && lease !== null && lease.to !== proposer && nowUs < lease.untilUs;
  }

  /** How long the master relies on what replicas have granted for longer: clocks differ. */
  protected masterLeaseUs(): DurationUs {
    return this.settings.masterLeaseUs;
  }

  /** Replicas grant from when they hear, which is after we have sent. */
  protected leaseFromUs(sentAtUs: DurationUs, _nowUs: DurationUs): DurationUs {
    return sentAtUs;
  }

  /** Until when enough replicas have granted the lease, by our clock. We ourselves do for as long as we lead. */
  protected leaseUntilUs(leader: Leader): DurationUs {
    if (!this.settings.readsByLease || !this.mayServeReads(leader)) return -Infinity;
    const { grantedSentAtUs } = leader;
    const { members, quorums } = this.inForce;
    const grantedUs = (node: NodeId): DurationUs => (node === this.self ? Infinity : grantedSentAtUs[node] as number);
    const granted: NodeId[] = [];
    for (const node of [...members].sort((a, b) => grantedUs(b) - grantedUs(a))) {
      granted.push(node);
      if (this.isLeaseQuorum(granted, quorums)) return grantedUs(node) + this.masterLeaseUs();
    }
    return -Infinity;
  }

  protected holdsLease({ leaseUntilUs }: Leader, nowUs: DurationUs): boolean {
    return nowUs < leaseUntilUs;
  }

  /**
   * Paxos Made Live, section 5.3: an operation is for the master of one epoch. Whoever asks for the first time knows of
   * none.
   */
  protected isOfEpoch(asked: Ballot, epoch: Ballot): boolean {
    return asked === NO_BALLOT || asked === epoch;
  }

  /**
   * Until all that may be chosen in lower ballots is executed, a leader does not know what a read has to reflect. Who
   * leads those who have accepted in earlier slots does not know whom others lead in later ones.
   */
  protected mayServeReads({ barrier, reach }: Leader): boolean {
    const { executed } = this.state;
    return executed >= barrier && executed < reach;
  }

  // ── Timing ───────────────────────────────────────────────────────────

  /** How much longer than others a proposer waits that was pre-empted. */
  protected backOffUs(ctx: Context): DurationUs {
    const { settings: { backOffUs, backOffUsMax }, state: { preemptions } } = this;
    if (preemptions === 0 || backOffUs === 0) return 0;
    return ctx.random('back-off').between(0, Math.min(backOffUs * (1 << Math.min(preemptions, 10)), backOffUsMax));
  }

  protected electionTimeoutUs(ctx: Context): DurationUs {
    this.timeoutLuck ??= ctx.random('election');
    return this.timeoutLuck.between(this.settings.electionTimeoutUsMin, this.settings.electionTimeoutUsMax);
  }
}
