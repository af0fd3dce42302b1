import type { Assumption, Premises, ProtocolModule, Strike } from '../contract/module.ts';
import { strengthOf } from '../faults/applied.ts';
import type { Range, Target, WeightedFault } from '../faults/fault.ts';
import type { PlainFault } from '../faults/plan.ts';
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

/** How often a range is halved before it is given up. */
const HALVINGS = 8;

/**
 * What a drawn fault may do without breaking what the safety of a scenario relies on. Progress is judged when all
 * faults are over, so that only those which never are can break what it relies on.
 */
export class WithinContract {
  private readonly relied: readonly Assumption[];
  /** What progress relies on, where it is checked: a fault that never ends would be there for ever. */
  private readonly forProgress: readonly Assumption[];
  private readonly premises: Premises;
  private readonly driftPerMillion: number;

  constructor(scenario: Scenario, module: Pick<ProtocolModule, 'assumptions' | 'invariants'>) {
    const checked = scenario.checks.flatMap(({ checker }) =>
      (checker === 'progress' || checker === 'metric' ? [] : [checker]));
    const properties = [...checked, ...module.invariants.declared.map(({ id }) => id), 'assertion'];
    this.relied = module.assumptions.filter((assumption) =>
      properties.some((property) => reliedOn(property, [assumption]).length > 0));
    const isJudged = scenario.checks.some(({ checker }) => checker === 'progress');
    this.forProgress = isJudged ? reliedOn('progress', module.assumptions) : [];
    this.premises = premisesOf(scenario);
    this.driftPerMillion = scenario.clocks.driftPerMillion;
  }

  /** What is left of a fault: itself, a part of its range, or nothing. */
  narrowed(fault: WeightedFault): readonly WeightedFault[] {
    const kept = partsOf(fault.action).find((action) => this.allows(action, fault.forUs));
    return kept === undefined ? [] : [{ ...fault, action: kept }];
  }

  /** Whether no fault of this description breaks anything, however long it lasts and wherever in its ranges it is. */
  allows(action: PlainFault, forUs: Range | null): boolean {
    const lasting = 'forUs' in action ? action.forUs ?? Infinity : 0;
    const { min, max } = forUs ?? { min: lasting, max: lasting };
    const strikes = extremesOf(action).flatMap((extreme) => [min, max].map((lastedUs): Strike => {
      const strength = strengthOf(extreme);
      const rate = Math.max(this.driftPerMillion, Math.abs(strength.perMillion ?? 0));
      return {
        ...strength, kind: action.kind, struck: struckBy(action), apartPerMillion: 2 * rate, lastedUs,
        isOver: true, isUnheard: false,
      };
    }));
    const relied = 'forUs' in action ? this.relied : [...this.relied, ...this.forProgress];
    return !strikes.some((strike) => relied.some((assumption) => isBroken(assumption, strike, this.premises)));
  }

  /** The largest part of a bound, by halves, with which clocks may be drawn. */
  drift(driftPerMillion: number): number {
    const isTooMuch = (perMillion: number): boolean => {
      const strike: Strike = {
        kind: 'clock-drift', struck: ['n1', 'c1', 'r1'], flavour: null, byUs: null, perMillion, delayUs: null,
        apartPerMillion: 2 * perMillion, isUnheard: false, lastedUs: 0, isOver: false,
      };
      return this.relied.some((each) => each.withstands !== undefined && isBroken(each, strike, this.premises));
    };
    let part = driftPerMillion;
    while (part > 0 && isTooMuch(part)) part >>= 1;
    return part;
  }
}

/** A fault with its range, with one side of it, or with ever smaller ones: the first is the fault itself. */
function partsOf(action: PlainFault): readonly PlainFault[] {
  switch (action.kind) {
    case 'clock-jump': {
      const { min, max } = action.byUs;
      const sides = [{ min, max: Math.min(max, 0) }, { min: Math.max(min, 0), max }];
      return [action, ...sides.filter((side) => side.min < side.max).map((byUs) => ({ ...action, byUs }))];
    }
    case 'clock-drift': return Array.from({ length: HALVINGS }, (_, times) => {
      const { min, max } = action.perMillion;
      return { ...action, perMillion: { min: Math.ceil(min / (1 << times)), max: Math.floor(max / (1 << times)) } };
    });
    default: return [action];
  }
}

/** Both ends of a range. */
function extremesOf(action: PlainFault): readonly PlainFault[] {
  const ends = ({ min, max }: Range): readonly Range[] => [{ min, max: min }, { min: max, max }];
  switch (action.kind) {
    case 'clock-jump': return ends(action.byUs).map((byUs) => ({ ...action, byUs }));
    case 'clock-drift': return ends(action.perMillion).map((perMillion) => ({ ...action, perMillion }));
    default: return [action];
  }
}

/** Whom a fault may strike, one name for each kind of process where it is not said which. */
function struckBy(action: PlainFault): readonly string[] {
  switch (action.kind) {
    case 'cut': case 'hold': case 'link': return namesOf(action.to);
    case 'partition': return action.shape.kind === 'groups' ? action.shape.groups.flat()
      : action.shape.kind === 'isolate' ? ['n1', ...namesOf(action.shape.target)] : ['n1'];
    case 'heal': return [];
    case 'set': return ['n1'];
    default: return namesOf(action.target);
  }
}

function namesOf(target: Target): readonly string[] {
  if (typeof target !== 'string') return target;
  if (target === 'it') return ['n1', 'c1', 'r1'];
  return /^[ncr]\d+$/.test(target) ? [target] : ['n1'];
}
