import type { Plain } from '../../contract/message.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import { NO_ZXID, type Zxid } from '../zab/zxid.ts';
import type { SessionId, TreeChange, TreeCommand } from './messages.ts';
import { nameOf, parentOf } from './tree/paths.ts';
import type { TreeState, Znode } from './tree/state.ts';

type CreateChange = Extract<TreeChange, { change: 'create' }>;

const NUMBER = /\d{10}$/;

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

  /** A multi of which a tree that has applied up to there shows a part; `null`: there is none. Cost: all of the run. */
  partialMulti(tree: TreeState, applied: Zxid): TreeCommand | null {
    const expected = this.machine.initial() as TreeState;
    const multis: TreeCommand[] = [];
    for (const command of this.commands) {
      if (command.zxid > applied) break;
      this.machine.apply(expected, command as unknown as Plain, 0);
      if (command.change.change === 'multi') multis.push(command);
    }
    return multis.find((command) => {
      const effects = new Set(partsOf(command.change).map((part) => hasEffect(part, command.zxid, expected, tree)));
      return effects.has(true) && effects.has(false);
    }) ?? null;
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
  const zxidOf = (znode: Znode | undefined): Zxid | undefined => part.change === 'set' ? znode?.mzxid : znode?.czxid;
  return zxidOf(expected.znodes.get(part.path)) === zxid ? zxidOf(tree.znodes.get(part.path)) === zxid : null;
}
