import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS } from '../../kernel/time.ts';

/** Tunables of single-decree Paxos. */
export const paxosOptions: OptionTable = {
  roles: {
    kind: 'choice',
    doc: 'each node proposes, accepts and learns; or the first nodes propose, the last ones learn, those between '
      + 'accept, so that roles crash apart ("Paxos Made Simple", §2.1)',
    default: 'together',
    of: ['together', 'apart'],
    swarm: { kind: 'choice', of: [['together', 2], ['apart', 1]] },
  },
  proposers: {
    kind: 'integer',
    doc: 'with roles: apart, how many nodes propose; fewer where that would not leave half of the nodes to accept',
    default: 2,
    min: 1,
    max: 99,
  },
  learners: {
    kind: 'integer',
    doc: 'with roles: apart, how many nodes learn, of those that proposers and acceptors leave',
    default: 2,
    min: 0,
    max: 99,
  },
  acceptQuorum: {
    kind: 'integer',
    doc: 'how many acceptances make a proposal chosen; phase 1 then needs as many promises as meet each such set '
      + '(Flexible Paxos, Howard et al. 2016). 0: majorities in both phases',
    default: 0,
    min: 0,
    max: 99,
    swarm: { kind: 'choice', of: [[0, 4], [1, 1], [2, 1]] },
  },
  resend: {
    kind: 'duration',
    doc: 'how long a proposer waits for acceptors before it repeats itself to those that have not answered',
    default: 150 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 40 * US_PER_MS, max: 300 * US_PER_MS },
  },
  backOff: {
    kind: 'boolean',
    doc: 'a proposer that was overtaken by a higher ballot waits for a drawn time before it tries a higher one itself; '
      + 'off: it tries at once, and two proposers can go on so for ever',
    default: true,
  },
  backOffBase: {
    kind: 'duration',
    doc: 'longest wait after a first defeat; it doubles with each further one',
    default: 50 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 10 * US_PER_MS, max: 100 * US_PER_MS },
  },
  backOffMax: {
    kind: 'duration',
    doc: 'longest wait of all',
    default: 1_600 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
  },
};

/** The options, typed. */
export interface PaxosSettings {
  readonly isApart: boolean;
  readonly proposers: number;
  readonly learners: number;
  readonly acceptQuorum: number;
  readonly resendUs: DurationUs;
  readonly backsOff: boolean;
  readonly backOffUsBase: DurationUs;
  readonly backOffUsMax: DurationUs;
}

/** Reads complete options. */
export function readSettings(options: Options): PaxosSettings {
  return {
    isApart: options['roles'] === 'apart',
    proposers: options['proposers'] as number,
    learners: options['learners'] as number,
    acceptQuorum: options['acceptQuorum'] as number,
    resendUs: options['resend'] as number,
    backsOff: options['backOff'] as boolean,
    backOffUsBase: options['backOffBase'] as number,
    backOffUsMax: options['backOffMax'] as number,
  };
}

/**
 * How long after the last fault has healed a client may have to wait. A proposer may just have begun the longest wait,
 * and lose a few duels more; and messages are repeated only so often.
 */
export function progressBudgetUs(options: Options): DurationUs {
  const { resendUs, backOffUsMax } = readSettings(options);
  return 5 * backOffUsMax + 20 * resendUs;
}
