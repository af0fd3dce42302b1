import type { NodeId } from '../../kernel/ids.ts';
import { AssertionError } from '../../kernel/assert.ts';
import type { CommandId } from '../../contract/state-machine.ts';
import { majority } from '../../contract/quorum.ts';
import type { Configuration } from './configuration.ts';
import { isOnDisk, type NodeGhost, termOf } from './ghost.ts';
import * as invariants from './invariants.ts';
import { isSameEntry, type Ledger, UNKNOWN } from './ledger.ts';
import { entryAt, lastIndex, type RaftLog } from './log.ts';
import type { LogEntry } from './messages.ts';
import type { RaftState, Snapshot } from './state.ts';
import type { Watch } from './watch.ts';

/** What a leader has committed last, and by whose majority. */
interface LastCommit {
  readonly index: number;
  readonly entryTerm: number;
  readonly configuration: Configuration;
}

/**
 * To make the text of a snapshot and to load it costs as much as three operations of clients, so not each of them is
 * loaded: all nodes take theirs by the same rule, and who installs one is held to the digest.
 */
const ENTRIES_PER_LOAD = 256;

/** What is committed, and what comes of it: R5, R6, R12 (never back), R15, R22, R23, R24. */
export class CommitmentMonitor {
  private readonly watch: Watch;
  private lastCommit: LastCommit | null = null;
  /** Index of the last snapshot that was loaded here. */
  private loadedAt = -ENTRIES_PER_LOAD;
  /** Highest term in which a leader has committed something. */
  highestTerm = 0;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  // ── Commitment ───────────────────────────────────────────────────────

  onStarted(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    ghost.commitIndex = state.commitIndex;
    ghost.lastApplied = state.lastApplied;
    this.checkKept(node, 'starts', null);
    if (state.durable.snapshot !== null) this.checkSnapshot(node, state, state.durable.snapshot);
  }

  /**
   * A leader commits by the configuration `by`. Returns whether the node is the first to know that something more is
   * committed.
   */
  onCommitChanged(node: NodeId, ghost: NodeGhost, state: RaftState, by: Configuration): boolean {
    const { watch } = this;
    const { commitIndex, durable } = state;
    const { log, currentTerm } = durable;
    if (commitIndex < ghost.commitIndex) {
      const text = `commitIndex of ${watch.name(node)} falls from ${ghost.commitIndex} to ${commitIndex}`;
      watch.breach(invariants.indicesBounded, text);
    } else if (ghost.ledTerm !== 0) {
      this.checkCommit(node, ghost, commitIndex, by);
    }
    ghost.commitIndex = commitIndex;
    const { ledger } = watch;
    const end = Math.min(commitIndex, lastIndex(log));
    if (end <= ledger.committedEnd) return false;
    // A snapshot says nothing of the entries that it replaced; whoever committed them has told of them.
    if (ledger.committedEnd < log.baseIndex) return false;
    while (ledger.committedEnd < end) ledger.commit(entryAt(log, ledger.committedEnd + 1), currentTerm);
    return true;
  }

  private checkCommit(node: NodeId, ghost: NodeGhost, commitIndex: number, by: Configuration): void {
    const { watch } = this;
    const term = ghost.ledTerm;
    const entryTerm = termOf(ghost, commitIndex);
    if (entryTerm !== term) {
      const text = `${watch.name(node)}, leader of term ${term}, commits up to index ${commitIndex}, ` +
        (entryTerm === UNKNOWN ? 'which it does not hold' : `an entry of term ${entryTerm}`);
      watch.breach(invariants.commitsCurrentTerm, text);
    }
    if (term > this.highestTerm) this.highestTerm = term;
    if (!this.isKept(by, commitIndex, entryTerm, null)) {
      const text = `${watch.name(node)}, leader of term ${term}, commits up to index ${commitIndex}, ` +
        `which is on the disks of ${this.describeHolders(by, commitIndex, entryTerm, null)}`;
      watch.breach(invariants.committedIsDurable, text);
    }
    this.lastCommit = { index: commitIndex, entryTerm, configuration: by };
  }

