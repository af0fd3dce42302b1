import type { Assumption, Premises, Strike } from '../contract/module.ts';
import { majority } from '../contract/quorum.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { TimeUs } from '../kernel/time.ts';
import { isBroken, premisesOf, reliedOn } from '../scenario/assumptions.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What a violation stands on: the fault that broke an assumption of the property first, and that assumption. */
export interface Broken {
  /** Its place among the applied faults; `null`: the scenario itself, by its options or by how its clocks differ. */
  readonly fault: number | null;
  readonly assumption: string;
}

/** The system that a property is claimed of, and its surroundings. */
export interface Claimed extends Premises {
  readonly nodes: number;
  /** Rates of clocks are drawn from so much to both sides. */
  readonly driftPerMillion: number;
}

/** What a scenario claims its properties of. */
export function claimedOf(scenario: Scenario): Claimed {
  const { system, clocks } = scenario;
  return { ...premisesOf(scenario), nodes: system.nodes, driftPerMillion: clocks.driftPerMillion };
}

type Struck = Omit<AppliedFault, 'index' | 'line'>;

/**
 * Whether a violation of `property` at `atUs` came while what the property relies on still held. Safety never recovers
 * from a broken assumption; progress relies on the present only, so a fault that is over no longer excuses it. An
 * assumption about a majority of the nodes is not broken by what leaves a majority running and together.
 */
export function contractOf(
  property: string, atUs: TimeUs, faults: readonly Struck[], assumptions: readonly Assumption[], claimed: Claimed,
): 'intact' | 'outside' {
  return brokenBy(property, atUs, faults, assumptions, claimed) === null ? 'intact' : 'outside';
}

/** The first fault that broke an assumption of `property`; see {@link contractOf}. */
export function brokenBy(
  property: string, atUs: TimeUs, faults: readonly Struck[], assumptions: readonly Assumption[], claimed: Claimed,
): Broken | null {
  const relied = reliedOn(property, assumptions);
  const missing = relied.find((assumption) => !isGiven(assumption, claimed));
  if (missing !== undefined) return { fault: null, assumption: missing.text };
  for (const [place, fault] of faults.entries()) {
    if (fault.atUs > atUs || (property === 'progress' && !isStanding(fault, atUs))) continue;
    const instantUs = property === 'progress' ? atUs : fault.atUs;
    const standing = faults.filter((other) => isStanding(other, instantUs));
    const strike = strikeOf(fault, atUs, standing, claimed);
    const assumption = relied.find((each) => isBroken(each, strike, claimed) &&
      !(each.tolerates === 'minority' && isMinorityOnly(fault, standing, claimed.nodes)));
    if (assumption !== undefined) return { fault: place, assumption: assumption.text };
  }
  return null;
}

/** Whether it holds before any fault. Most assumptions about rates do not say how much is too much. */
function isGiven(assumption: Assumption, claimed: Claimed): boolean {
  if (assumption.isGiven?.(claimed) === false) return false;
  const drawn = drawnRates(claimed);
  return drawn === null || assumption.withstands === undefined || !isBroken(assumption, drawn, claimed);
}

/** `null` where all clocks are exact. */
function drawnRates({ driftPerMillion }: Claimed): Strike | null {
  if (driftPerMillion === 0) return null;
  return {
    kind: 'clock-drift', struck: ['n1', 'c1', 'r1'], flavour: null, byUs: null, perMillion: driftPerMillion,
    apartPerMillion: 2 * driftPerMillion, delayUs: null, isUnheard: false, lastedUs: 0, isOver: false,
  };
}

/** A fault as it was at the instant of a violation. */
function strikeOf(fault: Struck, atUs: TimeUs, standing: readonly Struck[], { driftPerMillion }: Claimed): Strike {
  const { kind, flavour, byUs, perMillion, delayUs, target, untilUs, effect } = fault;
  // Of a machine that is suspended its assumptions speak by themselves: it asks nobody and answers nobody meanwhile.
  const rates = [...standing, fault].flatMap((other) => (other.kind === 'pause' ? [] : other.perMillion ?? []));
  const apartPerMillion = Math.max(driftPerMillion, ...rates) - Math.min(-driftPerMillion, ...rates);
  return {
    kind, flavour, byUs, perMillion, apartPerMillion, delayUs,
    struck: (target.split(' > ')[1] ?? target).split(/[ |]+/),
    isUnheard: effect.failuresUnheard > 0,
    lastedUs: Math.min(untilUs ?? atUs, atUs) - fault.atUs,
    isOver: untilUs !== null && untilUs <= atUs,
  };
}

function isStanding({ atUs: fromUs, untilUs }: Struck, atUs: TimeUs): boolean {
  return fromUs <= atUs && (untilUs === null || untilUs >= atUs);
}

const STOPPING: readonly string[] = ['crash', 'pause', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full'];

/** Whether a fault, with the others of its time, leaves a majority of the nodes up and together. */
function isMinorityOnly(fault: Struck, standing: readonly Struck[], nodes: number): boolean {
  if (fault.kind !== 'partition' && !STOPPING.includes(fault.kind)) return false;
  const nodesIn = (target: string): string[] => target.split(' ').filter((name) => /^n\d+$/.test(name));
  const stops = standing.filter(({ kind }) => STOPPING.includes(kind));
  const stopped = new Set(stops.flatMap(({ target }) => nodesIn(target)));
  const partitions = standing.filter(({ kind }) => kind === 'partition').map(({ target }) => target.split(' | '));
  // A ring is told as one group, which says nothing of who reaches whom.
  if (partitions.some((groups) => groups.length < 2)) return false;
  const together = new Map<string, number>();
  for (let number = 1; number <= nodes; number += 1) {
    const name = `n${number}`;
    if (stopped.has(name)) continue;
    // Two nodes are together if no partition puts them into different groups.
    const side = partitions.map((groups) => groups.findIndex((group) => nodesIn(group).includes(name))).join();
    together.set(side, (together.get(side) ?? 0) + 1);
  }
  return Math.max(0, ...together.values()) >= majority(nodes);
}
