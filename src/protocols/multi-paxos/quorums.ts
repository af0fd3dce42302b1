import { majority } from '../../contract/quorum.ts';
import type { NodeId } from '../../kernel/ids.ts';

/**
 * Which sets of acceptors are quorums of each phase (Flexible Paxos). Whoever has a quorum and others besides has a
 * quorum. Never changed.
 */
export type Quorums =
  /** So many of the members, whoever they are. */
  | {
      readonly kind: 'counted';
      /** Ascending. */
      readonly members: readonly NodeId[];
      readonly prepare: number;
      readonly accept: number;
    }
  /**
   * Flexible Paxos, section 4.3: the members stand in a grid, row by row, in ascending order. A row promises a ballot,
   * a column accepts a value: each column has a member in each row. Those that are left over stand in the last row, and
   * in its columns.
   */
  | {
      readonly kind: 'grid';
      readonly members: readonly NodeId[];
      readonly rows: number;
      readonly columns: number;
    };

/** What of the options says how quorums are made. */
export interface QuorumSettings {
  readonly quorumsInGrid: boolean;
  /** 0 for a majority. */
  readonly prepareQuorum: number;
  readonly acceptQuorum: number;
  /** 0 for about as many as there are rows, and no fewer. */
  readonly gridColumns: number;
}

/** The quorums of a cluster of these members, ascending, of which there is at least one. */
export function quorumsOf(settings: QuorumSettings, members: readonly NodeId[]): Quorums {
  const { length } = members;
  if (!settings.quorumsInGrid) {
    const atMost = (quorum: number): number => Math.min(quorum === 0 ? majority(length) : quorum, length);
    return { kind: 'counted', members, prepare: atMost(settings.prepareQuorum), accept: atMost(settings.acceptQuorum) };
  }
  let side = 1;
  while ((side + 1) * (side + 1) <= length) side += 1;
  const columns = Math.min(settings.gridColumns === 0 ? Math.floor(length / side) : settings.gridColumns, length);
  return { kind: 'grid', members, rows: Math.floor(length / columns), columns };
}

/** Q1: whether a ballot is prepared once these nodes have promised it. Who is no member does not count. */
export function isPrepareQuorum(quorums: Quorums, nodes: readonly NodeId[]): boolean {
  if (quorums.kind === 'counted') return membersAmong(quorums.members, nodes) >= quorums.prepare;
  for (let row = 0; row < quorums.rows; row++) {
    if (quorums.members.every((node, place) => rowOf(quorums, place) !== row || isAmong(nodes, node))) return true;
  }
  return false;
}

/** Q2: whether a value is chosen once these nodes have accepted it in one ballot. */
export function isAcceptQuorum(quorums: Quorums, nodes: readonly NodeId[]): boolean {
  if (quorums.kind === 'counted') return membersAmong(quorums.members, nodes) >= quorums.accept;
  const { columns } = quorums;
  for (let column = 0; column < columns; column++) {
    if (quorums.members.every((node, place) => place % columns !== column || isAmong(nodes, node))) return true;
  }
  return false;
}

/** Whether nobody can prepare a ballot without one of these nodes. */
export function meetsEachPrepareQuorum(quorums: Quorums, nodes: readonly NodeId[]): boolean {
  return !isPrepareQuorum(quorums, quorums.members.filter((node) => !isAmong(nodes, node)));
}

/** With more members, quorums are compared as they are made, and not set by set. */
const COMPARED_BY_SETS = 12;

/** A prepare quorum and an accept quorum that have no member in common, or `null`. Cost: 2 to the number of members. */
export function quorumsApart(
  quorums: Quorums,
): readonly [prepare: readonly NodeId[], accept: readonly NodeId[]] | null {
  const { members } = quorums;
  if (members.length > COMPARED_BY_SETS) {
    if (quorums.kind === 'grid' || quorums.prepare + quorums.accept > members.length) return null;
    return [members.slice(0, quorums.prepare), members.slice(members.length - quorums.accept)];
  }
  // Were two quorums apart, all that are not in the first one would be a quorum of the other kind.
  for (let set = 0; set < 1 << members.length; set++) {
    const prepare = members.filter((_, place) => (set & (1 << place)) !== 0);
    if (!isPrepareQuorum(quorums, prepare)) continue;
    const accept = members.filter((_, place) => (set & (1 << place)) === 0);
    if (isAcceptQuorum(quorums, accept)) return [prepare, accept];
  }
  return null;
}

/** Whether a node is in a list. Not by `includes`, which costs a call: the lists are short. */
export function isAmong(nodes: readonly NodeId[], node: NodeId): boolean {
  for (let at = 0; at < nodes.length; at++) if (nodes[at] === node) return true;
  return false;
}

/** How many of the nodes, each of which is named once, are members. */
function membersAmong(members: readonly NodeId[], nodes: readonly NodeId[]): number {
  let count = 0;
  for (let at = 0; at < nodes.length; at++) if (isAmong(members, nodes[at] as NodeId)) count += 1;
  return count;
}

function rowOf({ columns, rows }: { readonly columns: number; readonly rows: number }, place: number): number {
  return Math.min(Math.floor(place / columns), rows - 1);
}
