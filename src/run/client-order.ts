import { pairOperations, type Operation } from '../../checkers/index.ts';
import type { History } from '../history/operation.ts';
import type { SentUpdate } from '../scenario/commit-order.ts';
import type { Taken } from '../scenario/intake.ts';

/** Two updates of one session, of which the one that was sent later took effect first, or alone. */
export interface Overtaken {
  readonly earlier: Operation;
  readonly later: Operation;
  /** Whether the earlier one took effect at all. */
  readonly isLate: boolean;
  /** Where the later one was taken, behind the earlier one. */
  readonly taken: Taken;
}

/** What {@link checkClientOrder} finds. */
export interface ClientOrderResult {
  /** How many updates were compared with an earlier one, and the sessions that they were sent in. */
  readonly updates: number;
  readonly sessions: number;
  /** One for each update that overtook another, in the order in which they took effect. */
  readonly overtaken: readonly Overtaken[];
}

/** An update that came to a node, and its place; infinite where it never took effect. */
interface Placed {
  readonly operation: Operation;
  readonly taken: Taken;
  readonly place: number;
}

/**
 * Whether updates of a session that one leader took in the order in which they were sent took effect in that order, and
 * none without those before it. It is the *local primary order* of Zab (Junqueira, Reed and Serafini 2011, section
 * III.A: if a primary broadcasts a before b, whoever delivers b delivers a before it), as far as a client can rely on
 * it who sends commands without waiting: the FIFO client order of ZooKeeper (Hunt et al. 2010, section 2.3). Agreement
 * does not ask for it, and neither does linearizability: operations that are under way together are concurrent.
 *
 * Compared are two updates of one session, a and b, which came to one node, in the order in which they were sent,
 * while it led in one term, ballot or epoch; and up to when b took effect, neither of them had come to any node again,
 * or been turned away. Then b took effect only behind a. What comes twice is left out: a client whose leader has died
 * with two of its commands, and who asks again, may be heard with the second one first, and no protocol can put that
 * right. So is what overtook another one, or was lost, on its way to the leader, be that by way of a follower.
 *
 * *Zab*: a leader gives a and b zxids of its epoch in the order in which they come, and whoever has b in his history
 * has all of that epoch before it; later leaders go on from such histories. *Raft*: the same, by Log Matching.
 * *Multi-Paxos with a window of 1*: its leader, which alone was asked for b, proposes it when it has executed what it
 * proposed before: by then a is chosen, in an earlier slot. With more slots at a time b may be accepted where a is not,
 * and the next leader puts a no-op into the slot of a, of which it knows nothing.
 *
 * Questions have no place of their own, and what the service refused may be missing. `updates` are those of each
 * session in the order in which they were sent. Linear in the history, but for what it finds.
 */
export function checkClientOrder(history: History, updates: readonly SentUpdate[]): ClientOrderResult {
  const operations = new Map(pairOperations(history).operations.map((each) => [each.invokedIndex, each]));
  const groups = new Map<string, Group>();
  const found: { readonly place: number; readonly overtaken: Overtaken }[] = [];
  const sessions = new Set<number>();
  let count = 0;
  for (const { index, session, taken, place } of updates) {
    const operation = operations.get(index);
    if (operation === undefined || taken === null || (place === null && operation.outcome === 'fail')) continue;
    const name = `${session} ${taken.node} ${taken.epoch}`;
    const group = groups.get(name) ?? new Group();
    groups.set(name, group);
    const update: Placed = { operation, taken, place: place ?? Infinity };
    const isInOrder = group.arrives(taken.position);
    if (isInOrder && place !== null && place < taken.untilPlace) {
      if (group.size > 0) {
        count += 1;
        sessions.add(session);
      }
      const late = group.overtakenBy(place);
      if (late !== null) {
        const isLate = late.place !== Infinity;
        found.push({ place, overtaken: { earlier: late.operation, later: operation, isLate, taken } });
      }
    }
    if (isInOrder) group.add(update);
  }
  found.sort((a, b) => a.place - b.place);
  return { updates: count, sessions: sessions.size, overtaken: found.map(({ overtaken }) => overtaken) };
}

/** Updates of one session that came to one node in one of its epochs, in the order in which they were sent. */
class Group {
  private position = -1;
  /** By place: nearly always the order in which they are added. */
  private readonly placed: Placed[] = [];

  get size(): number {
    return this.placed.length;
  }

  /** False: what comes next was overtaken on its way by one that was sent later. */
  arrives(position: number): boolean {
    if (position < this.position) return false;
    this.position = position;
    return true;
  }

  add(update: Placed): void {
    const { placed } = this;
    let at = placed.length;
    while (at > 0 && (placed[at - 1] as Placed).place > update.place) at -= 1;
    placed.splice(at, 0, update);
  }

  /** Of those that should be there when something takes effect at this place, and are not, one; `null` if none is. */
  overtakenBy(place: number): Placed | null {
    const { placed } = this;
    for (let at = placed.length - 1; at >= 0; at -= 1) {
      const earlier = placed[at] as Placed;
      if (earlier.place < place) return null;
      if (place < earlier.taken.untilPlace) return earlier;
    }
    return null;
  }
}