  /**
   * Whether a majority of the voters has an entry on its disk; in the joint phase, of the old ones too. One look at
   * each disk: a leader has had an answer from most of them for it, so that is no new cost.
   */
  private isKept({ voters, oldVoters }: Configuration, index: number, term: number, without: NodeId | null): boolean {
    return this.isHeldByMajority(voters, index, term, without) &&
      (oldVoters.length === 0 || this.isHeldByMajority(oldVoters, index, term, without));
  }

  /** Looks at no more disks than it takes. */
  private isHeldByMajority(
    among: readonly NodeId[], index: number, term: number, without: NodeId | null,
  ): boolean {
    let missing = majority(among.length);
    for (let at = 0; at < among.length && missing > 0; at++) {
      const holder = among[at] as NodeId;
      if (holder !== without && this.isHolder(holder, index, term)) missing -= 1;
    }
    return missing <= 0;
  }

  private countHolders(among: readonly NodeId[], index: number, term: number, without: NodeId | null): number {
    return among.filter((holder) => holder !== without && this.isHolder(holder, index, term)).length;
  }

  private isHolder(holder: NodeId, index: number, term: number): boolean {
    const ghost = this.watch.ghostOf(holder);
    if (index <= ghost.durableIndex && termOf(ghost, index) === term) return true;
    return isOnDisk(ghost.synced, index, term);
  }

  private describeHolders(
    { voters, oldVoters }: Configuration, index: number, term: number, without: NodeId | null,
  ): string {
    const text = `${this.countHolders(voters, index, term, without)} of ${voters.length} nodes`;
    if (oldVoters.length === 0) return text;
    return `${text} and of ${this.countHolders(oldVoters, index, term, without)} of ${oldVoters.length} old ones`;
  }

  /** R6 later on: what was committed last is still on the disks of those who decided it; by log matching, so is all. */
  private checkKept(node: NodeId, does: string, without: NodeId | null): void {
    if (this.lastCommit === null) return;
    const { index, entryTerm, configuration } = this.lastCommit;
    if (this.isHolder(node, index, entryTerm) && without === null) return;
    if (this.isKept(configuration, index, entryTerm, without)) return;
    const text = `${this.watch.name(node)} ${does}, and entry ${index} of term ${entryTerm}, which is committed, ` +
      `is on the disks of ${this.describeHolders(configuration, index, entryTerm, without)}`;
    this.watch.breach(invariants.committedIsDurable, text);
  }

  /** Called before the log is cut. What the disk still has, it will have lost with the next sync. */
  onTruncate(node: NodeId, ghost: NodeGhost, from: number): void {
    const { lastCommit } = this;
    if (lastCommit === null || from > lastCommit.index || from <= ghost.baseIndex) return;
    if (termOf(ghost, lastCommit.index) !== lastCommit.entryTerm) return;
    this.checkKept(node, `removes entries from index ${from}`, node);
  }

  // ── Application ──────────────────────────────────────────────────────

  onAppliedChanged(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    // Four nodes of five only show again what the first has shown.
    if (!this.isKnown(ghost, state)) this.checkApplied(node, ghost, state);
    ghost.lastApplied = state.lastApplied;
  }

  /** Whether a node has gone on by what it has executed, and has come by all of it to where another one was. */
  private isKnown(ghost: NodeGhost, { lastApplied, executed, digest, sessionsDigest, durable }: RaftState): boolean {
    const { ledger } = this.watch;
    const before = ghost.lastApplied;
    if (executed.length === 0 || before + executed.length !== lastApplied) return false;
    for (let position = 0; position < executed.length; position++) {
      const index = before + 1 + position;
      if (!ledger.isKnown(index, heldAt(durable.log, index), executed[position] as CommandId | null)) return false;
    }
    return ledger.isKnownState(lastApplied, digest, sessionsDigest);
  }

