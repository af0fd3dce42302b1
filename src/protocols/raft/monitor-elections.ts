import type { NodeId } from '../../kernel/ids.ts';
import { type Configuration, isMajorityOf } from './configuration.ts';
import { NOBODY, type NodeGhost, storedTerm } from './ghost.ts';
import * as invariants from './invariants.ts';
import { isSameEntry, UNKNOWN } from './ledger.ts';
import { entryAt, lastIndex, lastTerm } from './log.ts';
import { FOLLOWER, type RaftState } from './state.ts';
import type { Watch } from './watch.ts';

/** A leader, and where its log ended when it had just been elected. */
interface Elected {
  readonly node: NodeId;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** Terms are forgotten when so many are remembered. */
const MANY_TERMS = 64;

/** Terms, votes and leaders: R1, R4, R8, R10, R16, R19. */
export class ElectionMonitor {
  private readonly watch: Watch;
  private readonly leaders = new Map<number, Elected>();
  /** Every vote that was ever sent: one row per term in which somebody voted, by NodeId of the voter. */
  private readonly votes = new Map<number, (NodeId | undefined)[]>();
  private highestLedTerm = 0;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  // ── Terms ────────────────────────────────────────────────────────────

  onStarted(node: NodeId, ghost: NodeGhost, { durable: { currentTerm }, isAmnesiac }: RaftState): void {
    const { watch } = this;
    // A node that knows that it has lost its disk takes no part, and says nothing that its words before could bind.
    if (isAmnesiac) {
      ghost.currentTerm = currentTerm;
      ghost.role = FOLLOWER;
      ghost.ledTerm = 0;
      return;
    }
    if (currentTerm < ghost.attestedTerm) {
      const text = `${watch.name(node)} starts in term ${currentTerm}, ` +
        `but sent a message of term ${ghost.attestedTerm}`;
      watch.breach(invariants.termMonotone, text);
    } else if (currentTerm < storedTerm(ghost.synced)) {
      const text = `${watch.name(node)} starts in term ${currentTerm}, ` +
        `but term ${storedTerm(ghost.synced)} is on its disk`;
      watch.breach(invariants.termMonotone, text);
    }
    // Before it has said anything, a node may lose terms and entries; what it had said is R9's.
    ghost.currentTerm = currentTerm;
    ghost.highestTerm = Math.max(ghost.highestTerm, currentTerm);
    ghost.role = FOLLOWER;
    ghost.ledTerm = 0;
    ghost.leaderId = NOBODY;
  }

  onTermChanged(node: NodeId, ghost: NodeGhost, currentTerm: number): void {
    if (currentTerm < ghost.currentTerm) {
      const text = `${this.watch.name(node)} goes from term ${ghost.currentTerm} back to term ${currentTerm}`;
      this.watch.breach(invariants.termMonotone, text);
    }
    ghost.currentTerm = currentTerm;
    ghost.leaderId = NOBODY;
    ghost.highestTerm = Math.max(ghost.highestTerm, currentTerm);
  }

  // ── Votes ────────────────────────────────────────────────────────────

  onVote(voter: NodeId, candidate: NodeId, term: number): void {
    let row = this.votes.get(term);
    if (row === undefined) {
      row = [];
      this.votes.set(term, row);
    }
    const earlier = row[voter];
    if (earlier === undefined) {
      row[voter] = candidate;
    } else if (earlier !== candidate) {
      const text = `${this.watch.name(voter)} votes for ${this.watch.name(candidate)} in term ${term}, ` +
        `but has voted for ${this.watch.name(earlier)}`;
      this.watch.breach(invariants.voteUniqueness, text);
    }
  }

  // ── Leaders ──────────────────────────────────────────────────────────

