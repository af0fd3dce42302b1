import { ownerOf, problemOf } from '../scenario/armed.ts';
import { findDefects, protocols, type DefectRow } from '../scenario/catalogue.ts';
import type { LoadedProtocol } from './load-protocol.ts';
import { HostError } from './problem.ts';
import type { LoadedScenario } from './scenarios.ts';

export { catalogueWith, defects } from '../scenario/catalogue.ts';

/** What is to be armed: one defect, or several that go together. */
export interface Plan {
  /** As scenarios have it. */
  readonly defect: string;
  readonly rows: readonly DefectRow[];
}

/** The defects of these ids or rows, with `+` between them. An unknown one is bad usage. */
export function defectsNamed(names: string, own: LoadedProtocol | undefined): Plan {
  const rows = findDefects(names, own);
  if (rows === null) {
    const missing = names.split('+').find((name) => findDefects(name, own) === null) ?? names;
    throw new HostError(64, `there is no defect ${missing}`, '`quorumquake list --defects` shows all of them');
  }
  const problem = problemOf(rows);
  if (problem !== null) throw new HostError(64, `these defects do not go together: ${problem}`);
  return { defect: rows.map(({ id }) => id).join('+'), rows };
}

/**
 * The scenarios that concern a user's protocol and a plan, where these are given: those that name the protocol, and
 * whose system can have the defects. Those of clients and services are for every system. A scenario that arms another
 * defect itself expects that one to be found, and says nothing about this.
 */
export function concerned(
  scenarios: readonly LoadedScenario[], own: LoadedProtocol | undefined, plan: Plan | null,
): readonly LoadedScenario[] {
  const owners = (plan?.rows ?? []).map(ownerOf).filter((owner) => protocols.has(owner) || owner === own?.name);
  return scenarios.filter(({ entry }) => {
    const { protocol } = entry.scenario.system;
    const armed = entry.scenario.defect;
    if (plan !== null && armed !== null && armed !== plan.defect) return false;
    return (own === undefined || own.name === protocol) && owners.every((owner) => owner === protocol);
  });
}
