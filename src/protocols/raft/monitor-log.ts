import type { NodeId } from '../../kernel/ids.ts';
import { type Configuration, type ConfigurationAt, isJoint } from './configuration.ts';
import { endOf, NEVER_CUT, type NodeGhost, termOf } from './ghost.ts';
import * as invariants from './invariants.ts';
import { UNKNOWN } from './ledger.ts';
import { lastIndex, lastTerm, type RaftLog } from './log.ts';
import type { LogEntry } from './messages.ts';
import type { RaftState, Snapshot } from './state.ts';
import type { Watch } from './watch.ts';

/** What logs hold, and the configurations in them: R2, R3, R11, R12 (the bounds), R17, R18. */
export class LogMonitor {
  private readonly watch: Watch;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  // ── Starts ───────────────────────────────────────────────────────────

  onStarted(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { log, snapshot } = state.durable;
    ghost.baseIndex = log.baseIndex;
    ghost.baseTerm = log.baseTerm;
    ghost.terms.length = 0;
    ghost.truncatedFrom = 0;
    ghost.cutFrom = NEVER_CUT;
    ghost.durableIndex = 0;
    ghost.proposedAt = 0;
    ghost.snapshot = snapshot;
    this.beginConfigurations(ghost, state, snapshot);
    log.entries.forEach((entry, position) => this.onAppend(node, log.baseIndex + 1 + position, entry));
    ghost.proposedAt = 0;
    ghost.configuredFrom = (ghost.configurations[ghost.configurations.length - 1] as ConfigurationAt).index;
    this.checkInForce(node, ghost, state);
  }

  /** What a node without a snapshot began with is its own word: nothing else says it. */
  private beginConfigurations(ghost: NodeGhost, state: RaftState, snapshot: Snapshot | null): void {
    ghost.configurations.length = 0;
    if (snapshot !== null) {
      ghost.configurations.push({ index: snapshot.lastIncludedIndex, configuration: snapshot.configuration });
      return;
    }
    const [first] = state.configurations;
    const configuration = first?.index === 0 ? first.configuration : state.configuration;
    ghost.configurations.push({ index: 0, configuration });
    const { configurations } = this.watch.ledger;
    if (configurations.length === 0) configurations.push({ index: 0, configuration });
  }

  // ── The log on the disk ──────────────────────────────────────────────

  onAppend(node: NodeId, index: number, entry: LogEntry): void {
    const { watch } = this;
    const ghost = watch.ghostOf(node);
    const { terms } = ghost;
    const { term } = entry;
    const held = terms.length;
    const prevTerm = held > 0 ? (terms[held - 1] as number) : ghost.baseTerm;
    if (term < prevTerm || index !== ghost.baseIndex + held + 1) {
      const text = `${watch.name(node)} puts an entry of term ${term} at index ${index}, ` +
        `after ${endOf(ghost)} entries with term ${prevTerm} last`;
      watch.breach(invariants.logTermsBounded, text);
    }
    terms.push(term);
    const known = watch.ledger.record(index, entry, prevTerm);
    if (known === false) {
      const text = `${watch.name(node)} holds another entry with index ${index} and term ${entry.term}, ` +
        'or another log before it, than some log before';
      watch.breach(invariants.logMatching, text);
    }
    // A snapshot speaks for the entries before it that are still there.
    if (entry.kind !== 'configuration' || index <= (ghost.configurations[0]?.index ?? 0)) return;
    ghost.configurations.push({ index, configuration: entry.configuration });
    ghost.mustCheckInForce = true;
    if (known === null) ghost.proposedAt = index;
  }

  onTruncate(node: NodeId, index: number): void {
    const ghost = this.watch.ghostOf(node);
    ghost.terms.length = Math.max(0, Math.min(ghost.terms.length, index - 1 - ghost.baseIndex));
    ghost.cutFrom = Math.min(ghost.cutFrom, index);
    ghost.durableIndex = Math.min(ghost.durableIndex, index - 1);
    if (ghost.truncatedFrom === 0 || index < ghost.truncatedFrom) ghost.truncatedFrom = index;
    const { configurations } = ghost;
    while (configurations.length > 1 && (configurations[configurations.length - 1] as ConfigurationAt).index >= index) {
      configurations.pop();
      ghost.configuredFrom = (configurations[configurations.length - 1] as ConfigurationAt).index;
    }
  }

  onDrop(node: NodeId, index: number): void {
    const ghost = this.watch.ghostOf(node);
    if (index <= ghost.baseIndex) return;
    const term = termOf(ghost, index);
    ghost.baseTerm = term === UNKNOWN ? this.watch.ledger.committedTerm(index) : term;
    ghost.terms.splice(0, index - ghost.baseIndex);
    ghost.baseIndex = index;
  }

  // ── After each event ─────────────────────────────────────────────────

  checkBounds(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { log, currentTerm, snapshot } = state.durable;
    // Written out: to call what another module exports costs as much as to look, and this is after each event.
    const { entries, baseIndex } = log;
    const held = entries.length;
    const term = held > 0 ? (entries[held - 1] as LogEntry).term : log.baseTerm;
    if (held !== ghost.terms.length || baseIndex !== ghost.baseIndex || term > currentTerm) {
      this.reportBounds(node, ghost, log, currentTerm);
    }
    const { commitIndex, lastApplied } = state;
    const included = snapshot === null ? 0 : snapshot.lastIncludedIndex;
    const last = baseIndex + held;
    if (included > lastApplied || lastApplied > commitIndex || commitIndex > last) {
      const { watch } = this;
      const text = `${watch.name(node)}: ${included === 0 ? '' : `snapshot ${included}, `}` +
        `lastApplied ${lastApplied}, commitIndex ${commitIndex}, last index ${last}`;
      watch.breach(invariants.indicesBounded, text);
    }
  }