  /** `asked` is the configuration that the node was in before the event that made it leader: the one it counted by. */
  onElected(node: NodeId, state: RaftState, asked: Configuration): void {
    const { watch } = this;
    const { currentTerm: term, log, votedFor } = state.durable;
    const other = this.leaders.get(term);
    if (term > this.highestLedTerm) this.highestLedTerm = term;
    if (other === undefined) this.leaders.set(term, { node, lastIndex: lastIndex(log), lastTerm: lastTerm(log) });
    else if (other.node !== node) {
      const text = `${watch.name(other.node)} and ${watch.name(node)} both lead term ${term}`;
      watch.breach(invariants.electionSafety, text);
    }
    this.checkVoters(node, term, asked);
    if (votedFor !== node) {
      const text = `${watch.name(node)} leads term ${term}, in which its vote is ` +
        (votedFor === null ? 'free' : `${watch.name(votedFor)}'s`);
      watch.breach(invariants.leaderKnown, text);
    }
    // By log matching, whoever has the last of them has all.
    const { end: required, term: committedIn } = watch.ledger.requiredFor(term);
    const held = required > log.baseIndex && required <= lastIndex(log) ? entryAt(log, required) : null;
    const committed = watch.ledger.committedAt(required);
    if (required > log.baseIndex && !isSameEntry(held, committed)) {
      const text = `${watch.name(node)}, elected in term ${term}, lacks entry ${required}, ` +
        `committed in term ${committedIn}`;
      watch.breach(invariants.leaderCompleteness, text);
    }
    if (this.leaders.size >= MANY_TERMS || this.votes.size >= MANY_TERMS) this.forgetTerms();
  }

  /** A majority of distinct voters; in the joint phase of the old ones, too. Learners do not count (thesis §4.2.1). */
  private checkVoters(node: NodeId, term: number, asked: Configuration): void {
    const row = this.votes.get(term) ?? [];
    const isFor = (voter: NodeId): boolean => voter === node || row[voter] === node;
    const { cluster } = this.watch;
    if (isMajorityOf(asked, cluster.nodes.filter(isFor))) return;
    const { voters, oldVoters } = asked;
    const text = `${this.watch.name(node)} leads term ${term} with ${voters.filter(isFor).length} of ` +
      `${voters.length} votes` +
      (oldVoters.length === 0 ? '' : ` and ${oldVoters.filter(isFor).length} of ${oldVoters.length} of the old voters`);
    this.watch.breach(invariants.electedByMajority, text);
  }

  /** A node takes another for the leader of its term, or no longer. */
  onLeaderChanged(node: NodeId, ghost: NodeGhost, leaderId: NodeId | null): void {
    ghost.leaderId = leaderId ?? NOBODY;
    if (leaderId === null) return;
    const elected = this.leaders.get(ghost.currentTerm);
    if (elected?.node === leaderId) return;
    const { watch } = this;
    const text = `${watch.name(node)} takes ${watch.name(leaderId)} for the leader of term ${ghost.currentTerm}, ` +
      `which ${elected === undefined ? 'nobody' : watch.name(elected.node)} leads`;
    watch.breach(invariants.leaderKnown, text);
  }

  /** A slow leader commits after its successors were elected: then each has to have had the entry when it was. */
  checkLaterLeaders(node: NodeId, term: number): void {
    if (this.highestLedTerm <= term) return;
    const { watch } = this;
    const index = watch.ledger.committedEnd;
    for (const [ledTerm, elected] of this.leaders) {
      if (ledTerm <= term) continue;
      const held = watch.ledger.termAt(index, elected.lastIndex, elected.lastTerm);
      if (held === UNKNOWN || held === watch.ledger.committedTerm(index)) continue;
      const text = `${watch.name(node)} commits entry ${index} in term ${term}, which ${watch.name(elected.node)}, ` +
        `leader of term ${ledTerm}, lacked when it was elected`;
      watch.breach(invariants.leaderCompleteness, text);
    }
  }

  // ── What nobody can come back to ─────────────────────────────────────

  /**
   * Votes and leaders of a term are of use as long as a node can be in it. One that was never in any term is a spare
   * one, and will begin with the term of whoever adds it.
   */
  private forgetTerms(): void {
    let low = Infinity;
    for (const { currentTerm, attestedTerm } of this.watch.nodes) {
      if (attestedTerm > 0) low = Math.min(low, currentTerm, attestedTerm);
    }
    for (const term of this.votes.keys()) if (term < low) this.votes.delete(term);
    for (const term of this.leaders.keys()) if (term < low) this.leaders.delete(term);
    this.watch.ledger.forgetTermsBelow(low);
  }
}
