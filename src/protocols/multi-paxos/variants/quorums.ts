import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Quorums } from '../quorums.ts';
import { DefectivePaxos } from './defective.ts';

/** A node with quorums of its own. */
abstract class DefectiveQuorums extends DefectivePaxos {
  protected abstract distorted(quorums: Quorums): Quorums;

  protected override quorumsOf(members: readonly NodeId[]): Quorums {
    const reference = super.quorumsOf(members);
    const quorums = this.distorted(reference);
    if (JSON.stringify(quorums) !== JSON.stringify(reference)) this.fired();
    return quorums;
  }
}

/** MP-13: half of the acceptors are enough. */
class EvenQuorum extends DefectiveQuorums {
  protected override distorted(quorums: Quorums): Quorums {
    if (quorums.kind !== 'counted') return quorums;
    const half = Math.ceil(quorums.members.length / 2);
    return { ...quorums, prepare: half, accept: half };
  }
}

/** MP-14: the quorums of both phases make up the cluster, and so need not meet. */
class FlexibleNotIntersecting extends DefectiveQuorums {
  protected override distorted(quorums: Quorums): Quorums {
    if (quorums.kind !== 'counted') return quorums;
    return { ...quorums, accept: Math.max(1, quorums.members.length - quorums.prepare) };
  }
}

/** MP-34: who is left over in a grid makes a row, which some columns do not reach. */
class ShortRow extends DefectiveQuorums {
  protected override distorted(quorums: Quorums): Quorums {
    if (quorums.kind !== 'grid') return quorums;
    return { ...quorums, rows: Math.ceil(quorums.members.length / quorums.columns) };
  }
}

/** Defects of what is a quorum. */
export const quorumVariants: readonly Variant[] = [
  {
    row: 'MP-13', id: 'multi-paxos/even-quorum',
    title: 'in clusters of even size half of the acceptors decide',
    breaks: 'Paxos Made Simple, section 2.2: any two majorities have an acceptor in common',
    source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P10',
    in: 'node', create: (init, fired) => new EvenQuorum(init, fired),
  },
  {
    row: 'MP-14', id: 'multi-paxos/flexible-not-intersecting',
    title: 'the quorums of both phases are as many as there are nodes, and need not meet',
    breaks: 'Flexible Paxos, section 3: each quorum of phase 1 meets each of phase 2',
    source: 'Flexible Paxos, section 3', difficulty: 'E', firstCatcher: 'P10',
    in: 'node', create: (init, fired) => new FlexibleNotIntersecting(init, fired),
  },
  {
    row: 'MP-34', id: 'multi-paxos/short-row',
    title: 'nodes that are left over in a grid make a row of their own, which not every column reaches',
    breaks: 'Flexible Paxos, section 4.3: each row of a grid meets each of its columns',
    source: 'Flexible Paxos, section 4.3', difficulty: 'E', firstCatcher: 'P10',
    in: 'node', create: (init, fired) => new ShortRow(init, fired),
  },
];