  private reportBounds(node: NodeId, ghost: NodeGhost, log: RaftLog, currentTerm: number): void {
    const text = `${this.watch.name(node)} in term ${currentTerm} has ${lastIndex(log)} entries in memory, ` +
      `${endOf(ghost)} on disk, the last of term ${lastTerm(log)}` +
      (log.baseIndex === ghost.baseIndex ? '' : `; ${log.baseIndex} and ${ghost.baseIndex} of them are dropped`);
    this.watch.breach(invariants.logTermsBounded, text);
  }

  /** Entries went in the event that has just ended. `ledTerm` is the term that the node leads; 0 for none. */
  onCut(node: NodeId, ghost: NodeGhost, ledTerm: number): void {
    if (ledTerm !== 0 && ledTerm === ghost.ledTerm) {
      const text = `${this.watch.name(node)}, leader of term ${ledTerm}, ` +
        `removes entries from index ${ghost.truncatedFrom}`;
      this.watch.breach(invariants.leaderAppendOnly, text);
    }
    ghost.truncatedFrom = 0;
  }

  // ── Configurations ───────────────────────────────────────────────────

  /** One that was installed takes the place of what was in force; one that was taken is R24's and says nothing here. */
  onSnapshotChanged(ghost: NodeGhost, { executed, lastApplied }: RaftState, snapshot: Snapshot): void {
    const { configurations } = ghost;
    const { lastIncludedIndex: index } = snapshot;
    const isInstalled = executed.length === 0 && lastApplied !== ghost.lastApplied;
    let { configuration } = snapshot;
    while (configurations.length > 0 && (configurations[0] as ConfigurationAt).index <= index) {
      const before = configurations.shift() as ConfigurationAt;
      if (!isInstalled) ({ configuration } = before);
    }
    configurations.unshift({ index, configuration });
  }

  /**
   * R18. Where configurations take effect as they are applied, a node that starts goes by the last one in its log all
   * the same: it does not know how much of that is committed, and what it had applied may be older by many changes.
   */
  checkInForce(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { configuration, lastApplied, configuresOnAppend } = state;
    ghost.configuration = configuration;
    // Where they take effect as they are applied, any event may bring one into force.
    ghost.mustCheckInForce = !configuresOnAppend;
    const { configurations } = ghost;
    let at = configurations.length - 1;
    if (!configuresOnAppend) {
      const applied = Math.max(lastApplied, ghost.configuredFrom);
      while (at > 0 && (configurations[at] as ConfigurationAt).index > applied) at -= 1;
      // The last change says that the one before it is committed, whether this node has heard of that or not.
      at = Math.max(at, configurations.length - 2);
    }
    const expected = configurations[at] as ConfigurationAt;
    // And stays in force if from now on they take effect as they are applied.
    if (configuresOnAppend) ghost.configuredFrom = expected.index;
    if (isSame(configuration, expected.configuration)) return;
    const text = `${this.watch.name(node)} goes by ${this.describe(configuration)}, ` +
      `but its log says ${this.describe(expected.configuration)} at index ${expected.index}`;
    this.watch.breach(invariants.configurationInForce, text);
  }

  /** R17, when a leader has appended a configuration. */
  onProposed(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { watch } = this;
    const index = ghost.proposedAt;
    ghost.proposedAt = 0;
    const at = ghost.configurations.findIndex((found) => found.index === index);
    if (at < 1 || ghost.ledTerm === 0) return;
    const previous = ghost.configurations[at - 1] as ConfigurationAt;
    const { configuration } = ghost.configurations[at] as ConfigurationAt;
    const { commitIndex } = state;
    const prefix = `${watch.name(node)}, leader of term ${ghost.ledTerm}, puts a configuration at index ${index} `;
    if (previous.index > commitIndex) {
      watch.breach(invariants.configurationChain, `${prefix}before that at index ${previous.index} is committed`);
    } else if (termOf(ghost, commitIndex) !== ghost.ledTerm) {
      watch.breach(invariants.configurationChain, `${prefix}before an entry of its term is committed`);
    } else if (!isStep(previous.configuration, configuration)) {
      const change = `from ${this.describe(previous.configuration)} to ${this.describe(configuration)}`;
      watch.breach(invariants.configurationChain, `${prefix}that leads ${change}`);
    }
  }

  private describe({ voters, oldVoters, learners }: Configuration): string {
    const list = (nodes: readonly NodeId[]): string => `{${nodes.map((node) => this.watch.name(node)).join(', ')}}`;
    return list(voters) + (oldVoters.length === 0 ? '' : ` with the old ${list(oldVoters)}`) +
      (learners.length === 0 ? '' : ` and the learners ${list(learners)}`);
  }
}

/** Whether one configuration may follow another: one voter more or less, into the joint phase, or out of it (§6). */
function isStep(from: Configuration, to: Configuration): boolean {
  if (isJoint(from)) return !isJoint(to) && isSameList(from.voters, to.voters);
  if (isJoint(to)) return isSameList(from.voters, to.oldVoters);
  const gone = from.voters.filter((node) => !to.voters.includes(node)).length;
  const come = to.voters.filter((node) => !from.voters.includes(node)).length;
  return gone + come <= 1;
}

function isSame(a: Configuration, b: Configuration): boolean {
  return a === b || (isSameList(a.voters, b.voters) && isSameList(a.oldVoters, b.oldVoters) &&
    isSameList(a.learners, b.learners));
}

function isSameList(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node, place) => node === b[place]);
}
