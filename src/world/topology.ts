import { assert } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';

/** Directed pairs whose messages are lost: the second refuses the first. */
export type Grudge = readonly (readonly [from: NodeId, to: NodeId])[];

/** A partition: its groups in words' order, and what it cuts. */
export interface Topology {
  readonly groups: readonly (readonly NodeId[])[];
  readonly grudge: Grudge;
}

/** A number from 0 to `bound - 1`, drawn. */
export type Pick = (bound: number) => number;

/** Messages between two groups are lost, in both directions; within a group all arrive. */
export function separate(groups: readonly (readonly NodeId[])[]): Topology {
  const grudge: [NodeId, NodeId][] = [];
  for (const group of groups) {
    for (const other of groups) {
      if (other === group) continue;
      for (const from of group) for (const to of other) grudge.push([from, to]);
    }
  }
  return { groups, grudge };
}

/** Two drawn groups, as equal as can be. */
export function halves(nodes: readonly NodeId[], pick: Pick): Topology {
  return split(shuffled(nodes, pick), Math.floor(nodes.length / 2));
}

/** A drawn minority, of a drawn size, against the rest. Of two nodes, one against the other. */
export function minority(nodes: readonly NodeId[], pick: Pick): Topology {
  return split(shuffled(nodes, pick), minoritySize(nodes.length, pick));
}

/** As {@link minority}, with `member` among the few. */
export function minorityWith(member: NodeId, nodes: readonly NodeId[], pick: Pick): Topology {
  assert(nodes.includes(member), 'a minority is built around one of the nodes');
  const others = shuffled(nodes.filter((node) => node !== member), pick);
  return split([member, ...others], minoritySize(nodes.length, pick));
}

/** Each of `alone` by itself, apart from all others. May isolate clients too. */
export function isolate(alone: readonly NodeId[], nodes: readonly NodeId[]): Topology {
  const rest = nodes.filter((node) => !alone.includes(node));
  return separate([...alone.map((node) => [node]), ...(rest.length > 0 ? [rest] : [])]);
}

/** Two halves that only one drawn node can reach both. Cuts nothing below three nodes. */
export function bridge(nodes: readonly NodeId[], pick: Pick): Topology {
  const [middle, ...others] = shuffled(nodes, pick);
  if (middle === undefined) return separate([]);
  const { groups, grudge } = split(others, Math.floor(others.length / 2));
  const [left = [], right = []] = groups;
  return { groups: [left, [middle], right], grudge };
}

/** In a drawn circle, each node keeps its two neighbours. Cuts nothing below four nodes. */
export function ring(nodes: readonly NodeId[], pick: Pick): Topology {
  return circle(shuffled(nodes, pick), 1);
}

/**
 * In a drawn circle, each node keeps so many neighbours that it sees a majority, no two the same. Cuts nothing below
 * three nodes. Jepsen's `majorities-ring`, made symmetric.
 */
export function majoritiesRing(nodes: readonly NodeId[], pick: Pick): Topology {
  const order = shuffled(nodes, pick);
  // A circle of three has only neighbours. A chain does what is asked: ab, abc and bc.
  if (order.length === 3) return { groups: [order], grudge: between(order.slice(0, 1), order.slice(2)) };
  return circle(order, Math.ceil(Math.floor(order.length / 2) / 2));
}

/** Both directions between two sets. */
function between(left: readonly NodeId[], right: readonly NodeId[]): Grudge {
  return separate([left, right]).grudge;
}

/** Groups are ascending, for those who read of them. */
function split(order: readonly NodeId[], size: number): Topology {
  return separate([order.slice(0, size), order.slice(size)].map((group) => group.sort((a, b) => a - b)));
}

function circle(order: readonly NodeId[], reach: number): Topology {
  const grudge: [NodeId, NodeId][] = [];
  order.forEach((from, at) => {
    order.forEach((to, other) => {
      const steps = Math.abs(at - other);
      if (Math.min(steps, order.length - steps) > reach) grudge.push([from, to]);
    });
  });
  return { groups: [order], grudge };
}

function minoritySize(size: number, pick: Pick): number {
  return 1 + pick(Math.max(1, Math.floor((size - 1) / 2)));
}

/** Fisher and Yates: each order equally likely. */
function shuffled(nodes: readonly NodeId[], pick: Pick): NodeId[] {
  const order: NodeId[] = [];
  for (const node of nodes) {
    const at = pick(order.length + 1);
    order.push(order[at] ?? node);
    order[at] = node;
  }
  return order;
}
