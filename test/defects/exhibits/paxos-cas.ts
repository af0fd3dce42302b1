import type { Exhibit } from '../exhibit.ts';

/** Rows of compare-and-set by Paxos. */
export const paxosCasExhibits: readonly Exhibit[] = [
  {
    row: 'PX-02a', id: 'paxos-cas/state-expires-early', publishedPerMille: null, ratePerMille: 225,
    firstCatcher: 'P5', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5003,
  },
  {
    row: 'PX-28', id: 'paxos-cas/read-leaves-inflight', publishedPerMille: null, ratePerMille: 850,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5001,
  },
  {
    row: 'PX-30', id: 'paxos-cas/retry-executed-again', publishedPerMille: null, ratePerMille: 800,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', system: 'paxos-cas', firstSeed: 5001,
  },
];
