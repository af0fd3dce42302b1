import type { RandomStream } from '../contract/context.ts';
import type { OrderTable } from '../contract/module.ts';
import type { InFlight, LinkProfile } from '../contract/world-control.ts';
import type { FaultLine, PartitionShape, Range, Target, WeightedFault } from '../faults/fault.ts';
import { type DurationUs, type TimeUs, US_PER_MS, US_PER_S } from '../kernel/time.ts';
import { logUniform } from './log-uniform.ts';

type Action = WeightedFault['action'];

/** No fault of a profile lasts longer. */
export const longestFaultUs: DurationUs = 2 * US_PER_S;

const lasting = (minMs: number, maxMs: number): Range => ({ min: minMs * US_PER_MS, max: maxMs * US_PER_MS });
/** Short enough for a node to be back within the election that its crash began: a forgotten vote is given again. */
const CRASHED = lasting(5, 300);
const ALL_CRASHED = lasting(20, 200);
const PAUSED = lasting(50, 999);
const CUT_OFF = lasting(200, 1_500);
const HELD = lasting(100, 800);
const DRIFTING = lasting(500, 2_000);
/** About as long as an election timeout, at most. */
const SLOW_SYNC = lasting(20, 200);
const HALF = 500_000;

/** Weights of a class of faults: what is aimed at the leader (60 of 100), at whoever is drawn, and at everybody. */
const AT_LEADER = 12;
const AT_ANY = 8;
const AT_ALL = 20;
/** Of faults that bend time or delay messages: they prepare the ground for others and find little by themselves. */
const SELDOM = 4;

/** What one class of faults does, its weights aside. */
type ClassOfFaults = readonly WeightedFault[];

/**
 * Each class of faults is on with probability one half; the crash is on when all others are off. No class breaks what a
 * protocol relies on for its safety: disks are slow, and keep what they say that they have.
 */
export function swarmChoices(random: RandomStream, trouble: LinkProfile): readonly WeightedFault[] {
  const inFlight: InFlight = random.chance(HALF) ? 'lost' : 'delivered';
  const classes = classesOf(trouble, inFlight);
  const chosen = classes.filter(() => random.chance(HALF));
  return (chosen.length > 0 ? chosen : classes.slice(0, 1)).flat();
}

/** Every class but the crash of all, each victim as likely as any other. */
export function gentleChoices(trouble: LinkProfile): readonly WeightedFault[] {
  return classesOf(trouble, 'delivered').flat().filter(({ action }) => !singlesOut(action));
}

/** With probability one half: orders that the module lets be drawn, as a class of faults of its own. */
export function swarmOrders(random: RandomStream, table: OrderTable, nodes: number): readonly WeightedFault[] {
  return random.chance(HALF) ? ordersOf(random, table, nodes, AT_LEADER + AT_ANY) : [];
}

/** One order, drawn for the seed, which is given now and then. */
export function gentleOrders(random: RandomStream, table: OrderTable, nodes: number): readonly WeightedFault[] {
  const orders = ordersOf(random, table, nodes, AT_LEADER + AT_ANY);
  if (orders.length === 0) return [];
  let left = random.between(1, orders.reduce((sum, { weight }) => sum + weight, 0));
  const chosen = orders.find(({ weight }) => (left -= weight) <= 0) as WeightedFault;
  return [{ ...chosen, weight: AT_ANY / 2 }];
}

/** How many of the sets of nodes that an order can be about are drawn for one seed. */
const SETS = 3;

/** Given to the leader, who alone can follow most of them; `weight` is about that of all together. */
function ordersOf(random: RandomStream, table: OrderTable, nodes: number, weight: number): readonly WeightedFault[] {
  const drawable = Object.entries(table).filter(([, { swarm }]) => swarm !== undefined);
  const total = drawable.reduce((sum, [, { swarm = 0 }]) => sum + swarm, 0);
  return drawable.flatMap(([order, { about, swarm = 0 }]) => {
    const objects = objectsOf(random, about, nodes);
    const share = Math.max(1, Math.round((weight * swarm) / (total * objects.length)));
    return objects.map((object): WeightedFault =>
      ({ weight: share, action: { kind: 'order', order, target: 'leader', nodes: object }, forUs: null }));
  });
}

/** What an order may be about: of single nodes, one in three is the leader itself. */
function objectsOf(
  random: RandomStream, about: OrderTable[string]['about'], nodes: number,
): readonly (Target | null)[] {
  switch (about) {
    case 'nothing': return [null];
    case 'a node': return ['any', 'any', 'leader'];
    case 'nodes': return Array.from({ length: SETS }, () => drawSet(random, nodes));
  }
}

/** Each node is in it or not; if none is, they all are. */
function drawSet(random: RandomStream, nodes: number): readonly string[] {
  const names = Array.from({ length: nodes }, (_, node) => `n${node + 1}`);
  const chosen = names.filter(() => random.chance(HALF));
  return chosen.length > 0 ? chosen : names;
}

/** Lines that strike at an event; most events come a few dozen times in a run, some of them thousands of times. */
const STRIKES_MAX = 16;
const NTH_MAX = 64;

/**
 * With probability one half: faults that strike whoever has just done something of note, a moment later. The instants
 * at which a promise was given and nobody knows of it yet are short, and a fault that is drawn by the clock seldom
 * falls into one.
 */
