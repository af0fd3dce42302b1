import type { RandomStream } from '../contract/context.ts';
import type { LockSystem } from '../contract/lock.ts';
import type { LinkProfile } from '../contract/world-control.ts';
import type { FaultLine, Range, WeightedFault } from '../faults/fault.ts';
import { type DurationUs, type TimeUs, US_PER_MS } from '../kernel/time.ts';
import type { Scenario } from './scenario.ts';

type Action = WeightedFault['action'];

/** In parts of the length of a lock: long enough for another one to be granted it, and to be over for that one, too. */
const TTLS_MAX = 3;
const HALF = 500_000;
/** Of all faults of one class together, whichever client they strike. */
const WEIGHT = 20;
const SELDOM = 5;
const DRIFT_PER_MILLION = 20_000;

/** Lengths of faults, made for locks of one length in a run of one length. */
interface Lengths {
  readonly ttlUs: DurationUs;
  /** From a moment to several lengths of a lock. */
  readonly stopped: Range;
  readonly short: Range;
}

/** How long a fault that a profile makes for locks may last: several ttl, and half of the time that there is. */
export function longestLockFaultUs(locks: LockSystem, { system }: Scenario, quietUs: TimeUs): DurationUs {
  return Math.min(TTLS_MAX * locks.ttlUs(system.options), Math.floor(quietUs / 2));
}

function lengthsOf(locks: LockSystem, scenario: Scenario, quietUs: TimeUs): Lengths {
  const max = longestLockFaultUs(locks, scenario, quietUs);
  return {
    ttlUs: locks.ttlUs(scenario.system.options),
    stopped: { min: Math.min(max, 50 * US_PER_MS), max },
    short: { min: Math.min(max, 50 * US_PER_MS), max: Math.min(max, 1_000 * US_PER_MS) },
  };
}

/**
 * What strikes who uses locks, and what they protect: each class with probability one half. A holder that sleeps for
 * longer than its lock lasts is what locks are about, and no fault of a server brings it.
 */
export function swarmLockChoices(
  random: RandomStream, locks: LockSystem, scenario: Scenario, quietUs: TimeUs,
): readonly WeightedFault[] {
  const { ttlUs, stopped, short } = lengthsOf(locks, scenario, quietUs);
  const jump = { min: -ttlUs, max: ttlUs };
  const drift = { min: -DRIFT_PER_MILLION, max: DRIFT_PER_MILLION };
  const classes: readonly (readonly WeightedFault[])[] = [
    ofClients(scenario, WEIGHT, stopped, (target) => ({ kind: 'pause', target, forUs: stopped.max })),
    ofClients(scenario, WEIGHT, stopped,
      (target) => ({ kind: 'crash', target, flavour: 'process', forUs: stopped.max })),
    ofClients(scenario, WEIGHT, stopped, (from) => held(from, 'r1', stopped)),
    ofClients(scenario, WEIGHT, short, (from) => held(from, 'any', short)),
    ofClients(scenario, WEIGHT, short, (from) => cut(from, 'any', short)),
    [
      ...ofClients(scenario, WEIGHT / 2, short, (from) => cut(from, 'r1', short)),
      ...ofClients(scenario, WEIGHT / 2, short, (to) => cut('r1', to, short)),
    ],
    ofClients(scenario, SELDOM, null, (target) => ({ kind: 'clock-jump', target, byUs: jump })),
    [{ weight: SELDOM, action: { kind: 'clock-jump', target: 'any', byUs: jump }, forUs: null }],
    ofClients(scenario, SELDOM, stopped,
      (target) => ({ kind: 'clock-drift', target, perMillion: drift, forUs: stopped.max })),
  ];
  return classes.filter(() => random.chance(HALF)).flat();
}

/** What befalls clients on a bad day, and is over soon. */
export function gentleLockChoices(locks: LockSystem, scenario: Scenario, quietUs: TimeUs): readonly WeightedFault[] {
  const { short } = lengthsOf(locks, scenario, quietUs);
  return [
    ...ofClients(scenario, WEIGHT, short, (target) => ({ kind: 'pause', target, forUs: short.max })),
    ...ofClients(scenario, WEIGHT, short, (target) =>
      ({ kind: 'crash', target, flavour: 'process', forUs: short.max })),
    ...ofClients(scenario, WEIGHT, short, (from) => cut(from, 'any', short)),
  ];
}

/** The trouble of all links goes for those to the resource as well. */
export function lockTroubleLines(scenario: Scenario, profile: LinkProfile, quietUs: TimeUs): readonly FaultLine[] {
  const clients = clientsOf(scenario);
  const line = (from: readonly string[], to: readonly string[]): FaultLine => ({
    trigger: { kind: 'at', atUs: 0 },
    action: { kind: 'link', from, to, profile, forUs: quietUs },
    allowVacuous: true,
  });
  return [line(clients, ['r1']), line(['r1'], clients)];
}

/** The same for each client; `weight` is that of all together. */
function ofClients(
  scenario: Scenario, weight: number, forUs: Range | null, action: (client: string) => Action,
): readonly WeightedFault[] {
  const clients = clientsOf(scenario);
  const share = Math.max(1, Math.round(weight / clients.length));
  return clients.map((client) => ({ weight: share, action: action(client), forUs }));
}

function clientsOf({ clients }: Scenario): readonly string[] {
  return Array.from({ length: clients.count }, (_, client) => `c${client + 1}`);
}

function held(from: string, to: string, { max }: Range): Action {
  return { kind: 'hold', from, to, message: null, forUs: max };
}

function cut(from: string, to: string, { max }: Range): Action {
  return { kind: 'cut', from, to, inFlight: 'delivered', forUs: max };
}
