import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { SessionCommand } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type Ballot, eraOf, NO_BALLOT, proposerOf } from './ballot.ts';
import { isChange } from './configuration.ts';
import {
  isAcceptanceSynced, isSameValue, newNodeGhost, type NodeGhost, type Proposed, replacePlaces, type SlotGhost,
} from './ghost.ts';
import * as invariants from './invariants.ts';
import { lifeOf } from './lives.ts';
import type { Accept, AcceptedValue, Change, Decide, PaxosMessage, Value } from './messages.ts';
import { ConfigurationWatch } from './monitor-configurations.ts';
import { MasterWatch } from './monitor-masters.ts';
import { readSettings } from './options.ts';
import { isAcceptQuorum, isPrepareQuorum } from './quorums.ts';
import {
  BALLOT_FILE, type BallotRecord, JOURNAL_FILE, type Leader, type PaxosState, type Snapshot, SNAPSHOT_FILE,
} from './state.ts';

/** Slots that no acceptor keeps are forgotten when so many acceptances were dropped. */
const DROPPED_ACCEPTANCES = 256;
/** Of ballots, the last so many are remembered: a proposer that comes back uses one above its last. */
const BALLOTS = 256;

/**
 * Evaluates the invariants of Multi-Paxos as a run goes, from all that was ever proposed, promised and accepted: at
 * constant cost per message and executed slot, but for a new leader, which costs what its promises show.
 */
