import type { Assumption } from '../contract/module.ts';
import { majority } from '../contract/quorum.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What a violation stands on: the fault that broke an assumption of the property first, and that assumption. */
export interface Broken {
  /** Its place among the applied faults. */
  readonly fault: number;
  readonly assumption: string;
}

/** The system that a property is claimed of. */
export type Claimed = Pick<Scenario['system'], 'nodes' | 'options'>;

type Struck = Pick<AppliedFault, 'kind' | 'atUs' | 'untilUs' | 'target' | 'perMillion'>;

/**
 * Whether a violation of `property` at `atUs` came while what the property relies on still held. Safety never recovers
 * from a broken assumption; progress relies on the present only, so a fault that is over no longer excuses it. An
 * assumption about a majority of the nodes is not broken by what leaves a majority running and together.
 */
export function contractOf(
  property: string, atUs: TimeUs, faults: readonly Struck[], assumptions: readonly Assumption[], system: Claimed,
): 'intact' | 'outside' {
  return brokenBy(property, atUs, faults, assumptions, system) === null ? 'intact' : 'outside';
}

/** The first fault that broke an assumption of `property`; see {@link contractOf}. */
export function brokenBy(
  property: string, atUs: TimeUs, faults: readonly Struck[], assumptions: readonly Assumption[], system: Claimed,
): Broken | null {
  const relied = assumptions.filter(({ properties }) => properties.includes(property) || properties.includes('*'));
  for (const [place, fault] of faults.entries()) {
    if (fault.atUs > atUs || (property === 'progress' && !isStanding(fault, atUs))) continue;
    const instantUs = property === 'progress' ? atUs : fault.atUs;
    const standing = faults.filter((other) => isStanding(other, instantUs));
    const assumption = relied.find((each) => each.brokenBy.includes(fault.kind) && !isTolerated(each, fault, system) &&
      !(each.tolerates === 'minority' && isMinorityOnly(fault, standing, system.nodes)));
    if (assumption !== undefined) return { fault: place, assumption: assumption.text };
  }
  return null;
}

function isTolerated(assumption: Assumption, { perMillion }: Struck, { options }: Claimed): boolean {
  return perMillion !== null && Math.abs(perMillion) <= (assumption.toleratedDrift?.(options) ?? -1);
}

function isStanding({ atUs: fromUs, untilUs }: Struck, atUs: TimeUs): boolean {
  return fromUs <= atUs && (untilUs === null || untilUs >= atUs);
}

const STOPPING: readonly string[] = ['crash', 'pause', 'wipe-disk', 'torn-write', 'sync-error'];

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
