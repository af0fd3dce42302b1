import type { Assumption, Premises, Strike } from '../contract/module.ts';
import type { Scenario } from './scenario.ts';

/** How the names of such processes begin. */
const INITIALS = { nodes: 'n', clients: 'c', resource: 'r' } as const;

/** What the properties of this scenario are claimed of. */
export function premisesOf({ system, locking }: Pick<Scenario, 'system' | 'locking'>): Premises {
  return { options: system.options, checksTokens: locking?.resource.checksTokens ?? false };
}

/** What `property` relies on. */
export function reliedOn(property: string, assumptions: readonly Assumption[]): readonly Assumption[] {
  return assumptions.filter(({ properties }) => properties.includes(property) || properties.includes('*'));
}

/** Whether a fault breaks an assumption, whatever else has struck: a majority that is left is not its matter. */
export function isBroken(assumption: Assumption, strike: Strike, premises: Premises): boolean {
  const { brokenBy, of: victims } = assumption;
  if (!brokenBy.includes(strike.kind)) return false;
  if (victims !== undefined && !strike.struck.some((name) => name.startsWith(INITIALS[victims]))) return false;
  return !(assumption.withstands?.(strike, premises) ?? false);
}
