import type { ClientRequest } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { SessionCommand } from '../../contract/session.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { isSameAuthor } from './author.ts';
import { type Ballot, ballotText, compareBallots, isSameBallot } from './ballot.ts';
import * as invariants from './invariants.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { Accept, Accepted, AcceptorMessage, Author, Prepare, Promised, Proposal } from './messages.ts';
import { readSettings } from './options.ts';
import { type AcceptorRecord, type CommonState, instanceFile, type Pursuit } from './state.ts';

/** All that was ever sent about one ballot of one key. */
interface BallotGhost {
  readonly ballot: Ballot;
  /** Who prepared it, as the count of that node's starts. */
  incarnation: number;
  readonly promisedBy: Set<NodeId>;
  /** By slot: what it asked to accept, and who did. */
  readonly proposed: Map<number, ProposalGhost>;
}

interface ProposalGhost {
  readonly proposal: Proposal;
  readonly acceptedBy: Set<NodeId>;
}

/** What was chosen in one slot of a key. */
interface ChosenGhost {
  /** The lowest ballot that it was chosen with, as far as is known. */
  ballot: Ballot;
  readonly proposal: Proposal;
}

interface KeyGhost {
  /** By text of the ballot. */
  readonly ballots: Map<string, BallotGhost>;
  /** By acceptor: the highest ballot that it has said to have promised. */
  readonly promised: Map<NodeId, Ballot>;
  readonly chosen: Map<number, ChosenGhost>;
}

/** What the monitor has to be told of a system that uses these acceptors. */
export interface Watched<P extends Proposal> {
  /** Keys are decided once, or again and again: which of its decisions a proposal is for. */
  slotOf(proposal: P): number;
  /** Whether the promises of an attempt allow it to propose something of its own in that slot. */
  isFree(pursuit: Pursuit<P>, proposal: P): boolean;
  /** Which acceptor the sender of this message is from now on; `null` for all others. Without it, none ever moves. */
  seatTaken?(message: Message): NodeId | null;
}

/**
 * Checks acceptors and proposers from outside, against tables of everything that was ever sent. Nothing is forgotten:
 * memory grows by a few hundred bytes for each ballot. Cost: constant for each message, and for each event the number
 * of instances that its node pursues.
 */
export class PaxosMonitor<P extends Proposal, S extends CommonState<P>> implements Monitor<S> {
  private readonly cluster: ClusterInfo;
  private readonly report: ReportBreach;
  private readonly watched: Watched<P>;
  private readonly layout: Layout;
  private readonly keys = new Map<string, KeyGhost>();
  /** What clients have asked for, as {@link authorText}. */
  private readonly asked = new Set<string>();
  /** By NodeId. */
  private readonly starts: number[] = [];
  private readonly known: Map<string, P>[] = [];
  /** By NodeId: which acceptor it is, of those that have moved there. */
  private readonly seats = new Map<NodeId, NodeId>();
  /** Attempts whose proposal was looked at. */
  private readonly seen = new WeakSet<object>();

  constructor(cluster: ClusterInfo, report: ReportBreach, watched: Watched<P>) {
    this.cluster = cluster;
    this.report = report;
    this.watched = watched;
    this.layout = layoutOf(cluster.nodes, readSettings(cluster.options));
  }

  onStarted(node: NodeId): void {
    this.starts[node] = (this.starts[node] ?? 0) + 1;
    this.known[node] = new Map();
  }

