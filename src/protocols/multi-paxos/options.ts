import type { Options, OptionTable } from '../../contract/options.ts';
import { assert } from '../../kernel/assert.ts';
import { type DurationUs, US_PER_MS } from '../../kernel/time.ts';
import type { QuorumSettings } from './quorums.ts';

/** Tunables of Multi-Paxos. Where one means what it means in Raft it has the same name, limits and draws. */
export const paxosOptions: OptionTable = {
  electionTimeoutMin: {
    kind: 'duration',
    doc: 'shortest time without word of a leader after which a node prepares a ballot of its own; each is drawn anew',
    default: 150 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 120 * US_PER_MS, max: 200 * US_PER_MS },
  },
  electionTimeoutMax: {
    kind: 'duration',
    doc: 'longest such time',
    default: 300 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 250 * US_PER_MS, max: 400 * US_PER_MS },
  },
  heartbeat: {
    kind: 'duration',
    doc: 'interval of the heartbeats of a leader, and of repeating what was not answered',
    default: 50 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 15 * US_PER_MS, max: 100 * US_PER_MS },
  },
  backOff: {
    kind: 'duration',
    doc: 'a proposer that was pre-empted waits a drawn time longer, up to this times two to the number of times in a '
      + 'row; 0: it prepares a higher ballot at once, and two proposers can duel for ever',
    default: 50 * US_PER_MS,
    min: 0,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 10 * US_PER_MS, max: 100 * US_PER_MS },
  },
  backOffMax: {
    kind: 'duration',
    doc: 'no such wait is longer than this',
    default: 800 * US_PER_MS,
    min: 0,
    max: 60_000 * US_PER_MS,
  },
  window: {
    kind: 'integer',
    doc: 'how many slots beyond the last one that it has executed a leader may propose in (PMMC, WINDOW); as a node '
      + 'runs it may become smaller, and no larger than at its first start',
    default: 64,
    min: 1,
    max: 10_000,
    swarm: { kind: 'choice', of: [[1, 1], [2, 1], [5, 2], [64, 2]] },
  },
  roles: {
    kind: 'choice',
    doc: 'each node proposes and accepts; or some propose, and others accept, so that the two crash apart '
      + '(PMMC, section 2): with `initial`, those propose that it leaves out, else the first nodes do; all execute',
    default: 'together',
    of: ['together', 'apart'],
    swarm: { kind: 'choice', of: [['together', 3], ['apart', 1]] },
  },
  proposers: {
    kind: 'integer',
    doc: 'with roles: apart, how many nodes propose; fewer where that would not leave half of the nodes to accept',
    default: 2,
    min: 1,
    max: 99,
  },
  maxQueued: {
    kind: 'integer',
    doc: 'most commands that a leader keeps until the window has room for them; beyond, it takes none',
    default: 1_000,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[1_000, 3], [4, 1]] },
  },
  checkQuorum: {
    kind: 'boolean',
    doc: 'a leader that no accept quorum has answered within electionTimeoutMax steps down',
    default: true,
    swarm: { kind: 'choice', of: [[true, 7], [false, 3]] },
  },
  reads: {
    kind: 'choice',
    doc: 'how reads are answered: as values of slots, or within the master lease (Paxos Made Live, section 5)',
    default: 'log',
    of: ['log', 'lease'],
    swarm: { kind: 'choice', of: [['log', 1], ['lease', 1]] },
  },
  replicaLease: {
    kind: 'duration',
    doc: 'with reads: lease, how long a replica that has heard the master lets nobody else prepare, from hearing it on',
    default: 1_000 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 400 * US_PER_MS, max: 1_000 * US_PER_MS },
  },
  masterLease: {
    kind: 'duration',
    doc: 'with reads: lease, how long the master relies on that, from asking on; shorter, since clocks differ',
    default: 800 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 200 * US_PER_MS, max: 320 * US_PER_MS },
  },
  checkEpoch: {
    kind: 'boolean',
    doc: 'what was asked of one master is not executed by the next one: clients send the highest epoch that they were '
      + 'told of, and a new master begins with an entry of its own (Paxos Made Live, section 5.3)',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 1]] },
  },
  quorums: {
    kind: 'choice',
    doc: 'what makes a quorum: so many acceptors, or those of a row of a grid to prepare and of a column to accept '
      + '(Flexible Paxos, section 4.3); the nodes stand in it row by row, those left over in the last row',
    default: 'counted',
    of: ['counted', 'grid'],
    swarm: { kind: 'choice', of: [['counted', 3], ['grid', 1]] },
  },
  gridColumns: {
    kind: 'integer',
    doc: 'with quorums: grid, how many columns it has; 0: about as many as rows, and no fewer',
    default: 0,
    min: 0,
    max: 100,
  },
  thrifty: {
    kind: 'boolean',
    doc: 'a leader asks no more acceptors than make a quorum, and all of them when these have not answered within a '
      + 'heartbeat (Moraru et al. 2013, "There is more consensus in Egalitarian parliaments")',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 2]] },
  },
  decides: {
    kind: 'choice',
    doc: 'how a leader tells what is chosen: at once, with the value; or with the next heartbeat, which names the slot',
    default: 'at-once',
    of: ['at-once', 'with-heartbeats'],
    swarm: { kind: 'choice', of: [['at-once', 2], ['with-heartbeats', 1]] },
  },
  rejoin: {
    kind: 'choice',
    doc: 'what a node does that has lost its disk, or finds it damaged: it takes no part; or it begins another life, '
      + 'which the answers of others name (Michael et al. 2017), accepts again, and proposes no more; or it takes '
      + 'part again once it has seen one instance (Paxos Made Live, section 5.1), which is unsafe. But with never, '
      + 'orders to change who accepts are left undone',
    default: 'never',
    of: ['never', 'lives', 'observed'],
    swarm: { kind: 'choice', of: [['never', 3], ['lives', 1]] },
  },
  prepareQuorum: {
    kind: 'integer',
    doc: 'with quorums: counted, how many acceptors have to promise a ballot (Q1 of Flexible Paxos); 0: a majority',
    default: 0,
    min: 0,
    max: 100,
  },
  acceptQuorum: {
    kind: 'integer',
    doc: 'with quorums: counted, how many acceptors have to accept a value (Q2); with prepareQuorum more than there '
      + 'are nodes; 0: a majority',
    default: 0,
    min: 0,
    max: 100,
  },
  reconfiguration: {
    kind: 'choice',
    doc: 'from when on a change of acceptors governs: from so many slots on as the window has '
      + '(The Part-Time Parliament, section 3.3.6), or at once, since a stop is the last slot of those before',
    default: 'window',
    of: ['window', 'stop'],
    swarm: { kind: 'choice', of: [['window', 1], ['stop', 1]] },
  },
  snapshotEvery: {
    kind: 'integer',
    doc: 'slots executed between two snapshots; 0: none but those with which configurations begin',
    default: 64,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'log-uniform', min: 4, max: 256 },
  },
  snapshotRetained: {
    kind: 'integer',
    doc: 'slots before a snapshot whose values stay in memory, for learners that lag a little',
    default: 16,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[0, 1], [4, 1], [16, 1]] },
  },
  maxEntriesPerMessage: {
    kind: 'integer',
    doc: 'most values that one Learned carries',
    default: 64,
    min: 1,
    max: 1024,
    swarm: { kind: 'choice', of: [[1, 1], [4, 1], [64, 1]] },
  },
};

