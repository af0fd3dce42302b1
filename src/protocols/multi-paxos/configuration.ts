import type { NodeId } from '../../kernel/ids.ts';
import type { Change, Configuration, Value } from './messages.ts';
import { isAmong, type Quorums } from './quorums.ts';

/** A configuration with its quorums, as the options have them at the moment. */
export interface Governing extends Configuration {
  readonly quorums: Quorums;
}

/** What a cluster begins with. */
export function firstConfiguration(members: readonly NodeId[]): Configuration {
  return Object.freeze({ from: 1, era: 0, members });
}

/** The configuration of a slot, or the first one of those that are left; they ascend. */
export function configurationOf<C extends Configuration>(configurations: readonly C[], slot: number): C {
  let at = configurations.length - 1;
  while (at > 0 && (configurations[at] as C).from > slot) at -= 1;
  return configurations[at] as C;
}

/** Whether a value says who accepts other values. */
export function isChange(value: Value): value is Change {
  return value.kind === 'configuration' || value.kind === 'stop';
}

/**
 * The configurations once a slot holds a change that governs the slots from `from` on; they ascend. A stop ends what
 * was to come without it.
 */
export function withChange<C extends Configuration>(
  configurations: readonly C[], slot: number, { kind, members }: Change, from: number,
): readonly (C | Configuration)[] {
  const { era } = configurationOf(configurations, slot);
  const added: Configuration = Object.freeze({ from, era: kind === 'stop' ? era + 1 : era, members });
  const kept = configurations.filter((other) => (kind === 'stop' ? other.from < from : other.from !== from));
  return [...kept, added].sort((a, b) => a.from - b.from);
}

/** The configurations that govern any slot from this one on. */
export function inForceFrom<C extends Configuration>(configurations: readonly C[], slot: number): readonly C[] {
  const inForce = configurationOf(configurations, slot);
  return configurations.slice(configurations.indexOf(inForce));
}

/** Everybody who accepts values in any of these configurations, ascending. */
export function membersOf(configurations: readonly Configuration[]): NodeId[] {
  return ascending([...new Set(configurations.flatMap(({ members }) => members))]);
}

/** Whether two configurations are the same, quorums aside. */
export function isSameConfiguration(a: Configuration, b: Configuration): boolean {
  return a.from === b.from && a.era === b.era && isSameSet(a.members, b.members);
}

/** Whether two lists have the same nodes, each once. */
export function isSameSet(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => isAmong(b, node));
}

export function ascending(nodes: readonly NodeId[]): NodeId[] {
  return nodes.slice().sort((a, b) => a - b);
}
