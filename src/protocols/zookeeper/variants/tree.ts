import type { Context } from '../../../contract/context.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { Txn } from '../../zab/messages.ts';
import { indexAfter } from '../../zab/state.ts';
import type { Zxid } from '../../zab/zxid.ts';
import type { ErrorCode, OpResult, SessionId, TreeChange, TreeCommand } from '../messages.ts';
import { ZooKeeperNode } from '../server.ts';
import type { Asked } from '../state.ts';
import { type Events, TreeMachine } from '../tree/machine.ts';
import { parentOf } from '../tree/paths.ts';
import type { Draft, PendingZnode } from '../tree/pending.ts';
import { Preparer, type PrepareRequest } from '../tree/prepare.ts';
import type { TreeState } from '../tree/state.ts';
import { DefectiveServer } from './defective.ts';

type CloseSession = Extract<TreeChange, { change: 'close-session' }>;

/** A server whose leader prepares transactions by rules of its own. */
abstract class PreparesOtherwise extends DefectiveServer {
  protected abstract readonly preparer: Preparer;

  protected override commandFor(session: SessionId, xid: number, zxid: Zxid, request: PrepareRequest): TreeCommand {
    return this.preparer.prepare(this.tree, this.state.service.pending, session, xid, zxid, request);
  }
}

/** A preparer to whom a session is open until its end is applied. */
class ForgetsPendingEnds extends Preparer {
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override isOpen(draft: Draft): boolean {
    if (!draft.isOpen && draft.isInTree) this.fired();
    return draft.isInTree;
  }
}

/** ZS-01: what a session asks for is proposed until its end is applied. */
class EphemeralAfterClose extends PreparesOtherwise {
  protected readonly preparer = new ForgetsPendingEnds(this.fired);

  protected override refusalOf(asked: Asked): ErrorCode | null {
    const reference = super.refusalOf(asked);
    return reference === 'SessionExpired' && this.tree.sessions.has(asked.session) ? null : reference;
  }
}

/** A machine that may be told that what it applies was applied before. */
class LeavesEphemerals extends TreeMachine {
  isRepeating = false;
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override endsWithSession(tree: TreeState, session: SessionId, change: CloseSession): readonly string[] {
    const reference = super.endsWithSession(tree, session, change);
    if (!this.isRepeating) return reference;
    if (reference.some((path) => tree.znodes.has(path))) this.fired();
    return [];
  }
}

/** ZS-03: what comes with the history of a leader, or from the log, ends sessions and not what ends with them. */
class StaleEphemerals extends ZooKeeperNode {
  private readonly leaves: LeavesEphemerals;

  constructor(init: NodeInit, fired: Fired) {
    const leaves = new LeavesEphemerals(fired);
    super({ ...init, machine: leaves });
    this.leaves = leaves;
  }

  protected override applyLog(until?: Zxid): void {
    this.leaves.isRepeating = true;
    super.applyLog(until);
    this.leaves.isRepeating = false;
  }
}

/** ZS-04: what ends with a session is what the tree has of it when its end is applied. */
class EndsWhatIsThere extends TreeMachine {
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override endsWithSession(tree: TreeState, session: SessionId, change: CloseSession): readonly string[] {
    const there = [...tree.ephemerals.get(session) ?? []].sort();
    if (there.length !== super.endsWithSession(tree, session, change).length) this.fired();
    return there;
  }
}

/** ZS-05: a child that is gone already is not taken from its parent. */
class FuzzyPzxid extends TreeMachine {
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override delete(tree: TreeState, zxid: Zxid, path: string, events: Events): OpResult {
    if (tree.znodes.has(path)) return super.delete(tree, zxid, path, events);
    if ((tree.znodes.get(parentOf(path))?.pzxid ?? zxid) < zxid) this.fired();
    return { op: 'error', error: 'NoNode', results: [] };
  }
}

