import type { Plain } from '../../contract/message.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { NO_ZXID, type Zxid } from '../zab/zxid.ts';
import type { SessionId, TreeChange, TreeCommand } from './messages.ts';
import { nameOf, parentOf } from './tree/paths.ts';
import type { TreeState } from './tree/state.ts';

type CreateChange = Extract<TreeChange, { change: 'create' }>;

const NUMBER = /\d{10}$/;

/** What was committed up to where one server was, when its tree was looked at last. */
interface View {
  readonly tree: TreeState;
  /** Place of the first transaction that is not in it. */
  next: number;
  applied: Zxid;
  /** In their order, those of which more than one part can still be told. */
  multis: readonly TreeCommand[];
}

/** What a run has committed, from its beginning, and the tree that it comes to by the rules as they should be. */
export class CommittedTree {
  readonly tree: TreeState;
  private readonly machine: StateMachine;
  private readonly commands: TreeCommand[] = [];
  private last: Zxid = NO_ZXID;
  /** Something is missing between what was told and what is: nothing is known any more. */
  private isLost = false;
  /** By transaction: the digest behind it. */
  private readonly digests = new Map<Zxid, number>();
  /** By session: the transaction that has ended it. */
  private readonly ends = new Map<SessionId, Zxid>();
  /** By parent: the highest number of its children. */
  private readonly numbers = new Map<string, number>();
  private readonly views = new Map<NodeId, View>();

  constructor(machine: StateMachine) {
    this.machine = machine;
    this.tree = machine.initial() as TreeState;
  }

  /** Whether the transaction is the next one, so that {@link tree} is what it finds. */
  isNext(before: Zxid): boolean {
    this.isLost ||= before !== this.last;
    return !this.isLost;
  }

  add(command: TreeCommand): void {
    const { zxid, session, change } = command;
    this.commands.push(command);
    this.last = zxid;
    this.machine.apply(this.tree, command as unknown as Plain, 0);
    this.digests.set(zxid, this.machine.digest(this.tree));
    if (change.change === 'close-session') this.ends.set(session, zxid);
    for (const one of partsOf(change)) this.count(one);
  }

  /** The number that a child gets, and the highest of its parent's before; `null`: it has none. */
  numberOf({ path }: CreateChange): { readonly given: number; readonly highest: number } | null {
    const digits = NUMBER.exec(nameOf(path))?.[0];
    return digits === undefined ? null : { given: Number(digits), highest: this.numbers.get(parentOf(path)) ?? -1 };
  }

  /** Numbers begin anew with their parent. */
  private count(change: TreeChange): void {
    if (change.change === 'delete') this.numbers.delete(change.path);
    const number = change.change === 'create' ? this.numberOf(change) : null;
    if (number === null || change.change !== 'create') return;
    this.numbers.set(parentOf(change.path), Math.max(number.given, number.highest));
  }

  /** Whether the session has ended up to there. */
  isOver(session: SessionId, applied: Zxid): boolean {
    return (this.ends.get(session) ?? Infinity) <= applied;
  }

  /** The digest behind a transaction; `undefined`: it is not known to be committed. */
  digestAt(zxid: Zxid): number | undefined {
    return this.digests.get(zxid);
  }

  /**
   * A multi of which the tree of a server that has applied up to there shows a part; `null`: there is none. Cost: what
   * was committed since that server was looked at last, and the multis that later transactions have not covered; all of
   * the run where it has gone back.
   */
  partialMulti(node: NodeId, tree: TreeState, applied: Zxid): TreeCommand | null {
    const view = this.viewOf(node, applied);
    return view.multis.find((command) => {
      const effects = new Set(partsOf(command.change).map((part) => hasEffect(part, command.zxid, view.tree, tree)));
      return effects.has(true) && effects.has(false);
    }) ?? null;
  }

  private viewOf(node: NodeId, applied: Zxid): View {
    let view = this.views.get(node);
    if (view === undefined || view.applied > applied) {
      view = { tree: this.machine.initial() as TreeState, next: 0, applied, multis: [] };
      this.views.set(node, view);
    }
    const multis = [...view.multis];
    for (; view.next < this.commands.length; view.next += 1) {
      const command = this.commands[view.next] as TreeCommand;
      if (command.zxid > applied) break;
      this.machine.apply(view.tree, command as unknown as Plain, 0);
      if (command.change.change === 'multi') multis.push(command);
    }
    view.applied = applied;
    const { tree } = view;
    view.multis = multis.filter((command) =>
      partsOf(command.change).filter((part) => canBeTold(part, command.zxid, tree)).length > 1);
    return view;
  }
}

/** What a change consists of. */
export function partsOf(change: TreeChange): readonly TreeChange[] {
  return change.change === 'multi' ? change.changes : [change];
}

/** Whether a tree shows a part of a multi; `null`: later ones have covered it. */
function hasEffect(part: TreeChange, zxid: Zxid, expected: TreeState, tree: TreeState): boolean | null {
  if (part.change === 'delete') return expected.znodes.has(part.path) ? null : !tree.znodes.has(part.path);
  if (part.change !== 'create' && part.change !== 'set') return null;
  return isMark(part, zxid, expected) ? isMark(part, zxid, tree) : null;
}

/** Whether {@link hasEffect} may tell of a part, now or later: a znode that has come back may go once more. */
function canBeTold(part: TreeChange, zxid: Zxid, expected: TreeState): boolean {
  if (part.change === 'delete') return true;
  return (part.change === 'create' || part.change === 'set') && isMark(part, zxid, expected);
}

/** Whether what a part has left in a znode is still there. Zxids grow: what is covered does not come again. */
function isMark(part: Extract<TreeChange, { change: 'create' | 'set' }>, zxid: Zxid, { znodes }: TreeState): boolean {
  const znode = znodes.get(part.path);
  return (part.change === 'set' ? znode?.mzxid : znode?.czxid) === zxid;
}