/** The options, typed. */
export interface PaxosSettings extends QuorumSettings {
  readonly electionTimeoutUsMin: DurationUs;
  readonly electionTimeoutUsMax: DurationUs;
  readonly heartbeatUs: DurationUs;
  readonly backOffUs: DurationUs;
  readonly backOffUsMax: DurationUs;
  readonly window: number;
  readonly isApart: boolean;
  readonly proposers: number;
  readonly maxQueued: number;
  readonly checkQuorum: boolean;
  readonly readsByLease: boolean;
  readonly replicaLeaseUs: DurationUs;
  readonly masterLeaseUs: DurationUs;
  readonly checkEpoch: boolean;
  readonly reconfiguresByStop: boolean;
  readonly isThrifty: boolean;
  readonly decidesWithHeartbeats: boolean;
  readonly rejoin: 'never' | 'lives' | 'observed';
  readonly snapshotEvery: number;
  readonly snapshotRetained: number;
  readonly maxEntriesPerMessage: number;
}

/** Reads complete options. */
export function readSettings(options: Options): PaxosSettings {
  const settings: PaxosSettings = {
    electionTimeoutUsMin: options['electionTimeoutMin'] as number,
    electionTimeoutUsMax: options['electionTimeoutMax'] as number,
    heartbeatUs: options['heartbeat'] as number,
    backOffUs: options['backOff'] as number,
    backOffUsMax: options['backOffMax'] as number,
    window: options['window'] as number,
    isApart: options['roles'] === 'apart',
    proposers: options['proposers'] as number,
    maxQueued: options['maxQueued'] as number,
    checkQuorum: options['checkQuorum'] as boolean,
    readsByLease: options['reads'] === 'lease',
    replicaLeaseUs: options['replicaLease'] as number,
    masterLeaseUs: options['masterLease'] as number,
    checkEpoch: options['checkEpoch'] as boolean,
    isThrifty: options['thrifty'] as boolean,
    decidesWithHeartbeats: options['decides'] === 'with-heartbeats',
    rejoin: options['rejoin'] as PaxosSettings['rejoin'],
    quorumsInGrid: options['quorums'] === 'grid',
    gridColumns: options['gridColumns'] as number,
    prepareQuorum: options['prepareQuorum'] as number,
    acceptQuorum: options['acceptQuorum'] as number,
    reconfiguresByStop: options['reconfiguration'] === 'stop',
    snapshotEvery: options['snapshotEvery'] as number,
    snapshotRetained: options['snapshotRetained'] as number,
    maxEntriesPerMessage: options['maxEntriesPerMessage'] as number,
  };
  assert(settings.electionTimeoutUsMin <= settings.electionTimeoutUsMax, 'electionTimeoutMin <= electionTimeoutMax');
  return settings;
}