/** ZS-06: the first part of a multi counts as all of it: a snapshot that is begun then is named by its zxid. */
class MultiPartial extends DefectiveServer {
  protected override applyCommitted(ctx: Context, committedTo: Zxid): void {
    const { durable: { log }, applied, sinceSnapshot, service, election } = this.state;
    const next = log.entries[indexAfter(log, applied)];
    const isDue = sinceSnapshot + 1 >= this.settings.snapCount && service.writing?.election !== election;
    if (next !== undefined && next.zxid <= committedTo && isDue && isMulti(next)) {
      this.fired();
      this.beginSnapshot(ctx, next.zxid, next.timeUs);
    }
    super.applyCommitted(ctx, committedTo);
  }
}

function isMulti({ command }: Txn): boolean {
  const { change } = command as unknown as TreeCommand;
  return change.change === 'multi' && change.changes.length > 1;
}

/** A preparer who numbers a child by those that are there. */
class CountsChildren extends Preparer {
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override numberFor(parent: PendingZnode): number {
    if (super.numberFor(parent) !== parent.childCount) this.fired();
    return parent.childCount;
  }
}

/** ZS-13: numbers of children that are gone are given once more. */
class SequenceReset extends PreparesOtherwise {
  protected readonly preparer = new CountsChildren(this.fired);
}

const issue = (number: number): string => `https://issues.apache.org/jira/browse/ZOOKEEPER-${number}`;
const FUZZY = 'what is applied once more over a fuzzy snapshot comes to what it came to before';

/** Defects of the tree, of what is prepared for it, and of its snapshots. */
export const treeVariants: readonly Variant[] = [
  {
    row: 'ZS-01', id: 'zookeeper/ephemeral-after-close',
    title: 'an ephemeral znode is created for a session whose end is proposed',
    breaks: 'nothing of a session comes behind its end', source: issue(1208), difficulty: 'E', firstCatcher: 'sessions',
    in: 'node', create: (init, fired) => new EphemeralAfterClose(init, fired),
  },
  {
    row: 'ZS-03', id: 'zookeeper/stale-ephemeral-after-diff',
    title: 'what ended with a session is there again when a server has applied its log',
    breaks: 'an ephemeral znode is gone with its session', source: issue(1367), difficulty: 'E', firstCatcher: 'K8',
    in: 'node', create: (init, fired) => new StaleEphemerals(init, fired),
  },
  {
    row: 'ZS-04', id: 'zookeeper/closesession-not-idempotent',
    title: 'the end of a session comes to something else when it is applied over a fuzzy snapshot',
    breaks: FUZZY, source: issue(3145), difficulty: 'X', firstCatcher: 'Z13',
    in: 'node', create: (init, fired) => new ZooKeeperNode({ ...init, machine: new EndsWhatIsThere(fired) }),
  },
  {
    row: 'ZS-05', id: 'zookeeper/fuzzy-pzxid',
    title: 'a parent does not learn of a child that was gone before the fuzzy snapshot came to it',
    breaks: FUZZY, source: issue(3125), difficulty: 'M', firstCatcher: 'Z13',
    in: 'node', create: (init, fired) => new ZooKeeperNode({ ...init, machine: new FuzzyPzxid(fired) }),
  },
  {
    row: 'ZS-06', id: 'zookeeper/multi-partial',
    title: 'a snapshot that is begun within a multi is named as if it held all of it',
    breaks: 'of a multi there is all or nothing', source: issue(3127), difficulty: 'X', firstCatcher: 'K12',
    in: 'node', create: (init, fired) => new MultiPartial(init, fired),
  },
  {
    row: 'ZS-13', id: 'zookeeper/sequence-reset', title: 'a child is numbered by how many there are',
    breaks: "ZooKeeper Programmer's Guide, Sequence Nodes: the counter is the parent's, and only goes up",
    source: 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#Sequence+Nodes+--+Unique+Naming',
    difficulty: 'E', firstCatcher: 'linearizable-writes',
    in: 'node', create: (init, fired) => new SequenceReset(init, fired),
  },
];
