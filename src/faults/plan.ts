import type { RandomStream } from '../contract/context.ts';
import { assert } from '../kernel/assert.ts';
import type { FaultLine, FaultSpec, Range, Trigger, WeightedFault } from './fault.ts';

/** One fault of one kind: what is left when a random line was drawn. */
export type PlainFault = WeightedFault['action'];

/** A fault that is going to be applied. Plain data; all of its luck is drawn. */
export interface PlannedFault {
  /** Its place in the plan, which names it whatever else is left out. */
  readonly index: number;
  /** Index of the scenario's line that brought it. */
  readonly line: number;
  /** From a random line: aimed at a leader, it strikes a drawn node when there is none. */
  readonly isRandom: boolean;
  readonly trigger: Exclude<Trigger, { readonly kind: 'random' }>;
  /** Ranges have shrunk to one number. */
  readonly action: PlainFault;
  /** Decides between the nodes of a role or a shape, once it applies. */
  readonly pick: number;
}

const PICK_MAX = 0x7fff_ffff;

/**
 * Draws the whole fault schedule before the run: by line, within a line by time. Line number `i` draws from stream
 * `faults/i` alone, so that a fault which is left out later moves no other. `when` lines stay live, but for their luck.
 */
export function planFaults(
  lines: readonly FaultLine[], stream: (label: string) => RandomStream,
): readonly PlannedFault[] {
  const plan: PlannedFault[] = [];
  lines.forEach(({ trigger, action, place }, line) => {
    const random = stream(`faults/${place ?? line}`);
    const isRandom = trigger.kind === 'random';
    const triggers = isRandom ? drawInstants(trigger, random) : [trigger];
    for (const each of triggers) {
      const drawn = drawAction(action, random);
      plan.push({
        index: plan.length, line, isRandom, trigger: each, action: drawn, pick: random.between(0, PICK_MAX),
      });
    }
  });
  return plan;
}

/** The first instant comes one drawn pause after `fromUs`, as every other after the one before. */
function drawInstants(trigger: Extract<Trigger, { readonly kind: 'random' }>, random: RandomStream): PlannedAt[] {
  const { everyUs, fromUs, untilUs } = trigger;
  assert(everyUs.min > 0, 'two random faults are at least a microsecond apart');
  const instants: PlannedAt[] = [];
  let atUs = fromUs + random.between(everyUs.min, everyUs.max);
  while (atUs < untilUs) {
    instants.push({ kind: 'at', atUs });
    atUs += random.between(everyUs.min, everyUs.max);
  }
  return instants;
}

type PlannedAt = Extract<Trigger, { readonly kind: 'at' }>;

function drawAction(action: FaultSpec, random: RandomStream): PlainFault {
  if (action.kind !== 'one-of') return settle(action, random);
  const { action: chosen, forUs } = drawChoice(action.choices, random);
  const settled = settle(chosen, random);
  if (forUs === null || !('forUs' in settled)) return settled;
  return { ...settled, forUs: random.between(forUs.min, forUs.max) };
}

function drawChoice(choices: readonly WeightedFault[], random: RandomStream): WeightedFault {
  let left = random.between(1, choices.reduce((sum, { weight }) => sum + weight, 0));
  return choices.find(({ weight }) => (left -= weight) <= 0) as WeightedFault;
}

/** Replaces each range by one drawn number. */
function settle(action: PlainFault, random: RandomStream): PlainFault {
  if (action.kind === 'clock-jump') return { ...action, byUs: drawFrom(action.byUs, random) };
  if (action.kind === 'clock-drift') return { ...action, perMillion: drawFrom(action.perMillion, random) };
  return action;
}

function drawFrom({ min, max }: Range, random: RandomStream): Range {
  const value = random.between(min, max);
  return { min: value, max: value };
}