  private checkApplied(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { watch } = this;
    const { ledger } = watch;
    const { lastApplied, durable: { log } } = state;
    if (lastApplied < ghost.lastApplied) {
      const text = `lastApplied of ${watch.name(node)} falls from ${ghost.lastApplied} to ${lastApplied}`;
      watch.breach(invariants.indicesBounded, text);
    }
    // What a snapshot brought is R24's.
    for (let index = Math.max(ghost.lastApplied, log.baseIndex) + 1; index <= lastApplied; index++) {
      if (index <= ledger.forgottenEnd || isAsCommitted(heldAt(log, index), index, ledger)) continue;
      const text = `${watch.name(node)} applies another entry at index ${index} than was committed there`;
      watch.breach(invariants.stateMachineSafety, text);
    }
    if (!ledger.recordDigest(lastApplied, state.digest)) {
      const text = `${watch.name(node)} is in another state after index ${lastApplied} than a node before it`;
      watch.breach(invariants.stateMachineSafety, text);
    }
    if (!ledger.recordSessions(lastApplied, state.sessionsDigest)) {
      const text = `${watch.name(node)} has another table of sessions after index ${lastApplied} than a node before it`;
      watch.breach(invariants.sessionsAgree, text);
    }
    this.checkExecuted(state);
  }

  private checkExecuted({ executed, lastApplied }: RaftState): void {
    const { ledger } = this.watch;
    for (let position = 0; position < executed.length; position++) {
      const command = executed[position] ?? null;
      const index = lastApplied - executed.length + 1 + position;
      if (command === null || ledger.recordExecution(command, index)) continue;
      const first = ledger.executedAt(command);
      const text = `command ${command.sequence} of session ${command.session} is executed ` +
        `${first === 0 ? 'long before' : `at index ${first}`} and again at index ${index}`;
      this.watch.breach(invariants.atMostOnce, text);
    }
  }

  // ── Snapshots ────────────────────────────────────────────────────────

  /** A snapshot was taken or installed: it says what the log says up to its index. */
  checkSnapshot(node: NodeId, state: RaftState, snapshot: Snapshot): void {
    const { ledger } = this.watch;
    const { lastIncludedIndex: index, lastIncludedTerm, configuration } = snapshot;
    if (index <= ledger.forgottenEnd) return;
    const problem = (text: string): void => {
      const { watch } = this;
      watch.breach(invariants.snapshotFaithful, `${watch.name(node)} has a snapshot up to index ${index} ${text}`);
    };
    const term = ledger.committedTerm(index);
    if (term !== lastIncludedTerm) {
      problem(`and term ${lastIncludedTerm}, where ${term === UNKNOWN ? 'nothing was' : `term ${term} was`} committed`);
    }
    const expected = ledger.configurationAt(index);
    if (expected !== undefined && expected !== configuration && !isEqual(expected, configuration)) {
      problem('with another configuration than was in force there');
    }
    const known = ledger.digestAt(index);
    if (known === UNKNOWN) return;
    // Whoever installs it, or starts from it, has loaded it.
    if (state.lastApplied === index && known !== state.digest) {
      problem('and is in another state there than nodes before it');
    }
    if (index < this.loadedAt + ENTRIES_PER_LOAD) return;
    this.loadedAt = index;
    const digest = this.digestOf(snapshot.data);
    if (digest === null) problem('that cannot be loaded');
    else if (known !== digest) problem('of another state than nodes were in there');
  }

  private digestOf(data: string): number | null {
    const { machine } = this.watch.cluster;
    try {
      return machine.digest(machine.load(data));
    } catch (error) {
      if (error instanceof AssertionError || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

/** Whether a log's entry is the one that was committed there; none is, where nobody has shown anything. */
function isAsCommitted(held: LogEntry | undefined, index: number, ledger: Ledger): boolean {
  return held === undefined ? ledger.isBlank(index) : isSameEntry(held, ledger.committedAt(index));
}

function heldAt(log: RaftLog, index: number): LogEntry | undefined {
  return log.entries[index - log.baseIndex - 1];
}

function isEqual(a: Configuration, b: Configuration): boolean {
  return isSameList(a.voters, b.voters) && isSameList(a.oldVoters, b.oldVoters) && isSameList(a.learners, b.learners);
}

function isSameList(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node, at) => node === b[at]);
}
