import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** Half of all nodes are spare, or nearly: else nobody has where to move to. */
const withSpares: Settings = { system: { options: { roles: 'apart', proposers: 1, learners: 2 } } };

/** Rows of compare-and-set by Paxos. */
export const paxosCasExhibits: readonly Exhibit[] = [
  {
    row: 'PX-02b', id: 'paxos-cas/state-expires-early', publishedPerMille: null, ratePerMille: 150,
    firstCatcher: 'P5', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5008,
  },
  {
    row: 'PX-28', id: 'paxos-cas/read-leaves-inflight', publishedPerMille: null, ratePerMille: 700,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5001,
  },
  {
    row: 'PX-29', id: 'paxos-cas/paxos-state-not-migrated', publishedPerMille: null, ratePerMille: 200,
    firstCatcher: 'P5', seenBy: 'P5', where: 'tests', system: 'paxos-cas', firstSeed: 5001, settings: withSpares,
  },
  {
    row: 'PX-30', id: 'paxos-cas/retry-executed-again', publishedPerMille: null, ratePerMille: 800,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5001,
  },
];