  afterEvent(node: NodeId, state: S): void {
    const known = this.known[node];
    assert(known !== undefined, 'a node has started before anything happens to it');
    for (const [key, proposal] of state.learned) {
      if (known.get(key) === proposal) continue;
      known.set(key, proposal);
      this.checkLearned(node, key, proposal);
    }
    for (const [key, pursuit] of state.pursuits) {
      const { attempt } = pursuit;
      if (attempt === null || attempt.proposal === null || this.seen.has(attempt)) continue;
      this.seen.add(attempt);
      this.checkAdopted(node, key, pursuit, attempt.proposal);
    }
  }

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView): void {
    const { length } = this.cluster.nodes;
    if (from >= length) return this.onAsked(message as ClientRequest);
    if (to >= length) return;
    const seat = this.watched.seatTaken?.(message) ?? null;
    if (seat !== null && this.acceptorAt(from) !== seat) this.onMoved(from, seat, synced);
    const sent = message as AcceptorMessage<P>;
    switch (sent.kind) {
      case 'Prepare': return this.onPrepare(from, sent);
      case 'Promised': return this.onPromised(from, sent, synced);
      case 'Accept': return this.onAccept(from, sent);
      case 'Accepted': return this.onAccepted(from, sent, synced);
      default:
    }
  }

  private onAsked({ client, command: sent }: ClientRequest): void {
    const command = sent as unknown as SessionCommand;
    if (command.kind !== 'execute') return;
    this.asked.add(authorText({ client, session: command.session, sequence: command.sequence }));
  }

  // ── Phase 1 ──────────────────────────────────────────────────────────

  private onPrepare(from: NodeId, { key, ballot }: Prepare): void {
    const ghost = this.ballotOf(key, ballot);
    const incarnation = this.starts[from] ?? 0;
    if (ghost.incarnation === 0) ghost.incarnation = incarnation;
    if (ghost.incarnation === incarnation && ballot.proposer === from) return;
    this.breach(invariants.ballotUnique, `${this.name(from)} prepares ballot ${this.text(ballot)} of ${key}, ` +
      (ballot.proposer === from ? 'which was used before it started' : 'which does not name it'));
  }

  private onPromised(from: NodeId, { key, ballot }: Promised<P>, synced: DiskView): void {
    const { promised } = this.keyOf(key);
    const acceptor = this.acceptorAt(from);
    const earlier = promised.get(acceptor);
    if (earlier !== undefined && compareBallots(ballot, earlier) < 0) {
      this.breach(invariants.promiseMonotone, `${this.name(from)} promises ballot ${this.text(ballot)} of ${key} ` +
        `after ${this.text(earlier)}`);
    } else {
      promised.set(acceptor, ballot);
    }
    this.ballotOf(key, ballot).promisedBy.add(acceptor);
    const record = durableOf<P>(synced, key);
    if (isAtLeast(record?.promised, ballot)) return;
    this.breach(invariants.answersAreDurable, `${this.name(from)} promises ballot ${this.text(ballot)} of ${key}, ` +
      `but on its disk is ${this.maybe(record?.promised)}`);
  }

  // ── Phase 2 ──────────────────────────────────────────────────────────

  private onAccept(from: NodeId, { key, ballot, proposal }: Accept<P>): void {
    const ghost = this.ballotOf(key, ballot);
    const slot = this.watched.slotOf(proposal);
    const earlier = ghost.proposed.get(slot);
    if (earlier === undefined) ghost.proposed.set(slot, { proposal, acceptedBy: new Set() });
    else if (!isSame(earlier.proposal, proposal)) {
      this.breach(invariants.oneProposalPerBallot, `${this.name(from)} asks to accept ${this.says(proposal)} with ` +
        `ballot ${this.text(ballot)} of ${key}, with which ${this.says(earlier.proposal)} was asked for`);
    }
    const needed = this.layout.acceptors.length - this.layout.acceptQuorum + 1;
    if (ghost.promisedBy.size < needed) {
      this.breach(invariants.quorumsMeet, `${this.name(from)} asks to accept with ballot ${this.text(ballot)} of ` +
        `${key}, which ${ghost.promisedBy.size} acceptors have promised, and ${needed} would have to`);
    }
    const chosen = this.keyOf(key).chosen.get(slot);
    if (chosen === undefined || compareBallots(chosen.ballot, ballot) >= 0 || isSame(chosen.proposal, proposal)) return;
    this.breach(invariants.safeAtBallot, `${this.name(from)} asks to accept ${this.says(proposal)} with ballot ` +
      `${this.text(ballot)} of ${key}, but ${this.says(chosen.proposal)} was chosen with ${this.text(chosen.ballot)}`);
  }

  private onAccepted(from: NodeId, { key, ballot, proposal }: Accepted<P>, synced: DiskView): void {
    const ofKey = this.keyOf(key);
    const acceptor = this.acceptorAt(from);
    const promised = ofKey.promised.get(acceptor);
    if (promised !== undefined && compareBallots(promised, ballot) > 0) {
      this.breach(invariants.acceptsNothingBelow, `${this.name(from)} accepts ballot ${this.text(ballot)} of ${key} ` +
        `after it has promised ${this.text(promised)}`);
    }
    const record = durableOf<P>(synced, key);
    if (!isAtLeast(record?.accepted?.ballot, ballot)) {
      this.breach(invariants.answersAreDurable, `${this.name(from)} accepts ballot ${this.text(ballot)} of ${key}, ` +
        `but on its disk is ${this.maybe(record?.accepted?.ballot)}`);
    } else if (!isAtLeast(record?.promised, ballot)) {
      this.breach(invariants.acceptingPromises, `${this.name(from)} accepts ballot ${this.text(ballot)} of ${key}, ` +
        `and its promise is ${this.maybe(record?.promised)}`);
    }
    const slot = this.watched.slotOf(proposal);
    const { proposed } = this.ballotOf(key, ballot);
    const ghost = proposed.get(slot) ?? { proposal, acceptedBy: new Set<NodeId>() };
    proposed.set(slot, ghost);
    ghost.acceptedBy.add(acceptor);
    if (ghost.acceptedBy.size === this.layout.acceptQuorum) this.onChosen(ofKey, key, slot, ballot, ghost.proposal);
  }

  private onChosen({ chosen }: KeyGhost, key: string, slot: number, ballot: Ballot, proposal: Proposal): void {
    const earlier = chosen.get(slot);
    if (earlier === undefined) {
      chosen.set(slot, { ballot, proposal });
      if (this.asked.has(authorText(proposal.by))) return;
      return this.breach(invariants.validity, `${this.says(proposal)} is chosen for ${key}, and nobody asked for it`);
    }
    if (!isSame(earlier.proposal, proposal)) {
      return this.breach(invariants.chosenUnique, `${this.says(proposal)} is chosen for ${key} with ballot ` +
        `${this.text(ballot)}, and ${this.says(earlier.proposal)} was with ${this.text(earlier.ballot)}`);
    }
    if (compareBallots(ballot, earlier.ballot) < 0) earlier.ballot = ballot;
  }

  /** An acceptor that moves is the same one, and has what it has promised. */
  private onMoved(to: NodeId, acceptor: NodeId, synced: DiskView): void {
    this.seats.set(to, acceptor);
    for (const [key, { promised }] of this.keys) {
      const earlier = promised.get(acceptor);
      const record = durableOf<P>(synced, key);
      if (earlier === undefined || isAtLeast(record?.promised, earlier)) continue;
      this.breach(invariants.promiseMonotone, `${this.name(to)} takes the place of ${this.name(acceptor)}, which has ` +
        `promised ballot ${this.text(earlier)} of ${key}, and its promise is ${this.maybe(record?.promised)}`);
    }
  }

  // ── What nodes know and choose ───────────────────────────────────────

  private checkLearned(node: NodeId, key: string, proposal: P): void {
    const chosen = this.keyOf(key).chosen.get(this.watched.slotOf(proposal));
    if (chosen !== undefined && isSame(chosen.proposal, proposal)) return;
    const truth = chosen === undefined ? 'nothing is' : `${this.says(chosen.proposal)} is`;
    this.breach(invariants.learnedIsChosen, `${this.name(node)} takes ${this.says(proposal)} for chosen for ${key}, ` +
      `but ${truth}`);
  }

  private checkAdopted(node: NodeId, key: string, pursuit: Pursuit<P>, proposal: P): void {
    const slot = this.watched.slotOf(proposal);
    let highest: { readonly ballot: Ballot; readonly proposal: P } | null = null;
    for (const { accepted } of pursuit.attempt?.promises ?? []) {
      if (accepted === null || this.watched.slotOf(accepted.proposal) !== slot) continue;
      if (highest === null || compareBallots(accepted.ballot, highest.ballot) > 0) highest = accepted;
    }
    if (highest === null ? this.watched.isFree(pursuit, proposal) : isSame(highest.proposal, proposal)) return;
    const reported = highest === null ? 'that is not what the promises leave' : `${this.says(highest.proposal)} was ` +
      `reported with ${this.text(highest.ballot)}, the highest`;
    const text = `${this.name(node)} proposes ${this.says(proposal)} for ${key}, but ${reported}`;
    this.breach(invariants.adoptsHighest, text);
  }

  // ── Tables and texts ─────────────────────────────────────────────────

  private keyOf(key: string): KeyGhost {
    let ghost = this.keys.get(key);
    if (ghost === undefined) {
      ghost = { ballots: new Map(), promised: new Map(), chosen: new Map() };
      this.keys.set(key, ghost);
    }
    return ghost;
  }

  private ballotOf(key: string, ballot: Ballot): BallotGhost {
    const { ballots } = this.keyOf(key);
    const text = ballotText(ballot);
    let ghost = ballots.get(text);
    if (ghost === undefined) {
      ghost = { ballot, incarnation: 0, promisedBy: new Set(), proposed: new Map() };
      ballots.set(text, ghost);
    }
    assert(isSameBallot(ghost.ballot, ballot), 'equal texts are of equal ballots');
    return ghost;
  }

  private acceptorAt(node: NodeId): NodeId {
    return this.seats.get(node) ?? node;
  }

  private breach(invariant: InvariantInfo, text: string): void {
    this.report(invariant, text);
  }

  private name(node: NodeId): string {
    return this.cluster.nameOf(node);
  }

  private text({ round, proposer }: Ballot): string {
    return `${round} of ${this.cluster.nodes.includes(proposer) ? this.name(proposer) : 'nobody'}`;
  }

  private maybe(ballot: Ballot | null | undefined): string {
    return ballot === null || ballot === undefined ? 'none' : this.text(ballot);
  }

  /** `5 (c1)`: the value, and who wants it. */
  private says({ value, by }: Proposal): string {
    return `${JSON.stringify(value)} (${this.name(by.client)})`;
  }
}

function durableOf<P extends Proposal>(synced: DiskView, key: string): AcceptorRecord<P> | undefined {
  return synced.cell(instanceFile(key)) as AcceptorRecord<P> | undefined;
}

function isAtLeast(ballot: Ballot | null | undefined, other: Ballot): boolean {
  return ballot !== null && ballot !== undefined && compareBallots(ballot, other) >= 0;
}

function isSame(a: Proposal, b: Proposal): boolean {
  return isSameAuthor(a.by, b.by);
}

function authorText({ client, session, sequence }: Author): string {
  return `${client}/${session}/${sequence}`;
}

/** A monitor of a system with these acceptors. */
export function invariantsOf<P extends Proposal, S extends CommonState<P>>(watched: Watched<P>): InvariantSet<S> {
  return {
    declared: invariants.declaredInvariants,
    observe: (cluster, report) => new PaxosMonitor<P, S>(cluster, report, watched),
  };
}