class PaxosMonitor implements Monitor<PaxosState> {
  private readonly cluster: ClusterInfo;
  private readonly report: ReportBreach;
  private readonly breached = new Set<string>();
  private readonly nodes: readonly NodeGhost[];
  private readonly configurations: ConfigurationWatch;
  private readonly slots = new Map<number, SlotGhost>();
  /** Nothing is remembered of the slots up to here. */
  private forgottenTo = 0;
  private dropped = 0;
  /** By ballot: who has prepared it, in which life. */
  private readonly ballots = new Map<Ballot, { readonly node: NodeId; readonly incarnation: number }>();
  /** Sessions and sequences in one number, and clients that asked for a session. */
  private readonly asked = new Set<number>();
  private readonly registered = new Set<number>();
  private readonly masters: MasterWatch;
  private readonly checksEpoch: boolean;
  private readonly hasLives: boolean;

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.cluster = cluster;
    this.report = report;
    this.nodes = cluster.nodes.map(newNodeGhost);
    this.configurations = new ConfigurationWatch(cluster, (text) => this.breach(invariants.quorumsIntersect, text));
    this.checksEpoch = readSettings(cluster.options).checkEpoch;
    this.hasLives = readSettings(cluster.options).rejoin === 'lives';
    this.masters = new MasterWatch(cluster, (text) => this.breach(invariants.masterExclusive, text));
  }

  // ── Starts and events ────────────────────────────────────────────────

  onStarted(node: NodeId, state: PaxosState, synced: DiskView): void {
    const ghost = this.ghostOf(node);
    ghost.state = state;
    ghost.synced = synced;
    ghost.incarnation += 1;
    ghost.ownAcceptance = null;
    ghost.role = state.role;
    ghost.executed = state.executed;
    ghost.promised = state.durable.promised;
    ghost.reach = 0;
    replacePlaces(ghost, state);
    this.masters.onStarted(node, state);
    this.configurations.onStarted(node, state);
    if (state.isAmnesiac || ghost.promised >= ghost.attested) return;
    this.breach(invariants.promiseMonotone, `${this.name(node)} starts with the promise ${show(ghost.promised)}, ` +
      `but has told others that it has promised ${show(ghost.attested)}`);
  }

  onCrashed(node: NodeId): void {
    this.masters.onCrashed(node);
  }

  onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    if (file !== JOURNAL_FILE) return;
    const ghost = this.ghostOf(node);
    this.lookAtLife(node, ghost);
    const { slot, ballot } = entry as AcceptedValue;
    if (ballot > ghost.acceptedNow) ghost.acceptedNow = ballot;
    const places = ghost.places.get(slot);
    if (places === undefined) ghost.places.set(slot, [{ ballot, position: index }]);
    else places.push({ ballot, position: index });
    if (ballot >= ghost.attested) return;
    this.breach(invariants.promiseKept, `${this.name(node)} accepts ${show(ballot)} in slot ${slot}, ` +
      `but has told others that it has promised ${show(ghost.attested)}`);
  }

  /**
   * A node that begins another life has forgotten what it told, but for what others have told it in turn. So its word
   * of before holds for what it still has, and for what is chosen by it already.
   */
  private lookAtLife(node: NodeId, ghost: NodeGhost): void {
    const { state } = ghost;
    const life = state === null || !this.hasLives ? 0 : lifeOf(state.durable.lives, node).number;
    if (state === null || life <= ghost.life) return;
    const { promised, truncatedTo, accepted } = state.durable;
    ghost.life = life;
    ghost.promised = promised;
    ghost.attested = NO_BALLOT; // What it is told now it accepts as others did, in ballots below.
    for (const [slot, { proposed, chosen }] of this.slots) {
      for (const [ballot, { acceptedBy }] of proposed) {
        const holds = slot <= truncatedTo || (accepted.get(slot)?.ballot ?? 0) >= ballot;
        const at = acceptedBy.indexOf(node);
        if (at !== -1 && !holds && chosen?.ballot !== ballot) acceptedBy.splice(at, 1);
      }
    }
  }

  onDrop(node: NodeId, file: string): void {
    if (file !== JOURNAL_FILE) return;
    const { state, places } = this.ghostOf(node);
    const truncatedTo = state?.durable.truncatedTo ?? 0;
    for (const slot of places.keys()) if (slot <= truncatedTo) places.delete(slot);
    this.checkTruncation(node, truncatedTo);
    this.dropped += 1;
    if (this.dropped * 4 < DROPPED_ACCEPTANCES) return;
    this.dropped = 0;
    this.forget();
  }

  afterEvent(node: NodeId, state: PaxosState): void {
    if (state.isAmnesiac) return;
    const ghost = this.ghostOf(node);
    this.lookAtLife(node, ghost);
    const { promised } = state.durable;
    if (promised < ghost.promised) {
      this.breach(invariants.promiseMonotone,
        `the promise of ${this.name(node)} falls from ${show(ghost.promised)} to ${show(promised)}`);
    }
    ghost.promised = promised;
    if (ghost.acceptedNow > promised) {
      this.breach(invariants.acceptanceIsPromise,
        `${this.name(node)} has accepted ${show(ghost.acceptedNow)}, but has promised ${show(promised)} only`);
    }
    ghost.acceptedNow = 0;
    this.noteOwnAcceptance(node, ghost);
    this.configurations.afterEvent(node, state);
    if (state.role !== ghost.role) {
      ghost.role = state.role;
      ghost.reach = 0;
      if (state.role.kind === 'leader') this.onLeads(ghost, state.role, this.name(node));
    }
    if (state.role.kind === 'leader') this.lookAtReach(node, ghost, state.role, state);
    if (state.executed !== ghost.executed) this.onExecuted(node, ghost, state);
    this.masters.afterEvent(node, state);
  }

  // ── Leaders ──────────────────────────────────────────────────────────

  /** Up to where a leader may propose by its promises: it has others, or more. */
  private lookAtReach(node: NodeId, ghost: NodeGhost, leader: Leader, state: PaxosState): void {
    const { ballot, promises, reach } = leader;
    const { configurations, executed, window } = state;
    if (reach === ghost.reach && configurations === ghost.configurations) return;
    ghost.reach = reach;
    ghost.configurations = configurations;
    const promisedBy = new Set(promises.filter((promise) => promise.ballot === ballot).map((promise) => promise.from));
    const last = Math.min(reach, executed + window);
    for (const { from, era, members, quorums } of this.configurations.from(executed + 1)) {
      if (from > last || era > eraOf(ballot)) break;
      this.masters.onLeads(node, leader, from);
      if (isPrepareQuorum(quorums, [...promisedBy])) continue;
      this.breach(invariants.adoption, `${this.name(node)} leads in ${show(ballot)} by ${promisedBy.size} promises ` +
        `of it, which are no quorum of ${members.map((member) => this.name(member)).join(', ')}`);
    }
  }

  private onLeads(ghost: NodeGhost, leader: Leader, name: string): void {
    const { ballot, promises, adopted, barrier } = leader;
    const leads = `${name} leads in ${show(ballot)}`;
    const highest = new Map<number, AcceptedValue>();
    let truncatedTo = 0;
    for (const promise of promises) {
      truncatedTo = Math.max(truncatedTo, promise.truncatedTo);
      for (const entry of promise.accepted) {
        const isVoid = eraOf(entry.ballot) < eraOf(ballot);
        if (!isVoid && entry.ballot > (highest.get(entry.slot)?.ballot ?? 0)) highest.set(entry.slot, entry);
      }
    }
    const floor = Math.max(truncatedTo, Math.min(leader.floor, ghost.state?.executed ?? 0));
    if (leader.floor < truncatedTo) {
      this.breach(invariants.adoption,
        `${leads} and proposes from slot ${leader.floor + 1} on, where a promise has dropped all up to ${truncatedTo}`);
    }
    for (const [slot, entry] of highest) {
      const value = adopted.get(slot);
      if (slot <= floor || (value !== undefined && slot <= barrier && isSameValue(value, entry.value))) continue;
      this.breach(invariants.adoption,
        `${leads} and does not adopt in slot ${slot} what was accepted in ${show(entry.ballot)}`);
    }
  }

  // ── Execution and truncation ─────────────────────────────────────────

  private onExecuted(node: NodeId, ghost: NodeGhost, state: PaxosState): void {
    const { executed, decided, durable: { snapshot } } = state;
    const from = ghost.executed;
    ghost.executed = executed;
    if (executed < from) {
      this.breach(invariants.orderedExecution, `${this.name(node)} goes back from slot ${from} to ${executed}`);
    }
    const bySnapshot = snapshot?.slot ?? 0;
    const values: (Value | null)[] = [];
    for (let slot = from + 1; slot <= executed; slot++) {
      const value = decided.get(slot);
      values.push(value ?? null);
      if (value !== undefined) this.checkExecuted(node, slot, value);
      else if (slot > bySnapshot) {
        this.breach(invariants.orderedExecution, `${this.name(node)} leaves out slot ${slot}`);
      }
    }
    this.masters.onExecuted(node, values, state);
    if (executed <= this.forgottenTo) return;
    const known = this.slotAt(executed);
    known.digest ??= state.digest;
    if (known.digest === state.digest) return;
    this.breach(invariants.orderedExecution,
      `${this.name(node)} is in another state after slot ${executed} than a node before it`);
  }

  private checkExecuted(node: NodeId, slot: number, value: Value): void {
    if (slot <= this.forgottenTo) return;
    const known = this.slotAt(slot);
    known.executed ??= value;
    if (!isSameValue(known.executed, value)) {
      this.breach(invariants.orderedExecution,
        `${this.name(node)} executes something else in slot ${slot} than a node before it`);
    }
    this.checkChosen(`${this.name(node)} executes`, slot, value);
  }

  private checkChosen(who: string, slot: number, value: Value): void {
    if (slot <= this.forgottenTo) return;
    const { chosen } = this.slotAt(slot);
    if (chosen !== null && isSameValue(chosen.value, value)) return;
    const text = chosen === null ? 'where no quorum has accepted anything in one ballot'
      : `where something else is chosen in ${show(chosen.ballot)}`;
    this.breach(invariants.decidedIsChosen, `${who} a value in slot ${slot}, ${text}`);
  }

  private checkTruncation(node: NodeId, truncatedTo: number): void {
    const slotOf = ({ synced, toldSnapshot }: NodeGhost): number =>
      Math.max((synced.cell(SNAPSHOT_FILE) as Snapshot | undefined)?.slot ?? 0, this.hasLives ? toldSnapshot : 0);
    const holders = this.cluster.nodes.filter((holder) => slotOf(this.ghostOf(holder)) >= truncatedTo);
    const isHeld = this.configurations.from(truncatedTo + 1).some(({ quorums }) => isAcceptQuorum(quorums, holders));
    if (isHeld && slotOf(this.ghostOf(node)) >= truncatedTo) return;
    this.breach(invariants.truncationSafety, `${this.name(node)} drops what it accepted up to slot ${truncatedTo}, ` +
      `which ${holders.length} disks have in snapshots, its own up to ${slotOf(this.ghostOf(node))}`);
  }

  /** What no acceptor keeps any more can be said of no slot again. */
  private forget(): void {
    let low = Infinity;
    for (const { state } of this.nodes) {
      if (state === null) return;
      const { journal, durable: { promised, truncatedTo }, executed } = state;
      // Who has never been asked anything keeps nothing, and has nothing to execute.
      if (promised > NO_BALLOT || executed > 0) low = Math.min(low, journal.length === 0 ? executed : truncatedTo);
    }
    for (const slot of this.slots.keys()) if (slot <= low) this.slots.delete(slot);
    this.forgottenTo = Math.max(this.forgottenTo, low);
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView): void {
    const { length } = this.nodes;
    if (from >= length) return this.onClientRequest(from, message as ClientRequest);
    if (to >= length) return this.onAnswer(from, to, message as ClientResponse);
    const sent = message as PaxosMessage;
    switch (sent.kind) {
      case 'Prepare':
        return this.onPrepare(from, sent.ballot);
      case 'Promised':
        return this.onPromised(from, sent.ballot, synced);
      case 'Accept':
        return this.onAccept(from, sent);
      case 'Accepted':
        return this.onAccepted(from, sent.slot, sent.ballot, synced);
      case 'Decide':
        return this.onDecide(from, sent);
      case 'HeartbeatReply': {
        const ghost = this.ghostOf(from);
        ghost.toldSnapshot = Math.max(ghost.toldSnapshot, sent.snapshotSlot);
        return;
      }
      default:
    }
  }

  private onAnswer(from: NodeId, to: NodeId, response: ClientResponse): void {
    if (this.checksEpoch) this.masters.onAnswer(from, to, response);
  }

  private onClientRequest(from: NodeId, request: ClientRequest): void {
    if (this.checksEpoch) this.masters.onRequest(from, request);
    const { command: sent } = request;
    const command = sent as unknown as SessionCommand;
    if (command.kind === 'register') this.registered.add(command.client);
    else this.asked.add(numberOf(command.session, command.sequence));
  }

  private onPrepare(from: NodeId, ballot: Ballot): void {
    const { incarnation } = this.ghostOf(from);
    const first = this.ballots.get(ballot);
    if (proposerOf(ballot) !== from || (first !== undefined && first.incarnation !== incarnation)) {
      this.breach(invariants.ballotUniqueness, `${this.name(from)}, in its life number ${incarnation}, ` +
        `prepares ${show(ballot)}, which is another proposer's or an earlier life's`);
    }
    if (first !== undefined) return;
    this.ballots.set(ballot, { node: from, incarnation });
    if (this.ballots.size <= BALLOTS) return;
    for (const oldest of this.ballots.keys()) {
      this.ballots.delete(oldest);
      break;
    }
  }

  private onPromised(from: NodeId, ballot: Ballot, synced: DiskView): void {
    const ghost = this.ghostOf(from);
    if (ballot > ghost.attested) ghost.attested = ballot;
    const stored = (synced.cell(BALLOT_FILE) as BallotRecord | undefined)?.promised ?? 0;
    if (stored >= ballot) return;
    this.breach(invariants.promisesAreDurable,
      `${this.name(from)} promises ${show(ballot)}, but only ${show(stored)} is on its disk`);
  }

  private onAccept(from: NodeId, { slot, ballot, value }: Accept): void {
    if (slot <= this.forgottenTo) return;
    const known = this.slotAt(slot);
    const before = known.proposed.get(ballot);
    if (before !== undefined) {
      if (before.value === value || isSameValue(before.value, value)) return;
      return this.breach(invariants.oneValuePerBallot,
        `${this.name(from)} proposes a second value in slot ${slot} in ${show(ballot)}`);
    }
    known.proposed.set(ballot, { value, acceptedBy: [] });
    this.checkProposal(from, slot, ballot, value, known);
  }

  private checkProposal(from: NodeId, slot: number, ballot: Ballot, value: Value, { chosen }: SlotGhost): void {
    const proposes = `${this.name(from)} proposes in slot ${slot} in ${show(ballot)}`;
    if (!this.wasAsked(value)) this.breach(invariants.validity, `${proposes} what no client has asked for`);
    if (chosen !== null && chosen.ballot < ballot && !isSameValue(chosen.value, value)) {
      this.breach(invariants.safeProposal,
        `${proposes} something else than what is chosen there in ${show(chosen.ballot)}`);
    }
    const { state } = this.ghostOf(from);
    if (state === null || slot <= state.executed + state.window) return;
    this.breach(invariants.windowKept,
      `${proposes}, having executed up to ${state.executed} with a window of ${state.window}`);
  }

  private wasAsked(value: Value): boolean {
    if (value.kind !== 'command') return true;
    const command = value.command as unknown as SessionCommand;
    if (command.kind === 'register') return this.registered.has(command.client);
    return this.asked.has(numberOf(command.session, command.sequence));
  }

  private onAccepted(from: NodeId, slot: number, ballot: Ballot, synced: DiskView): void {
    const ghost = this.ghostOf(from);
    if (ballot > ghost.attested) ghost.attested = ballot;
    if (!isAcceptanceSynced(ghost, synced, slot, ballot)) {
      this.breach(invariants.promisesAreDurable,
        `${this.name(from)} says that it has accepted ${show(ballot)} in slot ${slot}, but its disk does not`);
    }
    this.noteAcceptance(from, slot, ballot);
  }

  private onDecide(from: NodeId, { slot, value }: Decide): void {
    this.noteOwnAcceptance(from, this.ghostOf(from));
    this.checkChosen(`${this.name(from)} decides`, slot, value);
  }

  // ── What is chosen ───────────────────────────────────────────────────

  /** A proposer does not tell itself what it has accepted. */
  private noteOwnAcceptance(node: NodeId, ghost: NodeGhost): void {
    const { ownAcceptance } = ghost.state as PaxosState;
    if (ownAcceptance === ghost.ownAcceptance || ownAcceptance === null) return;
    ghost.ownAcceptance = ownAcceptance;
    const { ballot, slot } = ownAcceptance;
    if (ballot > ghost.attested) ghost.attested = ballot;
    if (slot > this.forgottenTo && !this.slotAt(slot).proposed.has(ballot)) this.proposeAlone(slot, ballot, ghost);
    this.noteAcceptance(node, slot, ballot);
  }

  /** A node that accepts alone asks nobody else. */
  private proposeAlone(slot: number, ballot: Ballot, { state }: NodeGhost): void {
    const value = state?.durable.accepted.get(slot)?.value;
    if (value !== undefined) this.slotAt(slot).proposed.set(ballot, { value, acceptedBy: [] });
  }

  private noteAcceptance(node: NodeId, slot: number, ballot: Ballot): void {
    if (slot <= this.forgottenTo) return;
    const known = this.slotAt(slot);
    const { acceptedBy, value } = known.proposed.get(ballot) ?? NOT_PROPOSED;
    if (value === null || acceptedBy.includes(node)) return;
    acceptedBy.push(node);
    const { era, quorums } = this.configurations.of(slot);
    // What is accepted behind a stop, in a ballot from before it, is chosen by nobody.
    if (eraOf(ballot) !== era || !isAcceptQuorum(quorums, acceptedBy)) return;
    if (known.chosen === null) {
      known.chosen = { ballot, value };
      if (isChange(value)) this.onChangeChosen(slot, value);
      return;
    }
    if (isSameValue(known.chosen.value, value)) return;
    this.breach(invariants.chosenOnce,
      `in slot ${slot} two values are chosen: one in ${show(known.chosen.ballot)}, another one in ${show(ballot)}`);
  }

  private onChangeChosen(slot: number, change: Change): void {
    this.configurations.onChosen(slot, change);
    if (change.kind !== 'stop') return;
    for (const [later, known] of this.slots) if (later > slot) known.chosen = null;
  }

  private slotAt(slot: number): SlotGhost {
    let known = this.slots.get(slot);
    if (known === undefined) {
      known = { proposed: new Map(), chosen: null, executed: null, digest: null };
      this.slots.set(slot, known);
    }
    return known;
  }

  private ghostOf(node: NodeId): NodeGhost {
    return this.nodes[node] as NodeGhost;
  }

  private name(process: NodeId): string {
    return this.cluster.nameOf(process);
  }

  private breach(invariant: InvariantInfo, text: string): void {
    if (this.breached.has(invariant.id)) return;
    this.breached.add(invariant.id);
    this.report(invariant, text);
  }
}

/** Nobody accepts what was not proposed, but for copies that outlive what is remembered. */
const NOT_PROPOSED: Pick<Proposed, 'acceptedBy'> & { readonly value: null } = { value: null, acceptedBy: [] };

/** More commands than a session has. */
const SEQUENCES = 0x400_0000;

function numberOf(session: number, sequence: number): number {
  return session * SEQUENCES + sequence;
}

function show(ballot: Ballot): string {
  return `ballot ${ballot}`;
}

/** The invariants of Multi-Paxos, and the monitor that checks them all. */
export const paxosInvariants: InvariantSet<PaxosState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new PaxosMonitor(cluster, report),
};
