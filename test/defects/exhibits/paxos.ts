import type { Exhibit } from '../exhibit.ts';

type Searched = Pick<Exhibit, 'row' | 'id' | 'publishedPerMille' | 'ratePerMille' | 'firstCatcher'>;

/** A row that is looked for under the swarm profile, and whose first sign is enough. */
function searched(exhibit: Searched, firstSeed: number): Exhibit {
  return { ...exhibit, system: 'paxos', seenBy: exhibit.firstCatcher, where: 'tests', firstSeed };
}

/** A row that a scenario brings about, as no search that a test can afford finds it. */
function scripted(exhibit: Omit<Searched, 'ratePerMille'>, script: string): Exhibit {
  return {
    ...exhibit, system: 'paxos', ratePerMille: 0, seenBy: exhibit.firstCatcher, where: { script }, firstSeed: 1,
  };
}

/** Rows of single-decree Paxos. */
export const paxosExhibits: readonly Exhibit[] = [
  searched({
    row: 'PX-01', id: 'paxos/promise-not-durable', publishedPerMille: 1, ratePerMille: 1_000, firstCatcher: 'P8',
  }, 5001),
  searched({
    row: 'PX-02', id: 'paxos/accept-not-durable', publishedPerMille: 220, ratePerMille: 1_000, firstCatcher: 'P8',
  }, 5001),
  searched({
    row: 'PX-03', id: 'paxos/accept-ignores-promise', publishedPerMille: 360, ratePerMille: 875, firstCatcher: 'P6',
  }, 5001),
  searched({
    row: 'PX-04', id: 'paxos/accept-checks-accepted-only', publishedPerMille: 240, ratePerMille: 850,
    firstCatcher: 'P6',
  }, 5001),
  searched({
    row: 'PX-05', id: 'paxos/accept-keeps-old-promise', publishedPerMille: 0, ratePerMille: 750, firstCatcher: 'P7',
  }, 5002),
  searched({
    row: 'PX-06', id: 'paxos/ignore-previous-value', publishedPerMille: 940, ratePerMille: 950,
    firstCatcher: 'linearizable',
  }, 5001),
  scripted({
    row: 'PX-07', id: 'paxos/adopt-first', publishedPerMille: 13, firstCatcher: 'P9',
  }, 'paxos/the-value-of-the-highest-ballot-is-adopted'),
  scripted({
    row: 'PX-08', id: 'paxos/adopt-lowest', publishedPerMille: 24, firstCatcher: 'P9',
  }, 'paxos/the-value-of-the-highest-ballot-is-adopted'),
  searched({
    row: 'PX-09', id: 'paxos/stale-promise-counted', publishedPerMille: 67, ratePerMille: 333, firstCatcher: 'P10',
  }, 5001),
  searched({
    row: 'PX-10', id: 'paxos/duplicate-promise-counted', publishedPerMille: 13, ratePerMille: 467,
    firstCatcher: 'P10',
  }, 5001),
  searched({
    row: 'PX-11', id: 'paxos/duplicate-accept-counted', publishedPerMille: 54, ratePerMille: 617, firstCatcher: 'P2',
  }, 5002),
  searched({
    row: 'PX-12', id: 'paxos/learn-across-ballots', publishedPerMille: 35, ratePerMille: 217, firstCatcher: 'P2',
  }, 5002),
  searched({
    row: 'PX-13', id: 'paxos/even-quorum', publishedPerMille: 960, ratePerMille: 267, firstCatcher: 'P10',
  }, 5001),
  searched({
    row: 'PX-14', id: 'paxos/flexible-not-intersecting', publishedPerMille: 300, ratePerMille: 800,
    firstCatcher: 'P10',
  }, 5001),
  searched({
    row: 'PX-15', id: 'paxos/ballot-reuse-after-restart', publishedPerMille: 0, ratePerMille: 817,
    firstCatcher: 'P11',
  }, 5001),
  searched({
    row: 'PX-16a', id: 'paxos/ballot-without-proposer', publishedPerMille: 0, ratePerMille: 1_000,
    firstCatcher: 'P11',
  }, 5001),
  {
    // In searches two proposers are seldom in one round of one key, as their rounds go on from key to key.
    ...scripted({
      row: 'PX-16b', id: 'paxos/promise-to-anybody', publishedPerMille: 270, firstCatcher: 'P11',
    }, 'paxos/two-proposers-that-begin-at-once-have-two-ballots'),
    together: 'paxos/ballot-without-proposer',
    seenBy: 'end-to-end',
  },
  scripted({
    row: 'PX-17', id: 'paxos/single-ballot', publishedPerMille: null, firstCatcher: 'P9',
  }, 'paxos/a-promise-makes-nothing-newer-that-was-accepted'),
  scripted({
    row: 'PX-28b', id: 'paxos/read-leaves-inflight', publishedPerMille: null, firstCatcher: 'linearizable',
  }, 'paxos/a-read-finishes-the-round-that-it-finds'),
];
