import type { Fired, NodeClass, Variant } from '../../contract/variant.ts';
import { type NodeId, nodeId } from '../../kernel/ids.ts';
import { type Ballot, compareBallots } from './ballot.ts';
import { PaxosNode } from './paxos.ts';
import type { AcceptorRecord } from './state.ts';

/** No node has so high a number. */
const NOBODY = nodeId(10_000);

/**
 * PX-16a: rounds are all that ballots are told apart by. Two proposers can have the same one; but whoever has promised
 * it to the first refuses it to the second, which names itself no more than the first did. So at most one of them gets
 * a quorum, and proposes.
 */
function withoutProposer(Base: typeof PaxosNode, fired: Fired): typeof PaxosNode {
  return class extends Base {
    protected override ballotOf(round: number): Ballot {
      fired();
      return { round, proposer: NOBODY };
    }
  };
}

/**
 * PX-16b: a ballot is promised again to whoever asks. As long as no two proposers have the same one, that is who asked
 * before; with PX-16a it is anybody, and both propose.
 */
function promisedToAnybody(Base: typeof PaxosNode, fired: Fired): typeof PaxosNode {
  return class extends Base {
    protected override mayPromise(record: AcceptorRecord, ballot: Ballot, from: NodeId): boolean {
      const isNotLower = record.promised === null || compareBallots(ballot, record.promised) >= 0;
      if (isNotLower !== super.mayPromise(record, ballot, from)) fired();
      return isNotLower;
    }
  };
}

type Layer = typeof withoutProposer;

const over = (layer: Layer) => (base: NodeClass | null, fired: Fired): NodeClass =>
  layer((base ?? PaxosNode) as typeof PaxosNode, fired);

/**
 * Two defects that are harmless each by itself, and not together: then values of two proposers are accepted in one
 * ballot, what the TLA+ examples of consensus state as OneValuePerBallot.
 */
export const halves: readonly Variant[] = [
  {
    row: 'PX-16a', id: 'paxos/ballot-without-proposer',
    title: 'ballots are rounds, without the name of their proposer',
    breaks: 'Paxos Made Simple, §2.2: different proposers choose their numbers from disjoint sets of numbers',
    source: 'Paxos Made Simple, §2.5', difficulty: 'E', firstCatcher: 'P11',
    in: 'rule', over: over(withoutProposer),
  },
  {
    row: 'PX-16b', id: 'paxos/promise-to-anybody',
    title: 'a ballot that was promised is promised to whoever else asks for it',
    breaks: 'Paxos Made Simple, §2.2: a number greater than that of any request to which it has responded',
    source: 'Paxos Made Simple, §2.2', difficulty: 'X', firstCatcher: 'P11',
    in: 'rule', over: over(promisedToAnybody),
  },
];
