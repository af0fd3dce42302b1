import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

const order = (name: string, about: Settings): Settings => ({ order: { name, ...about } });

/** An operator who never rests. Where configurations count once they are applied, rows would be seen at other rates. */
const CHURN: Settings = {
  system: { options: { configurationFrom: 'append' } },
  initial: { voters: ['n1', 'n2', 'n3'] },
  faults: [
    // What a line sets is not drawn.
    { at: '0s', set: { configurationFrom: 'append' }, allowVacuous: true },
    {
      random: {
        every: '20ms..900ms', until: '19s',
        kinds: [
          { weight: 4, ...order('add-voter', { node: 'any' }) },
          { weight: 4, ...order('remove', { node: 'any' }) },
          { weight: 2, ...order('add-learner', { node: 'any' }) },
          order('set-voters', { nodes: ['n1', 'n2', 'n3'] }),
          order('set-voters', { nodes: ['n3', 'n4', 'n5'] }),
          order('set-voters', { nodes: ['n1', 'n4'] }),
          order('set-voters', { nodes: ['n2', 'n3', 'n4', 'n5'] }),
          order('transfer', { node: 'any' }),
        ],
      },
      allowVacuous: true,
    },
  ],
};

/** Changes follow each other faster than they are committed, and leaders are cut off with a minority. */
const BURST: Settings = {
  system: { options: { configurationFrom: 'append', preVote: false, stickiness: false } },
  initial: { voters: ['n1', 'n2', 'n3', 'n4'] },
  clients: { count: 3 },
  duration: '8s',
  faults: [
    { at: '0s', set: { configurationFrom: 'append' }, allowVacuous: true },
    {
      random: {
        every: '5ms..150ms', until: '7s',
        kinds: [
          { weight: 4, ...order('add-voter', { node: 'any' }) },
          { weight: 4, ...order('remove', { node: 'any' }) },
          order('set-voters', { nodes: ['n1', 'n2', 'n3', 'n4'] }),
          order('set-voters', { nodes: ['n3', 'n4', 'n5'] }),
          order('set-voters', { nodes: ['n1', 'n2'] }),
        ],
      },
      allowVacuous: true,
    },
    {
      random: {
        every: '100ms..600ms', until: '7s',
        kinds: [
          { partition: { shape: 'minority-with-leader', for: '100ms..400ms' } },
          { partition: { shape: 'halves', for: '100ms..400ms' } },
        ],
      },
      allowVacuous: true,
    },
  ],
};

const aside = (voter: string, others: readonly string[]): Settings =>
  ({ partition: { groups: [[voter, 'n4', 'n5'], others], for: '300ms..900ms' } });

/** Three voters and two learners, and now and then a voter is alone with the learners. */
const LEARNERS: Settings = {
  system: { options: { reads: 'lease', checkQuorum: false } },
  initial: { voters: ['n1', 'n2', 'n3'] },
  faults: [{
    random: {
      every: '100ms..800ms', until: '19s',
      kinds: [
        order('add-learner', { node: 'n4' }),
        order('add-learner', { node: 'n5' }),
        aside('n1', ['n2', 'n3']),
        aside('n2', ['n1', 'n3']),
        aside('n3', ['n1', 'n2']),
      ],
    },
    allowVacuous: true,
  }],
};

/** Rows of `variants/membership.ts`. */
export const membershipExhibits: readonly Exhibit[] = [
  {
    row: 'RF-29', id: 'raft/lease-counts-nonvoters', publishedPerMille: null, ratePerMille: 330, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5002, settings: LEARNERS,
  },
  {
    row: 'RF-30', id: 'raft/nonvoter-counted', publishedPerMille: null, ratePerMille: 70, firstCatcher: 'R6',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5016, settings: CHURN,
  },
  {
    row: 'RF-31', id: 'raft/member-change-before-noop', publishedPerMille: null, ratePerMille: 1000,
    firstCatcher: 'R17', seenBy: 'end-to-end',
    where: { script: 'raft/nobody-changes-members-before-its-no-op-is-committed' }, firstSeed: 1,
  },
  {
    row: 'RF-32', id: 'raft/overlapping-changes', publishedPerMille: null, ratePerMille: 150, firstCatcher: 'R17',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5009, settings: BURST,
  },
  {
    row: 'RF-33', id: 'raft/config-not-rolled-back', publishedPerMille: null, ratePerMille: 1000, firstCatcher: 'R18',
    seenBy: 'end-to-end', where: { script: 'a-change-that-was-cut-off-is-in-force-no-more' }, firstSeed: 1,
  },
  {
    row: 'RF-34', id: 'raft/joint-one-majority', publishedPerMille: null, ratePerMille: 420, firstCatcher: 'R16',
    seenBy: 'R16', where: 'tests', firstSeed: 5004, settings: CHURN,
  },
  {
    row: 'RF-35', id: 'raft/joint-never-left', publishedPerMille: null, ratePerMille: 1000,
    firstCatcher: 'without-the-old-ones', seenBy: 'without-the-old-ones',
    where: { script: 'a-joint-phase-that-outlives-its-leader-is-left-by-the-next-one' }, firstSeed: 1,
  },
  {
    row: 'RF-36', id: 'raft/removed-server-disrupts', publishedPerMille: null, ratePerMille: 930,
    firstCatcher: 'no-new-election', seenBy: 'no-new-election',
    where: { script: 'a-removed-server-disturbs-nobody' }, firstSeed: 1,
  },
  {
    row: 'RF-58', id: 'raft/learner-refuses-vote', publishedPerMille: null, ratePerMille: 950,
    firstCatcher: 'with-the-new-one', seenBy: 'with-the-new-one',
    where: { script: 'a-server-that-was-promoted-unawares-votes' }, firstSeed: 1,
  },
];
