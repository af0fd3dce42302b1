import type { AppliedFault } from './applied.ts';
import type { FaultLine } from './fault.ts';

/**
 * Indices, ascending, of the lines that make a run vacuous: those that never applied or changed nothing. Random lines
 * count together, because a drawn fault may well strike the empty air: they are vacuous only if none of them changed
 * anything. Lines that say `allowVacuous` are left out, but what they changed counts.
 */
export function vacuousLines(lines: readonly FaultLine[], applied: readonly AppliedFault[]): readonly number[] {
  const effective = new Set(applied.filter(hasEffect).map(({ line }) => line));
  const hasRandomEffect = lines.some(({ trigger }, line) => trigger.kind === 'random' && effective.has(line));
  return [...lines.keys()].filter((line) => {
    const { trigger, allowVacuous } = lines[line] as FaultLine;
    return !allowVacuous && !(trigger.kind === 'random' ? hasRandomEffect : effective.has(line));
  });
}

/** `heal` and `resume` have no counters: they are applied only where there is something to undo. */
function hasEffect({ kind, effect }: AppliedFault): boolean {
  return kind === 'heal' || kind === 'resume' || Object.values(effect).some((count) => count > 0);
}
