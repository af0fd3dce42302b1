import type { ProtocolModule } from '../contract/module.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { Scenario } from './scenario.ts';

/**
 * How long after the last fault has healed a client may have to wait: of all the options that the nodes may run with,
 * those that leave the most patience.
 */
export function progressBudgetUs(
  { system, faults }: Pick<Scenario, 'system' | 'faults'>, module: Pick<ProtocolModule, 'progressBudgetUs'>,
): DurationUs {
  const set = faults.flatMap(({ action }) => {
    const actions = action.kind === 'one-of' ? action.choices.map((choice) => choice.action) : [action];
    return actions.flatMap((each) => (each.kind === 'set' ? [{ ...system.options, ...each.options }] : []));
  });
  return Math.max(...[system.options, ...set].map((options) => module.progressBudgetUs(options)));
}