export function swarmStrikes(
  random: RandomStream, events: readonly string[], untilUs: TimeUs, pausedUsMax: DurationUs = PAUSED.max,
): readonly FaultLine[] {
  if (events.length === 0 || random.chance(HALF)) return [];
  const strikes = Array.from({ length: random.between(1, STRIKES_MAX) }, (): FaultLine => {
    const event = events[random.between(0, events.length - 1)] as string;
    const nth = logUniform(random, { min: 1, max: NTH_MAX });
    const afterUs = logUniform(random, { min: 1, max: 100 * US_PER_MS });
    return {
      trigger: { kind: 'when', event, by: null, nth, afterUs, untilUs },
      action: strikeOf(random, { ...PAUSED, max: pausedUsMax }),
      allowVacuous: true,
    };
  });
  return strikes;
}

function strikeOf(random: RandomStream, paused: Range): Action {
  const forUs = (range: Range): DurationUs => logUniform(random, range);
  switch (random.between(0, 5)) {
    case 0: return { kind: 'pause', target: 'it', forUs: forUs(paused) };
    case 1: return {
      kind: 'partition', shape: { kind: 'isolate', target: 'it' }, inFlight: 'delivered', forUs: forUs(CUT_OFF),
    };
    case 2: return { kind: 'crash', target: 'all', flavour: 'machine', forUs: forUs(ALL_CRASHED) };
    case 3: return { kind: 'crash', target: 'it', flavour: 'process', forUs: forUs(CRASHED) };
    default: return { kind: 'crash', target: 'it', flavour: 'machine', forUs: forUs(CRASHED) };
  }
}

function singlesOut(action: Action): boolean {
  switch (action.kind) {
    case 'partition':
      return action.shape.kind === 'minority-with-leader' || (action.shape.kind === 'isolate' &&
        action.shape.target === 'leader');
    case 'cut': case 'hold': case 'link': return action.from === 'leader' || action.to === 'leader';
    case 'heal': case 'order': case 'set': return false;
    default: return action.target === 'leader' || action.target === 'all';
  }
}

function classesOf(trouble: LinkProfile, inFlight: InFlight): readonly ClassOfFaults[] {
  const crash = (target: Target, flavour: 'process' | 'machine'): Action =>
    ({ kind: 'crash', target, flavour, forUs: CRASHED.max });
  const bad: LinkProfile = {
    ...trouble, latencyUsMax: Math.max(trouble.latencyUsMax, 300 * US_PER_MS), lossPerMillion: 200_000,
  };
  return [
    aimed(CRASHED, (target) => crash(target, 'process')),
    aimed(CRASHED, (target) => crash(target, 'machine')),
    [{ weight: AT_ALL, action: crash('all', 'machine'), forUs: ALL_CRASHED }],
    aimed(PAUSED, (target) => ({ kind: 'pause', target, forUs: PAUSED.max })),
    partitions(inFlight),
    [
      { weight: AT_LEADER / 2, action: cut('leader', 'all', inFlight), forUs: CUT_OFF },
      { weight: AT_LEADER / 2, action: cut('all', 'leader', inFlight), forUs: CUT_OFF },
      { weight: AT_ANY, action: cut('any', 'any', inFlight), forUs: CUT_OFF },
    ],
    aimed(HELD, (from) => ({ kind: 'hold', from, to: 'any', message: null, forUs: HELD.max })),
    aimed(CUT_OFF, (from) => ({ kind: 'link', from, to: 'any', profile: bad, forUs: CUT_OFF.max })),
    seldom(aimed(null, (target) => ({ kind: 'clock-jump', target, byUs: { min: -US_PER_S, max: US_PER_S } }))),
    seldom(aimed(DRIFTING, (target) =>
      ({ kind: 'clock-drift', target, perMillion: { min: -20_000, max: 20_000 }, forUs: DRIFTING.max }))),
    seldom(aimed(CUT_OFF, (target) => ({ kind: 'disk-slow', target, syncUs: SLOW_SYNC, forUs: CUT_OFF.max }))),
  ];
}

function aimed(forUs: Range | null, action: (target: Target) => Action): ClassOfFaults {
  return [{ weight: AT_LEADER, action: action('leader'), forUs }, { weight: AT_ANY, action: action('any'), forUs }];
}

function seldom(faults: ClassOfFaults): ClassOfFaults {
  return faults.map((fault) => ({ ...fault, weight: fault.weight / SELDOM }));
}

function cut(from: Target, to: Target, inFlight: InFlight): Action {
  return { kind: 'cut', from, to, inFlight, forUs: CUT_OFF.max };
}

function partitions(inFlight: InFlight): ClassOfFaults {
  const shape = (weight: number, what: PartitionShape): WeightedFault => ({
    weight, action: { kind: 'partition', shape: what, inFlight, forUs: CUT_OFF.max }, forUs: CUT_OFF,
  });
  return [
    shape(AT_LEADER / 2, { kind: 'isolate', target: 'leader' }),
    shape(AT_LEADER / 2, { kind: 'minority-with-leader' }),
    shape(AT_ANY / 4, { kind: 'halves' }),
    shape(AT_ANY / 4, { kind: 'minority' }),
    shape(AT_ANY / 4, { kind: 'bridge' }),
    shape(AT_ANY / 8, { kind: 'ring' }),
    shape(AT_ANY / 8, { kind: 'majorities-ring' }),
  ];
}
