import { majority } from '../../contract/quorum.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { PaxosSettings } from './options.ts';

/** Which node has which roles, ascending; and how many acceptors make a quorum. The same on every node. */
export interface Layout {
  readonly proposers: readonly NodeId[];
  readonly acceptors: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** How many promises phase 1 needs, and how many acceptances make a proposal chosen: together more than there are. */
  readonly prepareQuorum: number;
  readonly acceptQuorum: number;
}

/**
 * With `roles: together` each node has all three. Apart, the first nodes propose, the last ones learn, and those
 * between accept: as many proposers and learners as the options say, while that leaves half of the nodes to accept.
 */
export function layoutOf(
  nodes: readonly NodeId[], settings: Pick<PaxosSettings, 'isApart' | 'proposers' | 'learners' | 'acceptQuorum'>,
): Layout {
  const { isApart, acceptQuorum } = settings;
  // A single node can only have all roles.
  if (!isApart || nodes.length === 1) {
    return { proposers: nodes, acceptors: nodes, learners: nodes, ...quorums(nodes.length, acceptQuorum) };
  }
  const spare = Math.max(1, Math.floor(nodes.length / 2));
  const proposers = Math.min(settings.proposers, spare);
  const learners = Math.min(settings.learners, spare - proposers);
  const acceptors = nodes.slice(proposers, nodes.length - learners);
  return {
    proposers: nodes.slice(0, proposers),
    acceptors,
    learners: nodes.slice(nodes.length - learners),
    ...quorums(acceptors.length, acceptQuorum),
  };
}

/** Two majorities; or as few acceptances as wanted, and for that more promises (Flexible Paxos, Howard et al. 2016). */
function quorums(acceptors: number, wanted: number): Pick<Layout, 'prepareQuorum' | 'acceptQuorum'> {
  if (wanted === 0) return { prepareQuorum: majority(acceptors), acceptQuorum: majority(acceptors) };
  const acceptQuorum = Math.min(wanted, acceptors);
  return { prepareQuorum: acceptors - acceptQuorum + 1, acceptQuorum };
}
