import type { Assumption } from '../contract/module.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { TimeUs } from '../kernel/time.ts';

/**
 * Whether a violation of `property` at `atUs` came while what the property relies on still held. Safety never recovers
 * from a broken assumption; progress relies on the present only, so a fault that is over no longer excuses it.
 */
export function contractOf(
  property: string, atUs: TimeUs, faults: readonly AppliedFault[], assumptions: readonly Assumption[],
): 'intact' | 'outside' {
  const relied = assumptions.filter(({ properties }) => properties.includes(property) || properties.includes('*'));
  const isBroken = faults.some(({ kind, atUs: fromUs, untilUs }) => {
    const isOver = property === 'progress' && untilUs !== null && untilUs < atUs;
    return fromUs <= atUs && !isOver && relied.some(({ brokenBy }) => brokenBy.includes(kind));
  });
  return isBroken ? 'outside' : 'intact';
}
